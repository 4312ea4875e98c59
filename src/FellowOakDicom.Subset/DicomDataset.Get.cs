using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

public partial class DicomDataset
{
    /// <summary>The item of a tag; null if it is absent or not a <typeparamref name="T"/>.</summary>
    public T GetDicomItem<T>(DicomTag tag)
        where T : DicomItem => Find(tag) as T;

    /// <exception cref="DicomDataException">The tag is absent or no sequence.</exception>
    public DicomSequence GetSequence(DicomTag tag) =>
        Require(tag) as DicomSequence ?? throw new DicomDataException($"DicomTag {tag} isn't a sequence.");

    public bool TryGetSequence(DicomTag tag, out DicomSequence sequence)
    {
        sequence = Find(tag) as DicomSequence;
        return sequence is not null;
    }

    public int GetValueCount(DicomTag tag) => Require(tag) switch
    {
        DicomElement element => element.Count,
        DicomSequence sequence => sequence.Items.Count,
        _ => throw new DicomDataException("DicomTag doesn't support values."),
    };

    /// <exception cref="DicomDataException">The tag is absent or has not so many values.</exception>
    public T GetValue<T>(DicomTag tag, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var element = RequireElement<T>(tag);
        if (typeof(IByteBuffer).IsAssignableFrom(typeof(T)))
            return (T)element.Buffer;
        return index < element.Count
            ? element.Get<T>(index)
            : throw new DicomDataException($"Index out of range: index {index} for Tag {tag} must be less than value count {element.Count}");
    }

    public bool TryGetValue<T>(DicomTag tag, int index, out T elementValue)
    {
        elementValue = default;
        return index >= 0 && !typeof(T).IsArray && Find(tag) is DicomElement element && index < element.Count && TryGet(element, index, out elementValue);
    }

    public T GetValueOrDefault<T>(DicomTag tag, int index, T defaultValue) => TryGetValue<T>(tag, index, out var value) ? value : defaultValue;

    /// <exception cref="DicomDataException">The tag is absent or no element.</exception>
    public T[] GetValues<T>(DicomTag tag)
    {
        var element = RequireElement<T>(tag);
        return typeof(T) == typeof(byte) ? (T[])(object)element.Buffer.Data : element.Get<T[]>();
    }

    public bool TryGetValues<T>(DicomTag tag, out T[] values)
    {
        values = null;
        return !typeof(T).IsArray && Find(tag) is DicomElement element && TryGet(element, -1, out values);
    }

    /// <exception cref="DicomDataException">The tag is absent or does not have exactly one value.</exception>
    public T GetSingleValue<T>(DicomTag tag)
    {
        var element = RequireElement<T>(tag);
        if (typeof(IByteBuffer).IsAssignableFrom(typeof(T)))
            return (T)element.Buffer;
        return element.Count == 1
            ? element.Get<T>(0)
            : throw new DicomDataException($"DICOM element {tag} must contain a single value, but contains {element.Count}");
    }

    public bool TryGetSingleValue<T>(DicomTag tag, out T value)
    {
        value = default;
        return !typeof(T).IsArray && Find(tag) is DicomElement { Count: 1 } element && TryGet(element, 0, out value);
    }

    public T GetSingleValueOrDefault<T>(DicomTag tag, T defaultValue) => TryGetSingleValue<T>(tag, out var value) ? value : defaultValue;

    /// <summary>The text of all values, with the backslashes between them.</summary>
    /// <exception cref="DicomDataException">The tag is absent or no element.</exception>
    public string GetString(DicomTag tag) => RequireElement<string>(tag).Get<string>();

    public bool TryGetString(DicomTag tag, out string stringValue)
    {
        stringValue = null;
        if (Find(tag) is not DicomElement element)
            return false;
        stringValue = element.Count == 0 ? "" : element.Get<string>();
        return true;
    }

    private static bool TryGet<T>(DicomElement element, int index, out T value)
    {
        try
        {
            value = element.Get<T>(index);
            return true;
        }
        catch (Exception fault) when (fault is DicomException or FormatException or OverflowException or InvalidCastException or ArgumentException or IndexOutOfRangeException or InvalidOperationException or IOException)
        {
            value = default;
            return false;
        }
    }

    private DicomItem Find(DicomTag tag)
    {
        var stored = FindPrivateTag(tag);
        return stored is null ? null : _items.GetValueOrDefault(stored);
    }

    private DicomItem Require(DicomTag tag) => Find(tag) ?? throw new DicomDataException($"Tag: {tag} not found in dataset");

    private DicomElement RequireElement<T>(DicomTag tag)
    {
        if (typeof(T).IsArray)
            throw new DicomDataException("T can't be an Array type.");
        return Require(tag) as DicomElement ?? throw new DicomDataException("DicomTag doesn't support values.");
    }
}
