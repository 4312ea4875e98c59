using MedSam2.Imaging.Volumes;
using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>An image with its true labels, on one grid. A picture is a volume of one slice.</summary>
public sealed record EvaluationCase(string Name, Volume Volume, LabelMap Labels)
{
    /// <summary>The picture in its colours, where it has any; the volume holds their luminance.</summary>
    public Picture? Colours { get; init; }
}

/// <summary>A case that is read when its turn comes, since a folder of volumes need not fit into memory.</summary>
public sealed record EvaluationCaseSource(string Name, Func<CancellationToken, EvaluationCase> Read)
{
    /// <summary>Whose image it is: training and validation never share a patient. Its name where nothing else is known.</summary>
    public string Patient { get; init; } = Name;
}

/// <summary>An evaluation that cannot be run as asked; the message names cause and mend.</summary>
public class EvaluationException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A case that cannot be read, which evaluations leave out; the message names it, the cause and the mend.</summary>
public sealed class UnreadableCaseException(string message, Exception inner) : EvaluationException(message, inner);
