using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.CommandLine;

namespace MedSam2.Server.Models;

/// <summary><c>models get</c>: fetches a published network, makes sure that it is what its name says, and puts its configuration beside it.</summary>
internal static class ModelFetch
{
    public static async Task RunAsync(ModelFolder folder, string name, Uri? url, bool json, CancellationToken cancellation)
    {
        var model = PublishedModel.Find(name)
            ?? throw new VerbException($"There is no published model '{name}'. 'medsam2 models list' prints their names.");
        var source = url ?? model.Url
            ?? throw new VerbException($"{model.Name} comes with the server; there is nothing to fetch.");
        if (model.Url is null)
            throw new VerbException($"{model.Name} comes with the server and is not replaced. Give another file with --model.");

        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var path = folder.PathOf(model);
        var hash = await VerbConsole.WithProgressAsync(
            $"Fetching {model.Name}",
            progress => new ModelDownload(client).FetchAsync(model, source, path, new Relay(progress, model.Name), cancellation));
        PutConfigurationBeside(model, path);
        ModelReports.WriteFetched(model, path, hash, json);
    }

    private static void PutConfigurationBeside(PublishedModel model, string path)
    {
        var known = KnownModel.All.Single(k => k.Name == model.Configuration);
        bool fits;
        using (var checkpoint = Checkpoint.Open(path))
            fits = known.Fits(checkpoint);
        if (!fits)
        {
            File.Delete(path);
            throw new ModelDownloadException($"What was fetched are weights of another network than {model.Name}; they were deleted. Check the address.");
        }

        File.WriteAllText(Path.Combine(Path.GetDirectoryName(path)!, "config.yaml"), known.Yaml);
    }

    private sealed class Relay(IProgress<VerbProgress> progress, string name) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => progress.Report(new(
            value.Total is { } total ? (double)value.Done / total : 0, $"Fetching {name}: {value.Done >> 20} of {value.Total >> 20} MiB"));
    }
}
