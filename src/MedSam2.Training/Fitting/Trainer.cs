using MedSam2.Network;
using MedSam2.Network.Checkpoints;
using MedSam2.Network.Runtime;
using MedSam2.Training.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>What one optimiser step did.</summary>
/// <param name="Step">Number of the step, from 0.</param>
/// <param name="Loss">Mean of the accumulated batches.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="LearningRate">Of this step.</param>
/// <param name="Slices">Slices seen in this step.</param>
public sealed record StepReport(int Step, SequenceLoss Loss, double GradientNorm, double LearningRate, int Slices);

/// <summary>
/// Fits a network: AdamW, cosine schedule with warm-up, clipped gradients, moving average, durable checkpoints. What is drawn in a
/// step depends on the seeds and the step alone, so that a run resumed from a checkpoint equals one that was never interrupted.
/// </summary>
/// <remarks>The caller's thread drives the device, beside those of further <see cref="TrainerOptions.Replicas"/>; batches are made ahead on the thread pool.</remarks>
public sealed class Trainer : IDisposable
{
    internal const string Encoder = "image_encoder.";
    private const string Decoder = "sam_mask_decoder.";
    internal const string OcclusionHead = "sam_mask_decoder.pred_obj_score_head.";
    private const string Projections = "sam_mask_decoder.conv_s"; // the last layers of the finer features

    // All that an answer to a prompt on a slice without memories comes from.
    internal static readonly string[] Answers = [Encoder, "sam_prompt_encoder.", Decoder, "no_mem_embed"];

    private readonly Sam2Model model;
    private readonly IBatchSource batches;
    private readonly TrainerOptions options;
    private readonly bool keepsFeatures;
    private readonly (string Name, Parameter Value)[] trained;
    private readonly LowRankAdapters? adapters;
    private readonly OptimizerState optimizer;
    private readonly WeightAverage average;
    private readonly Replicas replicas;

    /// <param name="model">What learns; it stays the caller's.</param>
    /// <param name="batches">What it learns from.</param>
    /// <param name="options">How.</param>
    /// <param name="frozen">Keeps the features of a frozen encoder; the decoder's projections that they went through are frozen then, too. Null encodes every slice anew.</param>
    public Trainer(Sam2Model model, IBatchSource batches, TrainerOptions options, Frozen.FeatureStore? frozen = null)
    {
        if (frozen is not null && !EncoderRests(options.Parts))
            throw new ArgumentException("Features are kept only where the encoder does not learn.", nameof(frozen));
        if (frozen is not null && options.Replicas > 1)
            throw new ArgumentException("Kept features are read by one replica alone.", nameof(frozen));
        this.model = model;
        this.batches = batches;
        this.options = options;
        keepsFeatures = frozen is not null;
        var learning = model.named_parameters().Where(p => Learns(p.name)).Select(p => (Name: p.name, Value: p.parameter)).ToArray();
        var adapted = model.named_parameters().Where(p => IsAdapted(p.name)).Select(p => (Name: p.name, Value: p.parameter)).ToArray();
        foreach (var (name, parameter) in model.named_parameters())
            parameter.requires_grad = Learns(name) || IsAdapted(name);
        adapters = adapted.Length > 0 ? new LowRankAdapters(adapted, options.AdapterRank, options.AdapterScale, options.Seed) : null;
        trained = [.. learning, .. adapters?.Parameters ?? []];
        optimizer = new OptimizerState(trained, options);
        average = new WeightAverage(trained);
        replicas = new Replicas(model, options.Replicas, copy => new SequenceForward(copy, options.Loss, options.Prompts, options.Tracking, frozen));
    }

    /// <summary>The next step.</summary>
    public int Step { get; private set; }

    /// <summary>Goes on from the newest checkpoint of a folder, if there is one.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="TrainingException">It is damaged, or another run's.</exception>
    public bool Resume(string folder)
    {
        if (TrainingCheckpoint.FindNewest(folder) is not { } path)
            return false;
        try
        {
            Step = TrainingCheckpoint.Load(path, trained, average, optimizer);
        }
        catch (CheckpointException exception)
        {
            throw new TrainingException($"The state to go on from, {Path.GetFileName(path)}, is damaged. Delete that file to go on from the state before it.", exception);
        }

        adapters?.Merge();
        return true;
    }

