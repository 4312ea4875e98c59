using System.Buffers;
using Dicom.Segmentation.Pixels;
using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>
/// A segmentation opened for reading: BINARY, FRACTIONAL (through a threshold) or LABELMAP. Pixels are decoded when asked for,
/// one frame at a time, from the dataset, which must stay alive. Reading from several threads at once is safe where the
/// dataset's buffers are.
/// </summary>
public sealed class SegmentationReader
{
    private readonly FramePixels _pixels;
    private readonly int _bitsAllocated;
    private readonly byte _fractionalThreshold;
    private readonly HashSet<ushort> _background;
    private readonly HashSet<int> _numbers;

    private SegmentationReader(DicomDataset dataset, SegmentationReaderOptions options)
    {
        Encoding = ReadEncoding(dataset);
        Rows = Required(dataset, DicomTag.Rows, "Rows");
        Columns = Required(dataset, DicomTag.Columns, "Columns");
        if ((long)Rows * Columns > options.MaxFramePixels)
            throw new SegmentationException($"A frame has {Rows} x {Columns} pixels, more than the limit of {options.MaxFramePixels}.");
        var frames = Required(dataset, DicomTag.NumberOfFrames, "Number of Frames");
        if (frames > options.MaxFrames)
            throw new SegmentationException($"The segmentation has {frames} frames, more than the limit of {options.MaxFrames}.");
        _bitsAllocated = CheckBits(dataset, Encoding);
        _fractionalThreshold = Threshold(dataset, options);

        var described = dataset.Items(DicomTag.SegmentSequence).Select(SegmentItems.FromItem).ToArray();
        if (described.DistinctBy(segment => segment.Number).Count() != described.Length)
            throw new SegmentationException("Two segments have the same number.");
        _background = Encoding == SegmentationEncoding.LabelMap ? BackgroundOf(dataset, described) : [];
        Segments = [.. described.Where(segment => !_background.Contains((ushort)segment.Number))];
        if (Segments.Count == 0)
            throw new SegmentationException("The segmentation describes no segment.");
        _numbers = [.. Segments.Select(segment => segment.Number)];
        FrameOfReferenceUid = dataset.Text(DicomTag.FrameOfReferenceUID);
        Frames = FrameReader.Read(dataset, frames, Encoding == SegmentationEncoding.LabelMap, _numbers);
        _pixels = FramePixels.Of(dataset, frames, Rows * Columns, _bitsAllocated, options.DecodeFrame);
    }

    public SegmentationEncoding Encoding { get; }

    public int Rows { get; }

    public int Columns { get; }

    public string? FrameOfReferenceUid { get; }

    /// <summary>In the file's order; a label map's background is none of them.</summary>
    public IReadOnlyList<Segment> Segments { get; }

    /// <summary>In the file's order. Slices on which a segment has no pixel often have no frame.</summary>
    public IReadOnlyList<SegmentationFrame> Frames { get; }

    /// <summary>Reads everything but the pixels.</summary>
    /// <exception cref="SegmentationException">This is no segmentation, or it contradicts itself, or asks for more than the limits.</exception>
    public static SegmentationReader Open(DicomDataset dataset, SegmentationReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return new SegmentationReader(dataset, options ?? new SegmentationReaderOptions());
    }

