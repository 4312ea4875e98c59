using MedSam2.Network;
using MedSam2.Training.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>What one optimiser step did.</summary>
/// <param name="Step">Number of the step, from 0.</param>
/// <param name="Loss">Mean over the accumulated batches.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="LearningRate">Of this step.</param>
/// <param name="Slices">Slices seen in this step.</param>
public sealed record StepReport(int Step, SequenceLoss Loss, double GradientNorm, double LearningRate, int Slices);

/// <summary>
/// Fits a network: AdamW, cosine schedule with warm-up, clipped gradients, moving average, durable checkpoints. What is drawn in a
/// step depends on the seeds and the step alone, so that a run resumed from a checkpoint equals one that was never interrupted.
/// </summary>
/// <remarks>Single-threaded: the caller's thread drives the device; batches are made ahead on the thread pool.</remarks>
public sealed class Trainer : IDisposable
{
    private readonly Sam2Model model;
    private readonly IBatchSource batches;
    private readonly TrainerOptions options;
    private readonly (string Name, Parameter Value)[] trained;
    private readonly OptimizerState optimizer;
    private readonly WeightAverage average;
    private readonly SequenceForward forward;

    public Trainer(Sam2Model model, IBatchSource batches, TrainerOptions options)
    {
        this.model = model;
        this.batches = batches;
        this.options = options;
        trained = [.. model.named_parameters().Where(p => Learns(p.name)).Select(p => (p.name, p.parameter))];
        foreach (var (name, parameter) in model.named_parameters())
            parameter.requires_grad = Learns(name);
        optimizer = new OptimizerState(trained, options);
        average = new WeightAverage(trained);
        forward = new SequenceForward(model, options.Loss, options.Prompts);
    }

    /// <summary>The next step.</summary>
    public int Step { get; private set; }

    /// <summary>Goes on from the newest checkpoint of a folder, if there is one.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Resume(string folder)
    {
        if (TrainingCheckpoint.FindNewest(folder) is not { } path)
            return false;
        Step = TrainingCheckpoint.Load(path, trained, average, optimizer);
        return true;
    }

    /// <summary>Runs until the last step or cancellation; either way the state is saved.</summary>
    /// <param name="folder">Where checkpoints go.</param>
    /// <param name="report">Called after every step.</param>
    /// <param name="cancellationToken">Stops after the step in hand.</param>
    /// <exception cref="TrainingException">The loss is no number. The last checkpoint is the last good state.</exception>
    public void Run(string folder, Action<StepReport> report, CancellationToken cancellationToken)
    {
        model.train();
        using var ahead = new BatchQueue(batches, options.Accumulate, Step, options.Steps);
        while (Step < options.Steps && !cancellationToken.IsCancellationRequested)
        {
            var done = RunStep(ahead);
            Step++;
            report(done);
            if (Step % options.CheckpointEvery == 0 || Step == options.Steps)
                Save(folder);
        }

        if (cancellationToken.IsCancellationRequested)
            Save(folder);
        model.eval();
    }

    /// <summary>Writes the state of this moment.</summary>
    public void Save(string folder) => TrainingCheckpoint.Save(folder, Step, trained, average, optimizer);

    /// <summary>Puts the moving average into the network, for evaluation or export.</summary>
    public void UseAverage()
    {
        using var noGradient = no_grad();
        foreach (var (name, value) in trained)
            value.copy_(average.Weights[name]);
    }

    public void Dispose()
    {
        optimizer.Dispose();
        average.Dispose();
    }

    private StepReport RunStep(BatchQueue ahead)
    {
        using var scope = NewDisposeScope();
        manual_seed(unchecked((options.Seed * 7919L) + Step)); // dropout and drop path
        var random = new Random(unchecked((options.Seed * 1000003) + Step));
        var rate = options.LearningRateAt(Step);
        optimizer.Zero();
        SequenceLoss? last = null;
        var slices = 0;
        for (var n = 0; n < options.Accumulate; n++)
        {
            using var part = NewDisposeScope();
            using var batch = ahead.Take();
            slices += (int)(batch.Images.size(0) * batch.Images.size(1));
            var loss = forward.Run(batch, random);
            var value = loss.Total.item<float>();
            if (!float.IsFinite(value))
                throw new TrainingException($"The loss of step {Step} is {value}: lower the learning rate or the loss weights. The last checkpoint is intact.");
            (loss.Total / options.Accumulate).backward();
            last = loss;
        }

        var norm = nn.utils.clip_grad_norm_(trained.Select(t => t.Value), options.ClipNorm);
        if (!double.IsFinite(norm))
            throw new TrainingException($"The gradient of step {Step} is {norm}: lower the learning rate or the loss weights. The last checkpoint is intact.");
        optimizer.Step(rate, Step);
        average.Update(trained, options.Average, Step);
        return new(Step, last!, norm, rate, slices);
    }

    private bool Learns(string name) => options.Parts switch
    {
        TrainedParts.All => true,
        TrainedParts.WithoutEncoder => !name.StartsWith("image_encoder.", StringComparison.Ordinal),
        TrainedParts.Decoder => name.StartsWith("sam_mask_decoder.", StringComparison.Ordinal),
        _ => throw new ArgumentOutOfRangeException(nameof(name), options.Parts, "Unknown choice of trained parts."),
    };
}
