using System.Reflection;
using System.Text.RegularExpressions;
using MedSam2.Server.Studies.Remote;
using MedSam2.Studies.DicomWebClient;

namespace MedSam2.Server.Tests.Manifests;

/// <summary>All settings that the server knows, from its options classes.</summary>
internal static partial class SettingNames
{
    /// <summary>As configuration keys: <c>MedSam2:Limits:Points</c>. Behind a colon at the end any name may follow.</summary>
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(
        typeof(Program).Assembly.GetTypes()
            .Select(type => (Type: type, Section: type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string))
            .Where(options => options.Section is not null)
            .Append((Type: typeof(ArchiveOptions), Section: ArchiveOptionsValidator.Section))
            .SelectMany(options => options.Type.GetProperties().Where(p => p.SetMethod is { IsPublic: true }).Select(p => $"{options.Section}:{p.Name}{(typeof(IDictionary<string, string>).IsAssignableFrom(p.PropertyType) ? ":" : "")}")),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a name is a setting, or the section of some.</summary>
    public static bool Exists(string name) => All.Any(known => known.EndsWith(':')
        ? name.StartsWith(known, StringComparison.OrdinalIgnoreCase) || known.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase)
        : $"{known}:".StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase));

    /// <summary>The settings that a text names, as environment variables or as keys. A trailing <c>…</c> or <c>:</c> names a section.</summary>
    public static IEnumerable<string> In(string text) =>
        Name().Matches(text).Select(match => match.Value.Replace("__", ":", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal);

    [GeneratedRegex("MedSam2(?:(?:__|:)[A-Za-z]+)+")]
    private static partial Regex Name();
}
