using System.Text.Json.Nodes;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;
using MedSam2.Server.Jobs;

namespace MedSam2.Server.Endpoints.MonaiLabel.Tasks;

/// <summary>
/// What any task may be asked for beside its own parameters: <c>device</c>, <c>gpus</c>, <c>multi_gpu</c> and <c>logging</c>. What
/// cannot be as asked is refused, or said in the task's log where clients ask for it by default.
/// </summary>
internal static class TaskWishes
{
    /// <summary>What any task may be asked for.</summary>
    public static readonly IReadOnlyList<string> Keys = ["device", "gpus", "multi_gpu", JobLogLevel.Key];

    private const string DeviceKey = "device", GpusKey = "gpus", MultiGpuKey = "multi_gpu";

    /// <param name="parameters">The task's.</param>
    /// <param name="served">The server's device.</param>
    /// <returns>Lines for the task's log: what is not as asked, and why.</returns>
    /// <exception cref="RequestException">There is no such device or level.</exception>
    public static IReadOnlyList<string> Read(JsonObject parameters, string served)
    {
        List<string> remarks = [];
        if (DeviceChoice.Check(Text(parameters, DeviceKey), served) is { } remark)
            remarks.Add(remark);
        DeviceChoice.CheckGpus(Text(parameters, GpusKey), served);
        if (Flag(parameters, MultiGpuKey))
            remarks.Add($"'{MultiGpuKey}' changes nothing: a server computes on one device, this one on {served}.");
        if (Text(parameters, JobLogLevel.Key) is { Length: > 0 } level && !JobLogLevel.TryParse(level, out _))
            throw new ParameterException($"'{JobLogLevel.Key}' is '{level}', but can be {string.Join(", ", JobLogLevel.Names)}.", "body", JobLogLevel.Key);
        return remarks;
    }

    // A list is the choices as they were shown, the first of them the default.
    private static string? Text(JsonObject parameters, string key) => parameters[key] switch
    {
        null or JsonArray { Count: 0 } => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonArray list when list[0] is JsonValue value && value.TryGetValue(out string? text) => text,
        _ => throw new ParameterException($"'{key}' must be a text.", "body", key),
    };

    private static bool Flag(JsonObject parameters, string key) => parameters[key] switch
    {
        null => false,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        JsonValue value when value.TryGetValue(out string? text) && bool.TryParse(text, out var flag) => flag,
        _ => throw new ParameterException($"'{key}' must be true or false.", "body", key),
    };
}
