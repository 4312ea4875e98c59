using Microsoft.Extensions.Options;

namespace MedSam2.Server.Configuration;

/// <summary>Reports every number that lies outside its range.</summary>
internal sealed class RangeValidator : IValidateOptions<LimitOptions>, IValidateOptions<InferenceOptions>
{
    public ValidateOptionsResult Validate(string? name, LimitOptions options) => Report(
        LimitOptions.Section,
        (nameof(options.UploadMegabytes), options.UploadMegabytes, 1, 65_536),
        (nameof(options.ParamsKilobytes), options.ParamsKilobytes, 1, 65_536),
        (nameof(options.Points), options.Points, 1, 10_000),
        (nameof(options.Parts), options.Parts, 1, 1_000),
        (nameof(options.Files), options.Files, 1, 100_000),
        (nameof(options.Waiting), options.Waiting, 1, 10_000));

    public ValidateOptionsResult Validate(string? name, InferenceOptions options) => Report(
        InferenceOptions.Section,
        (nameof(options.Threads), options.Threads, 0, 256),
        (nameof(options.VolumeCacheMegabytes), options.VolumeCacheMegabytes, 0, 1_048_576),
        (nameof(options.VolumesInHandMegabytes), options.VolumesInHandMegabytes, 1, 1_048_576),
        (nameof(options.WarmSessions), options.WarmSessions, 0, 64));

    public static ValidateOptionsResult Report(string section, params (string Name, int Value, int Low, int High)[] numbers)
    {
        var faults = numbers
            .Where(number => number.Value < number.Low || number.Value > number.High)
            .Select(number => $"{section}:{number.Name} is {number.Value}, but must lie in {number.Low} to {number.High}.")
            .ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
