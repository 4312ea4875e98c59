using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Training.Data.Labelled;

/// <summary>Which images are learnt from and which are asked about. All images of a patient are on one side.</summary>
public sealed record PatientSplit(IReadOnlyList<EvaluationCaseSource> Training, IReadOnlyList<EvaluationCaseSource> Validation)
{
    /// <summary>
    /// Shares patients out by a seed. A patient who is added later moves hardly any of the others, so that versions trained at different
    /// times are compared on images that none of them learnt from. Few patients may come out unlike the share by chance: from half the share to
    /// twice as many validate. With two patients or more each side has one; a single one is learnt from.
    /// </summary>
    /// <param name="images">All images, each with its patient.</param>
    /// <param name="share">Share of the patients that validates, 0 to 0.9.</param>
    /// <param name="seed">The same seed parts the same patients.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is out of its range.</exception>
    public static PatientSplit Of(IReadOnlyList<EvaluationCaseSource> images, double share, int seed)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (share is not (>= 0 and <= 0.9))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share that validates lies in 0 to 0.9.");
        var patients = images.GroupBy(image => image.Patient, StringComparer.Ordinal)
            .Select(patient => (Images: patient.ToList(), Place: Place(patient.Key, seed)))
            .OrderBy(patient => patient.Place)
            .ToList();
        var validating = patients.Count(patient => patient.Place < share);
        if (share > 0 && patients.Count > 1)
        {
            var wanted = share * patients.Count;
            var most = Math.Clamp((int)(2 * wanted), 1, patients.Count - 1);
            validating = Math.Clamp(validating, Math.Clamp((int)Math.Ceiling(wanted / 2), 1, most), most);
        }
        else
        {
            validating = 0;
        }

        return new(InOrder(patients.Skip(validating)), InOrder(patients.Take(validating)));

        EvaluationCaseSource[] InOrder(IEnumerable<(List<EvaluationCaseSource> Images, double Place)> some) =>
            [.. some.SelectMany(patient => patient.Images).OrderBy(image => image.Name, StringComparer.Ordinal)];
    }

    /// <summary>A number from 0 to 1 that a patient has for good.</summary>
    private static double Place(string patient, int seed)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{seed}/{patient}"));
        return BitConverter.ToUInt32(hash) / (double)uint.MaxValue;
    }
}
