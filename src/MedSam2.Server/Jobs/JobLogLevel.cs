using System.Text.Json.Nodes;

namespace MedSam2.Server.Jobs;

/// <summary>Which lines of a job's log are kept. The parameter <see cref="Key"/> names it in Python's words, as MONAI Label's clients do.</summary>
internal static class JobLogLevel
{
    public const string Key = "logging";

    private static readonly Dictionary<string, LogLevel> Levels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DEBUG"] = LogLevel.Debug,
        ["INFO"] = LogLevel.Information,
        ["WARNING"] = LogLevel.Warning,
        ["ERROR"] = LogLevel.Error,
        ["CRITICAL"] = LogLevel.Critical,
    };

    public static IEnumerable<string> Names => Levels.Keys;

    public static bool TryParse(string name, out LogLevel level) => Levels.TryGetValue(name, out level);

    /// <summary>The level of a job; all its lines where the parameters name none.</summary>
    public static LogLevel Of(JsonObject parameters) =>
        parameters[Key] is JsonValue value && value.TryGetValue(out string? name) && TryParse(name, out var level) ? level : LogLevel.Trace;
}
