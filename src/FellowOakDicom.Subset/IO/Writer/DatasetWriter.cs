#nullable enable

using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.IO.Writer;

/// <summary>Writes a dataset in a transfer syntax (PS3.5 section 7). Text is encoded in the dataset's own character set.</summary>
internal sealed class DatasetWriter(ByteTarget target, DicomTransferSyntax syntax, DicomWriteOptions options)
{
    private const uint UndefinedLength = uint.MaxValue;

    private static readonly DicomTag ItemTag = DicomTag.Item;

    public void Write(DicomDataset dataset)
    {
        PrepareText(dataset);
        WriteItems(dataset);
    }

    /// <summary>Bytes that <see cref="Write"/> would write.</summary>
    public long Measure(DicomDataset dataset)
    {
        PrepareText(dataset);
        return MeasureItems(dataset);
    }

    private static void PrepareText(DicomDataset dataset)
    {
        var encodings = dataset.EncodingsForWriting();
        foreach (var item in dataset)
        {
            if (item is DicomStringElement text)
                text.TargetEncodings = encodings;
            if (item is not DicomSequence sequence)
                continue;
            foreach (var nested in sequence.Items)
            {
                nested.FallbackEncodings = encodings;
                PrepareText(nested);
            }
        }
    }

    private void WriteItems(DicomDataset dataset)
    {
        foreach (var item in dataset)
        {
            switch (item)
            {
                case DicomElement element:
                    WriteHeader(element.Tag, element.ValueRepresentation, element.Length);
                    WriteValue(element.Buffer, element.ValueRepresentation.IsString ? 1 : element.ValueRepresentation.SwapSize);
                    break;
                case DicomFragmentSequence fragments:
                    WriteFragments(fragments);
                    break;
                case DicomSequence sequence:
                    WriteSequence(sequence);
                    break;
            }
        }
    }

    private void WriteSequence(DicomSequence sequence)
    {
        var isMeasured = IsMeasured(sequence);
        WriteHeader(sequence.Tag, DicomVR.SQ, isMeasured ? checked((uint)MeasureValue(sequence)) : UndefinedLength);
        foreach (var item in sequence.Items)
        {
            WriteHeader(ItemTag, DicomVR.NONE, options.ExplicitLengthSequenceItems ? checked((uint)MeasureItems(item)) : UndefinedLength);
            WriteItems(item);
            if (!options.ExplicitLengthSequenceItems)
                WriteHeader(DicomTag.ItemDelimitationItem, DicomVR.NONE, 0);
        }

        if (!isMeasured)
            WriteHeader(DicomTag.SequenceDelimitationItem, DicomVR.NONE, 0);
    }

    private void WriteFragments(DicomFragmentSequence sequence)
    {
        WriteHeader(sequence.Tag, sequence.ValueRepresentation, UndefinedLength);
        WriteHeader(ItemTag, DicomVR.NONE, (uint)(4 * sequence.OffsetTable.Count));
        foreach (var offset in sequence.OffsetTable)
            target.WriteUInt32(offset);
        foreach (var fragment in sequence.Fragments)
        {
            WriteHeader(ItemTag, DicomVR.NONE, (uint)fragment.Size);
            WriteValue(fragment, 1);
        }

        WriteHeader(DicomTag.SequenceDelimitationItem, DicomVR.NONE, 0);
    }

    private void WriteHeader(DicomTag tag, DicomVR vr, uint length)
    {
        target.WriteUInt16(tag.Group);
        target.WriteUInt16(tag.Element);
        if (!syntax.IsExplicitVR || ReferenceEquals(vr, DicomVR.NONE))
        {
            target.WriteUInt32(length);
            return;
        }

        // A value too long for its representation's two bytes of length is written as unknown (PS3.5 section 6.2.2).
        if (vr.Is16bitLength && length > 0xfffe)
            vr = DicomVR.UN;
        target.WriteBytes([(byte)vr.Code[0], (byte)vr.Code[1]]);
        target.WriteUInt16(vr.Is16bitLength ? (ushort)length : (ushort)0);
        if (!vr.Is16bitLength)
            target.WriteUInt32(length);
    }

    private void WriteValue(IByteBuffer buffer, int unitSize) =>
        target.WriteBuffer(target.IsBigEndian ? SwappedByteBuffer.Create(buffer, unitSize) : buffer);

    private bool IsMeasured(DicomSequence sequence) => options.ExplicitLengthSequences || sequence.Tag.IsPrivate;

    private long MeasureItems(DicomDataset dataset) => dataset.Sum(item => HeaderSize(item.ValueRepresentation) + item switch
    {
        DicomElement element => element.Length,
        DicomFragmentSequence fragments => 16 + (4L * fragments.OffsetTable.Count) + fragments.Fragments.Sum(fragment => 8 + fragment.Size),
        DicomSequence sequence => MeasureValue(sequence) + (IsMeasured(sequence) ? 0 : 8),
        _ => 0,
    });

    private long MeasureValue(DicomSequence sequence) =>
        sequence.Items.Sum(item => MeasureItems(item) + (options.ExplicitLengthSequenceItems ? 8 : 16));

    private int HeaderSize(DicomVR vr) => syntax.IsExplicitVR && !vr.Is16bitLength ? 12 : 8;
}