    /// <summary>Reads where a segment is in a frame: 1 inside, 0 outside, rows x columns pixels, row by row.</summary>
    /// <exception cref="SegmentationException">The frame shows another segment, or its pixels are damaged.</exception>
    public void ReadMask(SegmentationFrame frame, int segmentNumber, Span<byte> mask)
    {
        ArgumentNullException.ThrowIfNull(frame);
        CheckLength(mask.Length);
        if (!_numbers.Contains(segmentNumber) || (frame.SegmentNumber ?? segmentNumber) != segmentNumber)
            throw new SegmentationException($"Frame {frame.Index + 1} does not show segment {segmentNumber}.");
        var bytes = ArrayPool<byte>.Shared.Rent(_pixels.FrameBytes + 3);
        try
        {
            var firstBit = _pixels.Read(frame.Index, bytes);
            switch (Encoding)
            {
                case SegmentationEncoding.Binary:
                    BitPlane.Unpack(bytes, firstBit, mask);
                    break;
                case SegmentationEncoding.Fractional:
                    LabelPlane.Reach(bytes, _fractionalThreshold, mask);
                    break;
                default:
                    LabelPlane.Select(bytes, _bitsAllocated, segmentNumber, mask);
                    break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Reads a frame of a label map: segment numbers, 0 where there is none.</summary>
    /// <exception cref="SegmentationException">This is no label map, or a pixel has a value that no segment describes.</exception>
    public void ReadLabels(SegmentationFrame frame, Span<ushort> labels)
    {
        ArgumentNullException.ThrowIfNull(frame);
        CheckLength(labels.Length);
        if (Encoding != SegmentationEncoding.LabelMap)
            throw new SegmentationException("This is no label map; read its masks, or align it with its source first.");
        CheckNoSegmentIsZero();
        var bytes = ArrayPool<byte>.Shared.Rent(_pixels.FrameBytes + 3);
        try
        {
            _pixels.Read(frame.Index, bytes);
            LabelPlane.Widen(bytes, _bitsAllocated, labels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        foreach (var value in _background.Where(value => value != 0))
            labels.Replace(value, (ushort)0);
        var present = new Dictionary<ushort, (int Start, int End)>();
        LabelPlane.FindLabels(labels, present);
        if (present.Keys.FirstOrDefault(label => !_numbers.Contains(label)) is var unknown and not 0)
            throw new SegmentationException($"Frame {frame.Index + 1} holds label {unknown}, which no segment describes.");
    }

    /// <summary>Finds for each frame the slice of a series that it lies on.</summary>
    /// <param name="source">The images, in the order by which slices are to be counted; a multi-frame image gives all its frames.</param>
    /// <param name="options">How exactly places must agree, and what to do with frames that lie on no slice.</param>
    /// <exception cref="SegmentationException">Frames lie on no slice, or their pixels are not the slice's pixels.</exception>
    public AlignedSegmentation AlignTo(IReadOnlyList<DicomDataset> source, AlignmentOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new AlignedSegmentation(this, SourceSeries.Of(source), options ?? new AlignmentOptions());
    }

    /// <summary>In a map of labels 0 means none.</summary>
    internal void CheckNoSegmentIsZero()
    {
        if (_numbers.Contains(0))
            throw new SegmentationException("A segment has the number 0, which in labels means none; read the masks.");
    }

    private void CheckLength(int length)
    {
        if (length != Rows * Columns)
            throw new ArgumentException($"The span has {length} pixels; a frame has {Rows} x {Columns}.");
    }

    private static SegmentationEncoding ReadEncoding(DicomDataset dataset) => dataset.Text(DicomTag.SegmentationType) switch
    {
        "BINARY" => SegmentationEncoding.Binary,
        "FRACTIONAL" => SegmentationEncoding.Fractional,
        "LABELMAP" => SegmentationEncoding.LabelMap,
        null => throw new SegmentationException("This is no segmentation: Segmentation Type is absent."),
        _ => throw new SegmentationException("Segmentation Type is none of BINARY, FRACTIONAL, LABELMAP."),
    };

    private static int Required(DicomDataset dataset, DicomTag tag, string name) =>
        dataset.Integer(tag) is { } value and > 0 ? value : throw new SegmentationException($"The segmentation has no valid {name}.");

    private static int CheckBits(DicomDataset dataset, SegmentationEncoding encoding)
    {
        var bits = Required(dataset, DicomTag.BitsAllocated, "Bits Allocated");
        var valid = encoding switch
        {
            SegmentationEncoding.Binary => bits == 1,
            SegmentationEncoding.Fractional => bits == 8,
            _ => bits is 8 or 16,
        };
        if (!valid || dataset.Integer(DicomTag.SamplesPerPixel) is not (1 or null))
            throw new SegmentationException($"The segmentation has {bits} bits a pixel or several samples, which its type does not allow.");
        return bits;
    }

    private static byte Threshold(DicomDataset dataset, SegmentationReaderOptions options)
    {
        if (options.FractionalThreshold is not (> 0 and <= 1))
            throw new ArgumentException("The fractional threshold is not above 0 and at most 1.", nameof(options));
        var maximum = dataset.Integer(DicomTag.MaximumFractionalValue) ?? byte.MaxValue;
        if (maximum is < 1 or > byte.MaxValue)
            throw new SegmentationException("Maximum Fractional Value is not from 1 to 255.");
        return (byte)Math.Max(1, Math.Ceiling(options.FractionalThreshold * maximum));
    }

    /// <summary>Values that mean nothing is there: 0 unless a segment claims it, what is coded as background, and the padding value.</summary>
    private static HashSet<ushort> BackgroundOf(DicomDataset dataset, Segment[] described)
    {
        var values = described
            .Where(segment => segment.Property.Type is { Scheme: "DCM" } type && type.Value == CodedConcept.Background.Value)
            .Select(segment => (ushort)segment.Number)
            .ToHashSet();
        if (dataset.TryGetSingleValue<ushort>(DicomTag.PixelPaddingValue, out var padding))
            values.Add(padding);
        if (!described.Any(segment => segment.Number == 0))
            values.Add(0);
        return values;
    }
}