    /// <summary>Runs until the last step or cancellation; either way the state is saved.</summary>
    /// <param name="folder">Where checkpoints go.</param>
    /// <param name="report">Called after every step.</param>
    /// <param name="cancellationToken">Stops after the step in hand.</param>
    /// <param name="device">Where the steps are done; null: on this thread.</param>
    /// <exception cref="TrainingException">The loss is no number, or the disk is full. The last checkpoint is the last good state.</exception>
    public void Run(string folder, Action<StepReport> report, CancellationToken cancellationToken, IDeviceTurns? device = null)
    {
        device ??= OwnDevice.Instance;
        TrainingMode();
        using var ahead = new BatchQueue(batches, options.Accumulate, Step, options.Steps);
        while (Step < options.Steps && !cancellationToken.IsCancellationRequested)
        {
            var taken = Enumerable.Range(0, options.Accumulate).Select(_ => ahead.Take()).ToArray();
            StepReport done;
            try
            {
                done = device.Run(() => RunStep(taken));
            }
            finally
            {
                foreach (var batch in taken)
                    batch.Dispose();
            }

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
    /// <exception cref="TrainingException">It cannot be written.</exception>
    public void Save(string folder)
    {
        try
        {
            TrainingCheckpoint.Save(folder, Step, trained, average, optimizer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"The state after {Step} steps cannot be written: {e.Message} Make room or mend the folder's rights, and start it again: the checkpoint before is intact.", e);
        }
    }

    /// <summary>Puts the moving average into the network, for evaluation or export.</summary>
    public void UseAverage()
    {
        using var noGradient = no_grad();
        foreach (var (name, value) in trained)
            value.copy_(average.Weights[name]);
        adapters?.Merge();
    }

    /// <summary>Does something with the moving average in the network's place, and puts the weights back.</summary>
    public T WithAverage<T>(Func<Sam2Model, T> act)
    {
        ArgumentNullException.ThrowIfNull(act);
        using var scope = NewDisposeScope();
        var weights = trained.Select(t => t.Value.detach().clone()).ToArray();
        UseAverage();
        model.eval();
        try
        {
            return act(model);
        }
        finally
        {
            TrainingMode();
            using var noGradient = no_grad();
            foreach (var ((_, value), kept) in trained.Zip(weights))
                value.copy_(kept);
            adapters?.Merge();
        }
    }

    public void Dispose()
    {
        replicas.Dispose();
        adapters?.Dispose();
        optimizer.Dispose();
        average.Dispose();
    }

    private void TrainingMode() => replicas.Train(frozenEncoder: EncoderRests(options.Parts));

    private StepReport RunStep(TrainingBatch[] taken)
    {
        using var scope = NewDisposeScope();
        using var flush = new DenormalFlush();
        manual_seed(unchecked((options.Seed * 7919L) + Step)); // dropout and drop path
        var rate = options.LearningRateAt(Step);
        optimizer.Zero();
        var loss = replicas.Run(taken, Step, n => new Random(unchecked((options.Seed * 1000003) + Step + (n * 104729))));
        adapters?.TakeGradients();
        var norm = nn.utils.clip_grad_norm_(trained.Select(t => t.Value), options.ClipNorm);
        if (!double.IsFinite(norm))
            throw new TrainingException($"The gradient of step {Step} is {norm}: lower the learning rate or the loss weights. The last checkpoint is intact.");
        optimizer.Step(rate, Step);
        adapters?.Merge();
        average.Update(trained, options.Average, Step);
        return new(Step, loss, norm, rate, taken.Sum(b => (int)(b.Images.size(0) * b.Images.size(1))));
    }

    private bool Learns(string name) => !(keepsFeatures && name.StartsWith(Projections, StringComparison.Ordinal)) && IsOf(options.Parts, name);

    /// <summary>Whether nothing of the image encoder learns, so that its features can be kept.</summary>
    internal static bool EncoderRests(TrainedParts parts) => parts is TrainedParts.WithoutEncoder or TrainedParts.Memory or TrainedParts.Decoder;

    /// <summary>Whether a weight is one of the parts'.</summary>
    private static bool IsOf(TrainedParts parts, string name) => parts switch
    {
        TrainedParts.All => true,
        TrainedParts.WithoutEncoder or TrainedParts.Adapters => !name.StartsWith(Encoder, StringComparison.Ordinal),
        TrainedParts.Memory => name.StartsWith(OcclusionHead, StringComparison.Ordinal) || !Answers.Any(part => name.StartsWith(part, StringComparison.Ordinal)),
        TrainedParts.WithoutMemory => !IsOf(TrainedParts.Memory, name),
        TrainedParts.Decoder => name.StartsWith(Decoder, StringComparison.Ordinal),
        _ => throw new ArgumentOutOfRangeException(nameof(parts), parts, "Unknown choice of trained parts."),
    };

    /// <summary>The matrices of the trunk's attention and perceptrons.</summary>
    private bool IsAdapted(string name) => options.Parts == TrainedParts.Adapters
        && name.StartsWith("image_encoder.trunk.blocks.", StringComparison.Ordinal)
        && name.EndsWith(".weight", StringComparison.Ordinal)
        && (name.Contains(".attn.", StringComparison.Ordinal) || name.Contains(".mlp.", StringComparison.Ordinal));
}
