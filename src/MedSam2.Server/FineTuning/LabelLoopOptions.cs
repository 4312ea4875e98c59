namespace MedSam2.Server.FineTuning;

/// <summary>The loop that closes itself: labels, training, a better version (section <c>MedSam2:LabelLoop</c>).</summary>
internal sealed class LabelLoopOptions
{
    public const string Section = "MedSam2:LabelLoop";

    /// <summary>Trains after so many new or changed approved labels (0 to 1,000,000); 0 never trains unasked.</summary>
    public int AfterLabels { get; set; }

    /// <summary>How often each image has its turn in a training (1 to 1,000,000).</summary>
    public int Epochs { get; set; } = 50;

    /// <summary>Optimiser steps instead of epochs (0 to 10,000,000); 0 takes the epochs.</summary>
    public int Steps { get; set; }

    /// <summary>Highest learning rate (above 0, up to 1).</summary>
    public double LearningRate { get; set; } = 5e-5;

    /// <summary>Share of the patients that versions are compared on (0 to 0.9); with 0 no version is ever served unasked.</summary>
    public double Validation { get; set; } = 0.2;

    /// <summary>Seconds between looks at the labels (1 to 86,400).</summary>
    public int CheckSeconds { get; set; } = 10;
}
