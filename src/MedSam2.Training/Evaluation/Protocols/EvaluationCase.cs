using MedSam2.Imaging.Volumes;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>An image with its true labels, on one grid. A picture is a volume of one slice.</summary>
public sealed record EvaluationCase(string Name, Volume Volume, LabelMap Labels);

/// <summary>A case that is read when its turn comes, since a folder of volumes need not fit into memory.</summary>
public sealed record EvaluationCaseSource(string Name, Func<CancellationToken, EvaluationCase> Read);

/// <summary>An evaluation that cannot be run as asked; the message names cause and mend.</summary>
public sealed class EvaluationException(string message) : Exception(message);
