namespace FellowOakDicom;

public partial class DicomDataset
{
    /// <exception cref="ArgumentException">The tag is there already.</exception>
    /// <exception cref="DicomValidationException">A value does not obey the rules of its representation.</exception>
    public DicomDataset Add(DicomItem item) => Put(item, update: false);

    public DicomDataset Add(params DicomItem[] items) => Put(items, update: false);

    public DicomDataset Add(IEnumerable<DicomItem> items) => Put(items, update: false);

    public DicomDataset Add<T>(DicomTag tag, params T[] values) => Put(VrFor(tag, values), tag, values, update: false);

    public DicomDataset Add<T>(DicomVR vr, DicomTag tag, params T[] values) => Put(vr, tag, values, update: false);

    public DicomDataset AddOrUpdate(DicomItem item) => Put(item, update: true);

    public DicomDataset AddOrUpdate(params DicomItem[] items) => Put(items, update: true);

    public DicomDataset AddOrUpdate(IEnumerable<DicomItem> items) => Put(items, update: true);

    public DicomDataset AddOrUpdate<T>(DicomTag tag, params T[] values) => Put(VrFor(tag, values), tag, values, update: true);

    public DicomDataset AddOrUpdate<T>(DicomVR vr, DicomTag tag, params T[] values) => Put(vr, tag, values, update: true);

    public DicomDataset Remove(params DicomTag[] tags)
    {
        foreach (var tag in tags)
        {
            if (FindPrivateTag(tag) is { } stored)
                _items.Remove(stored);
        }

        return this;
    }

    public DicomDataset Remove(Func<DicomItem, bool> selector)
    {
        foreach (var item in _items.Values.Where(selector).ToList())
            _items.Remove(item.Tag);
        return this;
    }

    /// <summary>What a file's reader found, which is neither validated nor moved to another private block.</summary>
    internal void Put(DicomItem item)
    {
        CheckTag(item.Tag);
        _items[item.Tag] = item;
    }

    private static DicomVR VrFor<T>(DicomTag tag, T[] values)
    {
        var entry = tag.DictionaryEntry;
        if (ReferenceEquals(entry, DicomDictionary.UnknownTag))
        {
            throw new DicomDataException(tag.IsPrivate
                ? $"Unknown private tag {tag} has no VR defined."
                : $"Tag {tag} not found in DICOM dictionary. Only dictionary tags may be added implicitly to the dataset.");
        }

        var preferred = values is null ? null : Array.Find(entry.ValueRepresentations, vr => vr.ValueType == typeof(T));
        return preferred ?? entry.ValueRepresentations[0];
    }

    private DicomDataset Put<T>(DicomVR vr, DicomTag tag, T[] values, bool update) => Put(ItemFactory.FromValues(vr, GetPrivateTag(tag), values), update);

    private DicomDataset Put(IEnumerable<DicomItem> items, bool update)
    {
        foreach (var item in items ?? [])
            Put(item, update);
        return this;
    }

    private DicomDataset Put(DicomItem item, bool update)
    {
        if (item is null)
            return this;
        CheckTag(item.Tag);
        if (item.Tag.IsPrivate)
            item.Tag = GetPrivateTag(item.Tag);
        if (ValidateItems)
            item.Validate();
        if (update)
            _items[item.Tag] = item;
        else
            _items.Add(item.Tag, item);
        return this;
    }
}
