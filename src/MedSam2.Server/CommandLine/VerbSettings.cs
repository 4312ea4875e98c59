using MedSam2.Inference;
using MedSam2.Server.Configuration;

namespace MedSam2.Server.CommandLine;

/// <summary>The server's settings, for verbs that need no server: from the same files, environment and options.</summary>
/// <param name="Server">Where things are, and what runs the network.</param>
/// <param name="Inference">Memory and cores.</param>
/// <param name="Urls">Where a server of these settings listens.</param>
internal sealed record VerbSettings(ServerOptions Server, InferenceOptions Inference, string Urls)
{
    private const string EmbeddedSettings = "appsettings.json";

    /// <param name="configuration">Settings as command-line keys, which go before all else.</param>
    public static VerbSettings Read(string[] configuration)
    {
        var settings = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile(EmbeddedSettings, optional: true)
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables()
            .AddCommandLine(configuration)
            .Build();
        return new(
            settings.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new(),
            settings.GetSection(InferenceOptions.Section).Get<InferenceOptions>() ?? new(),
            settings["urls"] is { Length: > 0 } urls ? urls : ServerOptionsExtensions.DefaultAddress);
    }

    /// <summary>The network that the settings name, on their device.</summary>
    public SegmentationModel LoadModel()
    {
        if (Server.ModelFault is { } fault)
            throw new VerbException(fault);
        if (Inference.Threads > 0)
            TorchSharp.torch.set_num_threads(Inference.Threads);
        return SegmentationModel.Load(
            Server.ModelPath,
            Server.Device,
            Server.ModelPrecision ?? throw new VerbException($"The precision '{Server.Precision}' is unknown: --precision takes float32, bfloat16 or float16."));
    }
}
