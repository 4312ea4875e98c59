using FellowOakDicom;

namespace MedSam2.Studies.Series;

/// <summary>A modality lookup table (PS3.3 C.11.1): real values by stored ones, in place of a rescale.</summary>
internal sealed class ModalityLut
{
    private readonly float[] _values;
    private readonly int _first;

    private ModalityLut(float[] values, int first)
    {
        _values = values;
        _first = first;
    }

    /// <summary>The table of an image, or null where it has none.</summary>
    /// <param name="header">The instance's header.</param>
    /// <param name="signed">Whether stored values, and so the first one that is mapped, are signed.</param>
    /// <exception cref="SeriesException">The table is damaged.</exception>
    public static ModalityLut? Read(DicomDataset header, bool signed)
    {
        if (HeaderValues.FirstItem(header, DicomTag.ModalityLUTSequence) is not { } table)
            return null;
        var shape = HeaderValues.Words(table, DicomTag.LUTDescriptor);
        if (shape.Length < 3 || shape[2] is not (> 0 and <= 16))
            throw HeaderValues.Malformed(DicomTag.LUTDescriptor, "does not describe a table of up to 16 bits");
        var entries = shape[0] == 0 ? 65536 : shape[0];
        var words = HeaderValues.Words(table, DicomTag.LUTData);
        if (words.Length < entries && (shape[2] > 8 || words.Length * 2 < entries))
            throw HeaderValues.Malformed(DicomTag.LUTData, $"has {words.Length} values where {entries} are needed");

        // Entries of 8 bits may be packed two in a word.
        var packed = words.Length < entries;
        var values = new float[entries];
        for (var n = 0; n < entries; n++)
            values[n] = packed ? (byte)(words[n / 2] >> (n % 2 * 8)) : words[n];
        return new(values, signed ? (short)shape[1] : shape[1]);
    }

    /// <summary>Turns stored values into real ones; what lies outside of the table takes its ends.</summary>
    public void Apply(Span<float> values)
    {
        foreach (ref var value in values)
            value = _values[(int)Math.Clamp((long)value - _first, 0, _values.Length - 1)];
    }
}
