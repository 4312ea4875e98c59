using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace MedSam2.Network;

/// <summary>
/// One mapping of a configuration file, read key by key. What was never asked for is unknown, and <see cref="End"/> says so:
/// a misspelt switch must not silently become its default.
/// </summary>
internal sealed class YamlSection
{
    private readonly Dictionary<string, YamlNode> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);
    private readonly string path;

    public YamlSection(YamlNode node, string path)
    {
        this.path = path;
        if (node is not YamlMappingNode mapping)
            throw new ConfigurationException($"{Name} must be a mapping of keys to values.");
        foreach (var (key, value) in mapping.Children)
            values[(key as YamlScalarNode)?.Value ?? throw new ConfigurationException($"{Name} has a key that is not a plain word.")] = value;
    }

    /// <summary>Checks Hydra's class name by its last part: forks move the classes to packages of other names.</summary>
    public YamlSection Target(string type)
    {
        if (Find("_target_") is not { } node)
            return this;
        var target = Text(node, "_target_");
        if (target[(target.LastIndexOf('.') + 1)..] != type)
            throw Invalid("_target_", $"is {target}; this network knows only {type} there");
        return this;
    }

    public YamlSection Section(string key) => new(Require(key), Join(key));

    public YamlSection? OptionalSection(string key) => Find(key) is { } node ? new(node, Join(key)) : null;

    public int Int(string key, int lowest, int highest) => ToInt(key, Require(key), lowest, highest);

    public int Int(string key, int lowest, int highest, int absent) => Find(key) is { } node ? ToInt(key, node, lowest, highest) : absent;

    public int? OptionalInt(string key, int lowest, int highest) => Find(key) is { } node ? ToInt(key, node, lowest, highest) : null;

    public double Number(string key, double lowest, double highest) => ToNumber(key, Require(key), lowest, highest);

    public double Number(string key, double lowest, double highest, double absent) =>
        Find(key) is { } node ? ToNumber(key, node, lowest, highest) : absent;

    public double? OptionalNumber(string key, double lowest, double highest) =>
        Find(key) is { } node ? ToNumber(key, node, lowest, highest) : null;

    public bool Switch(string key) => ToSwitch(key, Require(key));

    public bool Switch(string key, bool absent) => Find(key) is { } node ? ToSwitch(key, node) : absent;

    public IReadOnlyList<int>? OptionalInts(string key, int lowest, int highest, int longest = 64)
    {
        if (Find(key) is not { } node)
            return null;
        if (node is not YamlSequenceNode sequence || sequence.Children.Count > longest)
            throw Invalid(key, $"must be a list of at most {longest} whole numbers");
        return [.. sequence.Children.Select(n => ToInt(key, n, lowest, highest))];
    }

    public IReadOnlyList<int> Ints(string key, int lowest, int highest) =>
        OptionalInts(key, lowest, highest) ?? throw Invalid(key, "is missing");

    public T Choice<T>(string key, T? absent, params ReadOnlySpan<(string Name, T Value)> choices)
        where T : struct
    {
        if (Find(key) is not { } node)
            return absent ?? throw Invalid(key, "is missing");
        var text = Text(node, key);
        var names = new List<string>();
        foreach (var (name, value) in choices)
        {
            if (name == text)
                return value;
            names.Add(name);
        }

        throw Invalid(key, $"is {text}; it may be {string.Join(" or ", names)}");
    }

    /// <summary>A key of the reference that only one value of makes sense here.</summary>
    public void Fixed(string key, string only)
    {
        if (Find(key) is { } node && !string.Equals(Text(node, key), only, StringComparison.OrdinalIgnoreCase))
            throw Invalid(key, $"is {Text(node, key)}; this network supports {only} alone");
    }

    /// <summary>A key of the reference that changes nothing here.</summary>
    public void Ignore(string key) => Find(key);

    /// <exception cref="ConfigurationException">The section holds a key that nobody asked for.</exception>
    public void End()
    {
        var unknown = values.Keys.Where(k => !asked.Contains(k)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
            throw new ConfigurationException($"{Name} has unknown keys: {string.Join(", ", unknown.Take(10))}.");
    }

    public ConfigurationException Invalid(string key, string why) => new($"{Join(key)} {why}.");

    private string Name => path.Length > 0 ? path : "The file";

    private string Join(string key) => path.Length > 0 ? $"{path}.{key}" : key;

    private YamlNode Require(string key) => Find(key) ?? throw Invalid(key, "is missing");

    private YamlNode? Find(string key)
    {
        asked.Add(key);
        return values.GetValueOrDefault(key) is { } node && !IsNull(node) ? node : null;
    }

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Value: null or "" or "null" or "~" };

    private string Text(YamlNode node, string key) => (node as YamlScalarNode)?.Value ?? throw Invalid(key, "must be a single value");

    private int ToInt(string key, YamlNode node, int lowest, int highest)
    {
        var text = Text(node, key);
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < lowest || value > highest)
            throw Invalid(key, $"is {Shorten(text)}; it must be a whole number from {lowest} to {highest}");
        return value;
    }

    private double ToNumber(string key, YamlNode node, double lowest, double highest)
    {
        // 1e-6 with no dot is a string to YAML 1.1 and a number to whoever wrote it: it is parsed as a number here.
        var text = Text(node, key);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !(value >= lowest && value <= highest))
            throw Invalid(key, string.Create(CultureInfo.InvariantCulture, $"is {Shorten(text)}; it must be a number from {lowest} to {highest}"));
        return value;
    }

    private bool ToSwitch(string key, YamlNode node)
    {
        var text = Text(node, key);
        return bool.TryParse(text, out var value) ? value : throw Invalid(key, $"is {Shorten(text)}; it must be true or false");
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
