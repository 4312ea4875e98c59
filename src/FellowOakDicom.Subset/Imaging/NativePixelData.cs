#nullable enable

using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Imaging;

/// <summary>Uncompressed frames one after another, in one value.</summary>
internal sealed class NativePixelData(DicomDataset dataset, DicomElement element) : DicomPixelData(dataset)
{
    private readonly IByteBuffer _padding = new MemoryByteBuffer(new byte[1]);
    private long _added;

    public override IByteBuffer GetFrame(int frame)
    {
        CheckFrame(frame);
        var size = UncompressedFrameSize;
        var offset = (long)size * frame;
        if (offset + size > element.Buffer.Size)
            throw new DicomImagingException($"Frame {frame} of {size} bytes lies beyond the {element.Buffer.Size} bytes of the pixel data.");
        return new RangeByteBuffer(element.Buffer, offset, size);
    }

    public override void AddFrame(IByteBuffer data)
    {
        var frames = (element.Buffer as CompositeByteBuffer)?.Buffers
            ?? throw new DicomImagingException("Frames can be added to new pixel data only.");
        if (frames.Count > 0 && ReferenceEquals(frames[^1], _padding))
            frames.RemoveAt(frames.Count - 1);
        frames.Add(data);
        _added += data.Size;
        if (_added % 2 == 1)
            frames.Add(_padding);
        NumberOfFrames++;
    }
}
