#nullable enable

using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Imaging;

/// <summary>Compressed frames in fragments (PS3.5 section A.4).</summary>
internal sealed class EncapsulatedPixelData(DicomDataset dataset, DicomFragmentSequence element) : DicomPixelData(dataset)
{
    private const int ItemHeader = 8;

    private long _end;

    public override IByteBuffer GetFrame(int frame)
    {
        CheckFrame(frame);
        var fragments = element.Fragments;
        var count = fragments.Count > 0 && fragments[^1].Size == 0 ? fragments.Count - 1 : fragments.Count;
        if (NumberOfFrames == 1)
            return count == 1 ? fragments[0] : new CompositeByteBuffer(fragments.Take(count));
        if (count == NumberOfFrames)
            return fragments[frame];
        if (element.OffsetTable.Count != NumberOfFrames)
            throw new DicomImagingException($"{NumberOfFrames} frames in {count} fragments without an offset table cannot be told apart.");
        return Join(frame, count);
    }

    public override void AddFrame(IByteBuffer data)
    {
        var offsets = element.OffsetTable;
        var position = element.Fragments.Count == 0 ? 0 : _end;
        NumberOfFrames++;
        if (position < uint.MaxValue)
            offsets.Add((uint)position);
        else
            offsets.Clear();
        element.Fragments.Add(data);
        _end = position + ItemHeader + data.Size;
    }

    /// <summary>The fragments between a frame's offset and the next one's.</summary>
    private CompositeByteBuffer Join(int frame, int count)
    {
        var start = element.OffsetTable[frame];
        var stop = frame + 1 < element.OffsetTable.Count ? element.OffsetTable[frame + 1] : long.MaxValue;
        var parts = new List<IByteBuffer>();
        long position = 0;
        for (var i = 0; i < count && position < stop; i++)
        {
            if (position >= start)
                parts.Add(element.Fragments[i]);
            else if (position + ItemHeader + element.Fragments[i].Size > start)
                throw new DicomImagingException("Fragment start position does not match offset table.");
            position += ItemHeader + element.Fragments[i].Size;
        }

        if (parts.Count == 0 || (position < stop && stop != long.MaxValue))
            throw new DicomImagingException("Image frame truncated while reading fragments from offset table.");
        return new CompositeByteBuffer(parts);
    }
}
