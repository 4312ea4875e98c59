using System.Diagnostics.Metrics;
using MedSam2.Server.Observability;
using MedSam2.Training.FineTuning;

namespace MedSam2.Server.FineTuning;

/// <summary>How training goes.</summary>
internal sealed class TrainingMeter
{
    private readonly Counter<long> _steps;
    private readonly Counter<long> _slices;
    private readonly Gauge<double> _loss;
    private readonly Gauge<double> _iou;

    public TrainingMeter(IMeterFactory meters)
    {
        var meter = meters.Create(ObservabilityExtensions.MeterName);
        _steps = meter.CreateCounter<long>("medsam2.training.steps", "{step}", "Optimiser steps.");
        _slices = meter.CreateCounter<long>("medsam2.training.slices", "{slice}", "Slices that steps have seen.");
        _loss = meter.CreateGauge<double>("medsam2.training.loss", "1", "Loss of the last step.");
        _iou = meter.CreateGauge<double>("medsam2.training.iou", "1", "Mean IoU on prompted slices of the last step.");
    }

    public void Stepped(FineTuneProgress progress)
    {
        _steps.Add(1);
        _slices.Add(progress.Last.Slices);
        _loss.Record(progress.Last.Loss.TotalValue);
        _iou.Record(progress.Last.Loss.PromptedIou);
    }
}
