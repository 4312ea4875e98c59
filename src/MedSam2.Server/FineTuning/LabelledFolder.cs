using System.Text.RegularExpressions;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Evaluation;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Server.FineTuning;

/// <summary>Labelled images on disk, and how their paths tell the patient.</summary>
internal sealed record LabelledFolder(string Images, string Labels, bool Merge, string? Patient)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <exception cref="VerbException">There is no such folder, no image has labels, or the expression is none.</exception>
    public IReadOnlyList<EvaluationCaseSource> Find()
    {
        var cases = EvaluationCases.Find(Images, Labels, Merge);
        if (cases.WithoutLabels.Count > 0)
            Console.Error.WriteLine($"Left out, since they have no labels: {string.Join(", ", cases.WithoutLabels)}");
        var patient = Expression();
        return [.. cases.Sources.Select(source => source with { Patient = PatientOf(source.Name, patient) })];
    }

    private Regex? Expression()
    {
        try
        {
            return Patient is null ? null : new Regex(Patient, RegexOptions.CultureInvariant, Patience);
        }
        catch (ArgumentException e)
        {
            throw new VerbException($"--patient: {e.Message}", e);
        }
    }

    private static string PatientOf(string name, Regex? patient)
    {
        if (patient is null)
            return Path.GetDirectoryName(name) is { Length: > 0 } folder ? folder : name;
        var match = patient.Match(name);
        return match.Success
            ? match.Groups.Count > 1 ? match.Groups[1].Value : match.Value
            : throw new VerbException($"--patient finds no patient in '{name}'.");
    }
}
