#nullable enable

namespace FellowOakDicom.Imaging.Codec;

/// <summary>Where the bytes of a frame's samples lie.</summary>
internal readonly record struct FrameLayout(int Pixels, int Samples, int BytesPerSample, bool IsPlanar, int Size)
{
    public int Segments => Samples * BytesPerSample;

    /// <summary>The layout of a dataset's frames. Single bits are taken as the bytes they are packed in.</summary>
    public static FrameLayout Of(DicomPixelData pixels)
    {
        var size = pixels.UncompressedFrameSize;
        return pixels.BitsAllocated == 1
            ? new FrameLayout(size, 1, 1, false, size)
            : new FrameLayout(pixels.Width * pixels.Height, pixels.SamplesPerPixel, pixels.BytesAllocated, pixels.PlanarConfiguration == PlanarConfiguration.Planar, size);
    }

    /// <summary>Of a segment of RLE, which is one byte of one sample with the highest first: its first position, and the step to the next pixel's.</summary>
    public (int Start, int Step) Segment(int segment)
    {
        var sample = segment / BytesPerSample;
        var lowerBytes = BytesPerSample - 1 - (segment % BytesPerSample);
        return IsPlanar
            ? ((sample * BytesPerSample * Pixels) + lowerBytes, BytesPerSample)
            : ((sample * BytesPerSample) + lowerBytes, Samples * BytesPerSample);
    }
}
