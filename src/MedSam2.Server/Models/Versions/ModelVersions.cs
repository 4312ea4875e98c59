using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MedSam2.Network.Catalog;
using MedSam2.Server.Configuration;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Models.Versions;

/// <summary>
/// The versions of the served model, in the models folder: <c>versions/MODEL/MODEL-v1/{weights.safetensors, config.yaml, version.json}</c>, and
/// <c>versions/MODEL/served.json</c> about which one is served. A version appears whole or not at all and never changes; the last file is
/// replaced as a whole, so that a server and a command line may share the folder.
/// </summary>
internal sealed class ModelVersions(ServerOptions options)
{
    private const string About = "version.json", SetAsideEnding = ".deleted";

    /// <summary>The name of the model whose versions these are.</summary>
    public string Model { get; } = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(options.ModelPath));

    private string Root => Path.Combine(options.InstalledModels, "versions", Model);

    private string ServedFile => Path.Combine(Root, "served.json");

    /// <summary>Number of the version that is served.</summary>
    public int Served => ReadServed().Served;

    /// <summary>The trained versions, oldest first.</summary>
    public IReadOnlyList<ModelVersion> List() => List(folder => !folder.EndsWith(SetAsideEnding, StringComparison.Ordinal));

    private IReadOnlyList<ModelVersion> List(Func<string, bool> which) => !Directory.Exists(Root) ? [] :
    [
        .. Directory.EnumerateDirectories(Root)
            .Where(which)
            .Select(folder => Path.Combine(folder, About))
            .Where(File.Exists)
            .Select(file => Read(file, VersionJson.Default.ModelVersion))
            .OrderBy(version => version.Number),
    ];

    /// <summary>A trained version.</summary>
    /// <exception cref="RequestException">There is none of this number.</exception>
    public ModelVersion Require(int number) => List().FirstOrDefault(version => version.Number == number)
        ?? throw RequestException.NotFound($"There is no version {number} of {Model}. 'medsam2 models versions' lists them.");

    /// <summary>The folder or file of a version's network.</summary>
    public string PathOf(int number) => number == 0 ? options.ModelPath : Path.Combine(Root, string.Create(CultureInfo.InvariantCulture, $"{Model}-v{number}"));

    /// <summary>Takes a trained network in. Done again for the same weights it gives the version that is there.</summary>
    /// <param name="folder">Its weights and configuration; they are copied.</param>
    /// <param name="steps">How long it was trained.</param>
    /// <param name="images">How many images it learnt from.</param>
    /// <param name="from">Number of the version that it began with.</param>
    /// <param name="comparison">How it did beside the version that was served then; null where they were not compared.</param>
    public ModelVersion Add(string folder, int steps, int images, int from, VersionComparison? comparison)
    {
        var weights = Sam2Weights.Find(folder);
        var known = List();
        if (known.FirstOrDefault(version => version.Sha256 == weights.Sha256) is { } same)
            return same;
        Directory.CreateDirectory(Root);
        // A number that was set aside is not given again.
        var number = List(_ => true).Select(v => v.Number).DefaultIfEmpty().Max() + 1;
        var version = new ModelVersion(
            number, weights.Sha256, DateTimeOffset.UtcNow, from, steps, images, comparison?.Candidate, comparison?.Against, comparison?.Present);
        var incoming = Path.Combine(Root, $".{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(incoming);
            foreach (var file in Directory.EnumerateFiles(folder))
                File.Copy(file, Path.Combine(incoming, Path.GetFileName(file)));
            File.WriteAllText(Path.Combine(incoming, About), JsonSerializer.Serialize(version, VersionJson.Default.ModelVersion));
            Directory.Move(incoming, PathOf(version.Number));
        }
        catch
        {
            if (Directory.Exists(incoming))
                Directory.Delete(incoming, recursive: true);
            throw;
        }

        return version;
    }

    /// <summary>Has a version served from now on.</summary>
    /// <exception cref="RequestException">There is none of this number.</exception>
    public void Serve(int number)
    {
        if (number != 0)
            Require(number);
        var now = ReadServed();
        if (now.Served != number)
            WriteServed(new(number, [.. now.Before, now.Served]));
    }

    /// <summary>Has a version served from now on, but only in place of the one that it was compared with.</summary>
    /// <returns>False where another one is served by now: that one stays.</returns>
    /// <exception cref="RequestException">There is none of this number.</exception>
    public bool TryServe(int number, int former)
    {
        if (!MayServe(number, former))
            return false;
        Serve(number);
        return true;
    }

    /// <summary>Whether a version is served that another one was compared with, or that other one already.</summary>
    public bool MayServe(int number, int former) => Served is var served && (served == former || served == number);

    /// <summary>Has the version served again that was served before.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="RequestException">There was none before.</exception>
    public int RollBack()
    {
        var now = ReadServed();
        if (now.Before.Count == 0)
            throw new RequestException(StatusCodes.Status409Conflict, $"No other version of {Model} was served before: there is nothing to go back to.");
        WriteServed(new(now.Before[^1], [.. now.Before.SkipLast(1)]));
        return now.Before[^1];
    }

    /// <summary>Takes a version that is not served out of use. Its files stay, beside the others, under a name that tells when.</summary>
    /// <exception cref="RequestException">There is none of this number.</exception>
    public void SetAside(int number, DateTimeOffset now)
    {
        Require(number);
        Directory.Move(PathOf(number), string.Create(CultureInfo.InvariantCulture, $"{PathOf(number)}.{now.UtcDateTime:yyyyMMddHHmmss}{SetAsideEnding}"));
        var served = ReadServed();
        WriteServed(served with { Before = [.. served.Before.Where(before => before != number)] });
    }

    private ServedVersion ReadServed() => File.Exists(ServedFile) ? Read(ServedFile, VersionJson.Default.ServedVersion) : new(0, []);

    private void WriteServed(ServedVersion served)
    {
        Directory.CreateDirectory(Root);
        var part = $"{ServedFile}.{Guid.NewGuid():N}.part";
        using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, served, VersionJson.Default.ServedVersion);
            file.Flush(flushToDisk: true);
        }

        File.Move(part, ServedFile, overwrite: true);
    }

    private static T Read<T>(string file, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), type) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException e)
        {
            throw new IOException($"{file} cannot be read: {e.Message} Restore it, or move its folder away.", e);
        }
    }
}
