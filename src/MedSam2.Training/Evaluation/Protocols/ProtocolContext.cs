using MedSam2.Inference;
using MedSam2.Training.Evaluation.Reporting;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>What a protocol works with, and where it puts its results.</summary>
/// <param name="model">The network that is measured.</param>
/// <param name="sources">The images with their labels.</param>
/// <param name="options">What the protocol leaves to choose.</param>
/// <param name="progress">The share that is done, 0 to 1.</param>
/// <param name="device">Where the model runs; null: on the caller's thread.</param>
/// <param name="cancellation">Looked at before each slice.</param>
public sealed class ProtocolContext(
    SegmentationModel model,
    IReadOnlyList<EvaluationCaseSource> sources,
    EvaluationOptions options,
    IProgress<double>? progress = null,
    IDeviceTurns? device = null,
    CancellationToken cancellation = default)
{
    private readonly List<EvaluationRow> rows = [];
    private readonly List<EvaluationTrace> traces = [];
    private readonly List<string> leftOut = [];

    public SegmentationModel Model { get; } = model;

    public EvaluationOptions Options { get; } = options;

    /// <summary>Every call of a session goes through it, slice by slice.</summary>
    public IDeviceTurns Device { get; } = device ?? OwnDevice.Instance;

    public CancellationToken Cancellation { get; } = cancellation;

    public int CaseCount => sources.Count;

    public IReadOnlyList<EvaluationRow> Rows => rows;

    public IReadOnlyList<EvaluationTrace> Traces => traces;

    /// <summary>Why cases could not be read, each by its name.</summary>
    public IReadOnlyList<string> LeftOut => leftOut;

    /// <summary>Reads the cases one after the other. What cannot be read is left out: hours of others must not go with it.</summary>
    public IEnumerable<EvaluationCase> Cases()
    {
        for (var n = 0; n < sources.Count; n++)
        {
            Report(n, sources.Count);
            Cancellation.ThrowIfCancellationRequested();
            if (Read(sources[n]) is { } one)
                yield return one;
        }
    }

    private EvaluationCase? Read(EvaluationCaseSource source)
    {
        try
        {
            return source.Read(Cancellation);
        }
        catch (UnreadableCaseException exception)
        {
            leftOut.Add(exception.Message);
            return null;
        }
    }

    /// <summary>The structures of all cases, case by case.</summary>
    public IEnumerable<(EvaluationCase Case, IReadOnlyList<Structure> Structures)> Structures()
    {
        foreach (var one in Cases())
        {
            var structures = Structure.Select(one, Options);
            if (structures.Count > 0)
                yield return (one, structures);
        }
    }

    /// <summary>The case as the network sees it, for the baselines.</summary>
    internal EvaluationCase AsSeen(EvaluationCase from) => SeenVolume.Of(from, Model, Options.Tracking);

    public void Report(int done, int total) => progress?.Report((double)done / total);

    public void Add(Structure structure, string setting, int step, string method, SegmentationScore score, SlicePresence? slices = null)
    {
        ArgumentNullException.ThrowIfNull(structure);
        Add(EvaluationRow.Of(structure.Case.Name, structure.Name, setting, step, method, score) with { Slices = slices });
    }

    public void Add(EvaluationRow row) => rows.Add(row);

    public void Add(EvaluationTrace trace) => traces.Add(trace);
}
