using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.CommandLine;

namespace MedSam2.Server.Models;

/// <summary>What the <c>models</c> verbs print.</summary>
internal static class ModelReports
{
    private const string Unknown = "not known";

    public static void WriteList(ModelFolder folder, bool json)
    {
        var models = PublishedModel.All.Select(m => new ListedModel(
            m.Name, m.Title, KnownModel.All.Single(k => k.Name == m.Configuration).Configuration.ImageSize, m.License, m.Size, m.Sha256, m.Url, m.Page, folder.Holds(m) ? folder.PathOf(m) : null)).ToArray();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(models, ModelJson.Default.ListedModelArray));
            return;
        }

        VerbConsole.WriteTable(
            ["name", "what", "licence", "pixels", "MB", "here"],
            models.Select(m => (string[])[m.Name, m.Title, m.License ?? Unknown, Text(m.ImageSize), m.Size is { } size ? Text(Math.Round(size / 1e6, 1)) : Unknown, m.Path is null ? "no" : "yes"]),
            textColumns: 3);
    }

    public static void WriteFetched(PublishedModel model, string path, string hash, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new FetchedModel(model.Name, path, hash, model.Sha256 is not null, model.Configuration), ModelJson.Default.FetchedModel));
            return;
        }

        Console.WriteLine($"{model.Name}: {path}");
        Console.WriteLine(model.Sha256 is null ? $"SHA-256 {hash} (its publisher's is not known, so this cannot be compared)" : $"SHA-256 {hash} (as published)");
        Console.WriteLine($"Licence: {model.License ?? $"not known, see {model.Page}"}. {model.Note}".TrimEnd());
        Console.WriteLine($"Use it: medsam2 --model {model.Name}");
    }

    public static void WriteConverted(string source, string target, Checkpoint checkpoint, bool json)
    {
        var report = new ConvertedModel(source, target, checkpoint.Tensors.Count, new FileInfo(target).Length);
        Console.WriteLine(json
            ? JsonSerializer.Serialize(report, ModelJson.Default.ConvertedModel)
            : $"{target}: {Text(report.Tensors)} tensors, {Text(Math.Round(report.Bytes / 1e6, 1))} MB");
    }

    /// <exception cref="CheckpointException">The weights do not fit their network.</exception>
    public static void WriteCheck(string file, bool json)
    {
        var weights = Sam2Weights.Find(file);
        long parameters;
        using (var network = weights.Load())
            parameters = network.parameters().Sum(p => p.numel());
        var published = PublishedModel.All.FirstOrDefault(m => m.Sha256 == weights.Sha256)?.Name;
        var report = new CheckedModel(weights.Path, weights.ConfigurationSource, weights.Configuration.ImageSize, parameters, weights.Sha256, published);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, ModelJson.Default.CheckedModel));
            return;
        }

        Console.WriteLine($"{report.Path} fits: {Text(Math.Round(parameters / 1e6, 1))} million parameters, images of {report.ImageSize} pixels");
        Console.WriteLine($"Configuration: {report.Configuration}");
        Console.WriteLine($"SHA-256 {report.Sha256} ({(published is null ? "of no published model whose hash is known" : $"as published: {published}")})");
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

internal sealed record ListedModel(string Name, string Title, int ImageSize, string? License, long? Size, string? Sha256, Uri? Url, Uri? Page, string? Path);

internal sealed record FetchedModel(string Name, string Path, string Sha256, bool IsVerified, string Configuration);

internal sealed record ConvertedModel(string Source, string Path, int Tensors, long Bytes);

internal sealed record CheckedModel(string Path, string Configuration, int ImageSize, long Parameters, string Sha256, string? Published);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ListedModel[]))]
[JsonSerializable(typeof(FetchedModel))]
[JsonSerializable(typeof(ConvertedModel))]
[JsonSerializable(typeof(CheckedModel))]
internal sealed partial class ModelJson : JsonSerializerContext;
