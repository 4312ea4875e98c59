namespace MedSam2.Server.Method;

/// <summary>The values of a choice and what people call them; the first is the default.</summary>
internal sealed class NameTable<T>(params (string Name, T Value)[] entries)
    where T : struct, Enum
{
    public IReadOnlyList<string> Names { get; } = [.. entries.Select(entry => entry.Name)];

    /// <summary>As in <c>"a", "b" or "c"</c>.</summary>
    public string Choices { get; } = $"{string.Join(", ", entries[..^1].Select(entry => $"\"{entry.Name}\""))} or \"{entries[^1].Name}\"";

    public T Default { get; } = entries[0].Value;

    public string NameOf(T value) => entries.First(entry => entry.Value.Equals(value)).Name;

    /// <returns>Null where nothing is called so.</returns>
    public T? Find(string name)
    {
        foreach (var entry in entries)
        {
            if (entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return entry.Value;
        }

        return null;
    }
}
