using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom.Imaging;

/// <summary>The frames of a dataset's Pixel Data, as they are stored: uncompressed, or compressed as its transfer syntax says.</summary>
public abstract class DicomPixelData
{
    private protected DicomPixelData(DicomDataset dataset)
    {
        Dataset = dataset;
        Syntax = dataset.InternalTransferSyntax;
    }

    public DicomDataset Dataset { get; }

    public DicomTransferSyntax Syntax { get; }

    public ushort Width
    {
        get => Dataset.GetSingleValue<ushort>(DicomTag.Columns);
        set => Dataset.AddOrUpdate(new DicomUnsignedShort(DicomTag.Columns, value));
    }

    public ushort Height
    {
        get => Dataset.GetSingleValue<ushort>(DicomTag.Rows);
        set => Dataset.AddOrUpdate(new DicomUnsignedShort(DicomTag.Rows, value));
    }

    public int NumberOfFrames
    {
        get => Dataset.GetSingleValueOrDefault(DicomTag.NumberOfFrames, 1);
        set => Dataset.AddOrUpdate(new DicomIntegerString(DicomTag.NumberOfFrames, value));
    }

    public BitDepth BitDepth => new(BitsAllocated, BitsStored, HighBit, PixelRepresentation == PixelRepresentation.Signed);

    public ushort BitsAllocated => Dataset.GetSingleValue<ushort>(DicomTag.BitsAllocated);

    public ushort BitsStored
    {
        get => Dataset.GetSingleValue<ushort>(DicomTag.BitsStored);
        set
        {
            if (value > BitsAllocated)
                throw new DicomImagingException($"Value: {value} > Bits Allocated: {BitsAllocated}");
            Dataset.AddOrUpdate(new DicomUnsignedShort(DicomTag.BitsStored, value));
        }
    }

    public ushort HighBit
    {
        get => Dataset.GetSingleValue<ushort>(DicomTag.HighBit);
        set
        {
            if (value >= BitsAllocated)
                throw new DicomImagingException($"Value: {value} >= Bits Allocated: {BitsAllocated}");
            Dataset.AddOrUpdate(new DicomUnsignedShort(DicomTag.HighBit, value));
        }
    }

    public ushort SamplesPerPixel
    {
        get => Dataset.GetSingleValueOrDefault(DicomTag.SamplesPerPixel, (ushort)1);
        set => Dataset.AddOrUpdate(new DicomUnsignedShort(DicomTag.SamplesPerPixel, value));
    }

    public PixelRepresentation PixelRepresentation
    {
        get => Dataset.GetSingleValue<PixelRepresentation>(DicomTag.PixelRepresentation);
        set => Dataset.AddOrUpdate(new DicomUnsignedShort(DicomTag.PixelRepresentation, (ushort)value));
    }

    public PlanarConfiguration PlanarConfiguration
    {
        get => Dataset.GetSingleValueOrDefault(DicomTag.PlanarConfiguration, PlanarConfiguration.Interleaved);
        set => Dataset.AddOrUpdate(new DicomUnsignedShort(DicomTag.PlanarConfiguration, (ushort)value));
    }

    public PhotometricInterpretation PhotometricInterpretation
    {
        get => Dataset.GetSingleValueOrDefault<PhotometricInterpretation>(DicomTag.PhotometricInterpretation, null);
        set => Dataset.AddOrUpdate(new DicomCodeString(DicomTag.PhotometricInterpretation, value.Value));
    }

    public int BytesAllocated => ((BitsAllocated - 1) / 8) + 1;

    /// <summary>Bytes of an uncompressed frame. Frames of single bits need not end at a byte, and this rounds up.</summary>
    /// <exception cref="DicomImagingException">The attributes promise more than an array can hold.</exception>
    public int UncompressedFrameSize
    {
        get
        {
            var size = FrameSize();
            return size <= Array.MaxLength ? (int)size : throw new DicomImagingException($"A frame of {size} bytes is too large.");
        }
    }

    /// <summary>The pixel data of a dataset; with <paramref name="newPixelData"/> without frames, in place of what it has.</summary>
    /// <exception cref="DicomImagingException">The dataset has no pixel data, or of a form that cannot be divided into frames.</exception>
    public static DicomPixelData Create(DicomDataset dataset, bool newPixelData = false)
    {
        if (newPixelData)
            return CreateEmpty(dataset);
        return dataset.GetDicomItem<DicomItem>(DicomTag.PixelData) switch
        {
            DicomElement element and (DicomOtherByte or DicomOtherWord) => new NativePixelData(dataset, element),
            DicomFragmentSequence fragments => new EncapsulatedPixelData(dataset, fragments),
            null => throw new DicomImagingException("DICOM dataset is missing pixel data element."),
            var other => throw new DicomImagingException($"Unexpected or unhandled pixel data element type: {other.GetType()}"),
        };
    }

    /// <exception cref="IndexOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="DicomImagingException">The pixel data ends before or within the frame.</exception>
    public abstract IByteBuffer GetFrame(int frame);

    public abstract void AddFrame(IByteBuffer data);

    private protected void CheckFrame(int frame)
    {
        if (frame < 0 || frame >= NumberOfFrames)
            throw new IndexOutOfRangeException("Requested frame out of range!");
    }

    private static DicomPixelData CreateEmpty(DicomDataset dataset)
    {
        var bits = dataset.GetSingleValue<ushort>(DicomTag.BitsAllocated);
        var syntax = dataset.InternalTransferSyntax;
        DicomItem item = (syntax.IsEncapsulated, bits > 8 || !syntax.IsExplicitVR) switch
        {
            (true, _) when bits > 16 => throw new DicomImagingException($"Cannot represent pixel data with Bits Allocated: {bits} > 16"),
            (true, _) when bits > 8 => new DicomOtherWordFragment(DicomTag.PixelData),
            (true, _) => new DicomOtherByteFragment(DicomTag.PixelData),
            (false, true) => new DicomOtherWord(DicomTag.PixelData, new CompositeByteBuffer()),
            (false, false) => new DicomOtherByte(DicomTag.PixelData, new CompositeByteBuffer()),
        };
        dataset.AddOrUpdate(item);
        var pixels = Create(dataset);
        pixels.NumberOfFrames = 0;
        return pixels;
    }

    private long FrameSize()
    {
        if (BitsAllocated == 1)
            return (((long)Width * Height) - 1) / 8 + 1;
        var (width, interpretation) = ((long)Width, PhotometricInterpretation);
        var isSubsampled = interpretation == PhotometricInterpretation.YbrFull422
            || interpretation == PhotometricInterpretation.YbrPartial422
            || interpretation == PhotometricInterpretation.YbrPartial420;
        if (isSubsampled)
            width += width % 2;
        var isUncompressed = !Syntax.IsEncapsulated && !Syntax.IsDeflate;
        var samples = interpretation == PhotometricInterpretation.YbrFull422 && isUncompressed ? 2 : SamplesPerPixel;
        return BytesAllocated * samples * width * Height;
    }
}
