using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Imaging.Codec;

/// <summary>From one transfer syntax to another, where both are uncompressed, deflated or RLE.</summary>
public class DicomTranscoder(DicomTransferSyntax inputSyntax, DicomTransferSyntax outputSyntax)
{
    public DicomTransferSyntax InputSyntax { get; } = inputSyntax;

    public DicomTransferSyntax OutputSyntax { get; } = outputSyntax;

    /// <exception cref="DicomCodecException">There is no codec for one of the two.</exception>
    public DicomFile Transcode(DicomFile file)
    {
        var result = new DicomFile();
        result.FileMetaInfo.Add((IEnumerable<DicomItem>)file.FileMetaInfo);
        result.FileMetaInfo.TransferSyntax = OutputSyntax;
        result.Dataset.ValidateItems = false;
        result.Dataset.Add((IEnumerable<DicomItem>)Transcode(file.Dataset));
        result.Dataset.InternalTransferSyntax = OutputSyntax;
        result.Dataset.ValidateItems = true;
        return result;
    }

    /// <exception cref="DicomCodecException">There is no codec for one of the two, or the pixels are not what the input syntax says.</exception>
    public DicomDataset Transcode(DicomDataset dataset)
    {
        var result = dataset.Clone();
        result.InternalTransferSyntax = OutputSyntax;
        if (!dataset.Contains(DicomTag.PixelData))
            return result;
        var oldPixels = DicomPixelData.Create(dataset);
        var frames = oldPixels.NumberOfFrames;
        var newPixels = DicomPixelData.Create(result, newPixelData: true);
        for (var frame = 0; frame < frames; frame++)
            newPixels.AddFrame(Encode(newPixels, Decode(oldPixels, frame)));
        return result;
    }

    /// <summary>One uncompressed frame.</summary>
    /// <exception cref="DicomCodecException">There is no codec for the input syntax.</exception>
    /// <exception cref="DicomImagingException">The frame is compressed and its samples have more than 16 bits: transcode the dataset instead.</exception>
    public IByteBuffer DecodeFrame(DicomDataset dataset, int frame)
    {
        var pixels = DicomPixelData.Create(dataset);
        if (InputSyntax.IsEncapsulated && pixels.BitsAllocated > 16)
            throw new DicomImagingException($"Cannot represent pixel data with Bits Allocated: {pixels.BitsAllocated} > 16");
        return Decode(pixels, frame);
    }

    private IByteBuffer Decode(DicomPixelData pixels, int frame)
    {
        if (!InputSyntax.IsEncapsulated)
            return pixels.GetFrame(frame);
        if (InputSyntax != DicomTransferSyntax.RLELossless)
            throw new DicomCodecException($"Decoding dataset with transfer syntax: {InputSyntax} is not supported.");
        return new MemoryByteBuffer(RunLengthCodec.Decode(pixels.GetFrame(frame).Data, FrameLayout.Of(pixels)));
    }

    private IByteBuffer Encode(DicomPixelData pixels, IByteBuffer frame)
    {
        if (!OutputSyntax.IsEncapsulated)
            return frame;
        if (OutputSyntax != DicomTransferSyntax.RLELossless)
            throw new DicomCodecException($"Encoding dataset to transfer syntax {OutputSyntax} is not supported.");
        return new MemoryByteBuffer(RunLengthCodec.Encode(frame.Data, FrameLayout.Of(pixels)));
    }
}

public static class DicomCodecExtensions
{
    /// <inheritdoc cref="DicomTranscoder.Transcode(DicomFile)"/>
    public static DicomFile Clone(this DicomFile file, DicomTransferSyntax syntax) =>
        new DicomTranscoder(file.FileMetaInfo.TransferSyntax, syntax).Transcode(file);

    /// <inheritdoc cref="DicomTranscoder.Transcode(DicomDataset)"/>
    public static DicomDataset Clone(this DicomDataset dataset, DicomTransferSyntax syntax) =>
        new DicomTranscoder(dataset.InternalTransferSyntax, syntax).Transcode(dataset);
}
