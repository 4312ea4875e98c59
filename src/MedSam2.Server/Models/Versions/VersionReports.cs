using System.Globalization;
using System.Text.Json;
using MedSam2.Server.CommandLine;
using MedSam2.Training.FineTuning;

namespace MedSam2.Server.Models.Versions;

/// <summary>The versions of a model and which one is served.</summary>
internal sealed record VersionListing(string Model, int Served, IReadOnlyList<ModelVersion> Versions);

/// <summary>The verbs <c>models versions</c>, <c>compare</c>, <c>promote</c> and <c>rollback</c>.</summary>
internal static class VersionReports
{
    public static void List(ModelVersions versions, bool json) => Write(versions, versions.List(), json);

    /// <exception cref="Errors.RequestException">There is no such version.</exception>
    public static void Compare(ModelVersions versions, int one, int other, bool json) => Write(versions, [versions.Require(one), versions.Require(other)], json);

    /// <exception cref="VerbException">The version was not compared with the one that is served, or does not beat it, and nobody insists.</exception>
    /// <exception cref="Errors.RequestException">There is no such version.</exception>
    public static void Promote(ModelVersions versions, int number, bool force, bool json)
    {
        if (number != 0 && number != versions.Served && !force && Objection(versions.Require(number), versions.Served) is { } objection)
            throw new VerbException($"Version {number} {objection}. Serve it all the same with --force.");
        versions.Serve(number);
        Write(versions, versions.List(), json);
    }

    /// <exception cref="Errors.RequestException">None was served before.</exception>
    public static void RollBack(ModelVersions versions, bool json)
    {
        versions.RollBack();
        Write(versions, versions.List(), json);
    }

    /// <summary>What speaks against a version in place of the one that is served; null: nothing.</summary>
    private static string? Objection(ModelVersion version, int served) => version.Comparison switch
    {
        null => "was never compared: there were no validation images",
        { IsBetter: false } comparison => $"does not beat version {comparison.Against} on the validation images",
        var comparison when comparison.Against != served => $"was compared with version {comparison.Against}, not with version {served}, which is served now",
        _ => null,
    };

    private static void Write(ModelVersions versions, IReadOnlyList<ModelVersion> some, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new(versions.Model, versions.Served, some), VersionJson.Default.VersionListing));
            return;
        }

        VerbConsole.WriteTable(
            ["version", "created", "from", "steps", "images", "Dice after a click", $"after {ModelScore.Clicks} corrections", "compared with", "had", "and", "served"],
            [
                [$"0 ({versions.Model})", "", "", "", "", "", "", "", "", "", versions.Served == 0 ? "yes" : ""],
                .. some.Select(v => (string[])
                [
                    Text(v.Number), v.Created.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), Text(v.TrainedFrom), Text(v.Steps), Text(v.TrainingImages),
                    Dice(v.Score?.AfterPrompt), Dice(v.Score?.AfterClicks), v.Against is { } against ? Text(against) : "",
                    Dice(v.AgainstScore?.AfterPrompt), Dice(v.AgainstScore?.AfterClicks), versions.Served == v.Number ? "yes" : "",
                ]),
            ],
            textColumns: 2);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Dice(double? dice) => dice?.ToString("0.000", CultureInfo.InvariantCulture) ?? "";
}
