using MedSam2.Inference;
using MedSam2.Server.Configuration;

namespace MedSam2.Server.CommandLine;

/// <summary>The server's settings, for verbs that need no server: from the same files, environment and options.</summary>
internal sealed record VerbSettings(ServerOptions Server, InferenceOptions Inference)
{
    private const string EmbeddedSettings = "appsettings.json";

    /// <param name="configuration">Settings as command-line keys, which go before all else.</param>
    public static VerbSettings Read(string[] configuration)
    {
        var settings = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile(EmbeddedSettings, optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(configuration)
            .Build();
        return new(
            settings.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new(),
            settings.GetSection(InferenceOptions.Section).Get<InferenceOptions>() ?? new());
    }

    /// <summary>The network that the settings name, on their device.</summary>
    public SegmentationModel LoadModel()
    {
        if (Inference.Threads > 0)
            TorchSharp.torch.set_num_threads(Inference.Threads);
        return SegmentationModel.Load(Server.ModelPath, Server.Device);
    }
}
