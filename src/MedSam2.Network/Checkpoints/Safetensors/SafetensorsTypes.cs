using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints.Safetensors;

/// <summary>The type names of the safetensors format that have a counterpart here.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType Type)[] All =
    [
        ("F32", ScalarType.Float32),
        ("F16", ScalarType.Float16),
        ("BF16", ScalarType.BFloat16),
        ("F64", ScalarType.Float64),
        ("I64", ScalarType.Int64),
        ("I32", ScalarType.Int32),
        ("I16", ScalarType.Int16),
        ("I8", ScalarType.Int8),
        ("U8", ScalarType.Byte),
        ("BOOL", ScalarType.Bool),
    ];

    public static string Names { get; } = string.Join(", ", All.Select(t => t.Name));

    public static ScalarType? Find(string name)
    {
        foreach (var (known, type) in All)
        {
            if (known == name)
                return type;
        }

        return null;
    }

    public static string? NameOf(ScalarType type)
    {
        foreach (var (name, known) in All)
        {
            if (known == type)
                return name;
        }

        return null;
    }
}
