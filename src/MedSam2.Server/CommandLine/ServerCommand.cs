using System.CommandLine;
using System.CommandLine.Invocation;
using MedSam2.Server.Hosting;

namespace MedSam2.Server.CommandLine;

/// <summary>
/// The command line. Its own options become configuration keys (<c>--data X</c> is <c>--MedSam2:Data=X</c>), so that a setting
/// means the same in a file, in the environment and here; any other key can be given as <c>--Section:Key=value</c>.
/// </summary>
internal static class ServerCommand
{
    private const string Description = """
        MedSAM-2 server: interactive segmentation of medical volumes. For research only, not for clinical use.

        Without a verb it serves the MONAI Label API and DICOMweb on http://127.0.0.1:8000 until Ctrl+C.

        Every setting can also be given in appsettings.json, as an environment variable (MedSam2__Data=...), or as a
        configuration key (--MedSam2:Limits:UploadMegabytes=8192 --Logging:LogLevel:Default=Debug).
        """;

    // A training step of a large network takes as long.
    private static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(2);

    /// <summary>Options that every verb takes, each with the configuration key that it sets.</summary>
    private static readonly (Option<string> Option, string Key)[] Settings =
    [
        (new("--data") { HelpName = "DIR", Recursive = true, Description = "Folder for stored studies and results. Default: a folder of the user's own ($XDG_DATA_HOME/medsam2 or ~/.local/share/medsam2)." }, "MedSam2:Data"),
        (new("--studies") { HelpName = "FOLDER", Recursive = true, Description = "Serve the DICOM files of this folder in place (read only); new results still go to --data." }, "MedSam2:Studies"),
        (new("--archive") { HelpName = "URL", Recursive = true, Description = "DICOMweb root of an archive (PACS) to take series from and to store results in, instead of a store of one's own. Login: MedSam2__Archive__UserName and MedSam2__Archive__Password in the environment." }, "MedSam2:Archive:Url"),
        (new("--urls") { HelpName = "URLS", Recursive = true, Description = "Addresses to listen on, separated by ';'. Port 0 takes a free one. Default: http://127.0.0.1:8000, reachable from this machine only." }, "urls"),
        (new("--model") { HelpName = "PATH", Recursive = true, Description = "A weights file (.safetensors, .pt), the folder that holds it, or the name of a fetched one; config.yaml beside it says which network it is, and published SAM 2 weights need none. Default: the embedded medsam2-nano." }, "MedSam2:Model"),
        (new("--device") { HelpName = "NAME", Recursive = true, Description = "Where the network runs: cpu, cuda, or cuda:N. Default: cpu." }, "MedSam2:Device"),
        (new("--precision") { HelpName = "FORMAT", Recursive = true, Description = "Number format of the network: float32, bfloat16 or float16 (half the memory, less exact; float16 for GPUs alone). Default: float32." }, "MedSam2:Precision"),
        (new("--environment") { HelpName = "NAME", Recursive = true, Description = "ASP.NET environment, which selects appsettings.NAME.json. Default: Production." }, "environment"),
    ];

    private static readonly Option<bool> CloserLook = new("--closer-look")
    {
        Recursive = true,
        Description = "Look at each object in closer views, too, and fuse what all views say: better masks, for three times the work. It counts for prompts and along the prompt's own stack.",
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var (keys, others) = ConfigurationKeys.Split(args);
        var root = new RootCommand(Description);
        foreach (var (option, _) in Settings)
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens is [{ Value: "" }])
                    result.AddError($"{option.Name} is empty: give its value, or leave it out.");
            });
            root.Add(option);
        }

        root.Add(CloserLook);
        string[] Configuration(ParseResult parsed) => [.. OwnSettings(parsed), .. parsed.GetValue(CloserLook) ? ["--MedSam2:CloserLook=true"] : Array.Empty<string>(), .. keys];
        root.Add(DemoCommand.Create(Configuration));
        root.Add(SegmentCommand.Create(Configuration));
        root.Add(EvaluateCommand.Create(Configuration));
        root.Add(TrainCommand.Create(Configuration));
        root.Add(SimulateLoopCommand.Create(Configuration));
        root.Add(TrainSyntheticCommand.Create(Configuration));
        root.Add(ModelsCommand.Create(Configuration));
        root.Add(BenchCommand.Create(Configuration));
        root.Add(TokenCommand.Create());
        root.Add(HealthCommand.Create(Configuration));
        root.SetAction((parsed, cancellation) => ServerRun.ServeAsync(Configuration(parsed), cancellation));

        var parsed = root.Parse(others);
        if (parsed.Action is ParseErrorAction error)
            error.ShowHelp = false;
        // The web host itself answers Ctrl+C and SIGTERM. A verb ends its step in hand and keeps what it has.
        var patience = parsed.CommandResult.Command == root ? (TimeSpan?)null : StopPatience;
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = patience });
    }

    private static IEnumerable<string> OwnSettings(ParseResult parsed) =>
        from setting in Settings
        let value = parsed.GetValue(setting.Option)
        where value is not null
        select $"--{setting.Key}={value}";
}
