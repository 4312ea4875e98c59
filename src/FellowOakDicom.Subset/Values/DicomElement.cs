using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>An attribute with values.</summary>
public abstract class DicomElement : DicomItem
{
    protected DicomElement(DicomTag tag, IByteBuffer data)
        : base(tag) => Buffer = data;

    /// <summary>The number of values.</summary>
    public abstract int Count { get; }

    public IByteBuffer Buffer { get; protected set; }

    public uint Length => (uint)(Buffer?.Size ?? 0);

    /// <summary>Value <paramref name="item"/> as <typeparamref name="T"/>; all of them where that is an array.</summary>
    /// <exception cref="InvalidCastException">The representation is never a <typeparamref name="T"/>.</exception>
    public abstract T Get<T>(int item = -1);

    public override void Validate()
    {
        if (Buffer is IBulkDataUriByteBuffer { IsMemory: false })
            return;
        ValidateString();
        ValidateVM();
    }

    protected virtual void ValidateVM()
    {
        if (Tag.IsPrivate || Count == 0)
            return;
        var allowed = Tag.DictionaryEntry.ValueMultiplicity;
        if (Count < allowed.Minimum || Count > allowed.Maximum)
            throw new DicomValidationException(ToString(), ValueRepresentation, $"Number of items {Count} does not match ValueMultiplicity {allowed}");
    }

    protected virtual void ValidateString()
    {
    }

    private protected void CheckIndex(int item)
    {
        if (item < 0 || item >= Count)
            throw new ArgumentOutOfRangeException(nameof(item), "Index is outside the range of available value items");
    }

    private protected InvalidCastException CannotConvertTo<T>() =>
        new($"Unable to convert DICOM {ValueRepresentation.Code} value to '{typeof(T).Name}'");
}
