using System.CommandLine;
using MedSam2.Server.Models;
using MedSam2.Server.Models.Versions;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>models</c>.</summary>
internal static class ModelsCommand
{
    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var json = new Option<bool>("--json") { Recursive = true, Description = "Print the result as JSON." };
        return new Command("models", "Published and own networks: list and fetch them, convert and check their weights. Nothing is fetched unless asked for by name.")
        {
            json,
            List(configuration, json),
            Get(configuration, json),
            Convert(json),
            Check(json),
            Versions(configuration, json),
            Compare(configuration, json),
            Promote(configuration, json),
            RollBack(configuration, json),
        };
    }

    private static Command List(Func<ParseResult, string[]> configuration, Option<bool> json)
    {
        var command = new Command("list", "The published networks, and which of them are in the data folder.");
        command.SetAction((parsed, _) => VerbRun.RunAsync(() =>
        {
            ModelReports.WriteList(new ModelFolder(VerbSettings.Read(configuration(parsed)).Server), parsed.GetValue(json));
            return Task.CompletedTask;
        }));
        return command;
    }

    private static Command Get(Func<ParseResult, string[]> configuration, Option<bool> json)
    {
        var name = new Argument<string>("NAME") { Description = "A name that 'models list' prints." };
        var url = new Option<Uri?>("--url")
        {
            HelpName = "URL",
            Description = "Fetch from here instead, such as a mirror. Size and SHA-256 are checked all the same.",
            CustomParser = result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) ? address : Refuse<Uri?>(result, "--url takes a whole address: https://HOST/FILE."),
        };
        var command = new Command("get", "Fetch a published network into the data folder; --model NAME then names it. A broken download goes on where it ended.") { name, url };
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() => ModelFetch.RunAsync(
            new ModelFolder(VerbSettings.Read(configuration(parsed)).Server), parsed.GetRequiredValue(name), parsed.GetValue(url), parsed.GetValue(json), cancellation)));
        return command;
    }

    private static Command Convert(Option<bool> json)
    {
        var file = FileArgument();
        var output = new Option<string?>("--output", "-o") { HelpName = "FILE", Description = "Where to. Default: beside it, ending in .safetensors." };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there." };
        var command = new Command("convert", "Write a checkpoint (.pt, .pth) as .safetensors, which holds no code and loads faster.") { file, output, force };
        command.SetAction((parsed, _) => VerbRun.RunAsync(() =>
        {
            ModelConversion.Run(parsed.GetRequiredValue(file), parsed.GetValue(output), parsed.GetValue(force), parsed.GetValue(json));
            return Task.CompletedTask;
        }));
        return command;
    }

    private static Command Check(Option<bool> json)
    {
        var file = FileArgument();
        var command = new Command("check", "Load a checkpoint into its network and say what it is; exit code 1 where it does not fit.") { file };
        command.SetAction((parsed, _) => VerbRun.RunAsync(() =>
        {
            ModelReports.WriteCheck(parsed.GetRequiredValue(file), parsed.GetValue(json));
            return Task.CompletedTask;
        }));
        return command;
    }

    private static Command Versions(Func<ParseResult, string[]> configuration, Option<bool> json)
    {
        var command = new Command("versions", "The trained versions of the model, how good they are, and which one is served.");
        command.SetAction((parsed, _) => OnVersions(configuration, parsed, versions => VersionReports.List(versions, parsed.GetValue(json))));
        return command;
    }

    private static Command Compare(Func<ParseResult, string[]> configuration, Option<bool> json)
    {
        var (one, other) = (Version("VERSION"), Version("OTHER"));
        var command = new Command("compare", "Two trained versions beside each other.") { one, other };
        command.SetAction((parsed, _) => OnVersions(configuration, parsed, versions => VersionReports.Compare(versions, parsed.GetValue(one), parsed.GetValue(other), parsed.GetValue(json))));
        return command;
    }

    private static Command Promote(Func<ParseResult, string[]> configuration, Option<bool> json)
    {
        var version = Version("VERSION");
        var force = new Option<bool>("--force") { Description = "Also where it does not beat the version that is served, or was not compared with it." };
        var command = new Command("promote", "Serve a version from now on; 0 is the model as it came. A running server changes within seconds, and what is open in it keeps its version.") { version, force };
        command.SetAction((parsed, _) => OnVersions(configuration, parsed, versions => VersionReports.Promote(versions, parsed.GetValue(version), parsed.GetValue(force), parsed.GetValue(json))));
        return command;
    }

    private static Command RollBack(Func<ParseResult, string[]> configuration, Option<bool> json)
    {
        var command = new Command("rollback", "Serve the version again that was served before.");
        command.SetAction((parsed, _) => OnVersions(configuration, parsed, versions => VersionReports.RollBack(versions, parsed.GetValue(json))));
        return command;
    }

    private static Task<int> OnVersions(Func<ParseResult, string[]> configuration, ParseResult parsed, Action<ModelVersions> act) => VerbRun.RunAsync(() =>
    {
        act(new ModelVersions(VerbSettings.Read(configuration(parsed)).Server));
        return Task.CompletedTask;
    });

    private static Argument<int> Version(string name) => new(name) { Description = "A number that 'models versions' prints." };

    private static Argument<string> FileArgument() => new("FILE") { Description = "A weights file (.safetensors, .pt, .pth) or the folder of a model." };

    private static T? Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
