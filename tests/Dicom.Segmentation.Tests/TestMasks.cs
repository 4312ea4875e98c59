namespace Dicom.Segmentation.Tests;

/// <summary>Masks that can be told apart: each segment on each slice has pixels of its own, and some slices have none.</summary>
internal sealed class TestMasks
{
    private readonly byte[][][] masks;

    private TestMasks(byte[][][] masks) => this.masks = masks;

    public static Segment Liver { get; } = new(1, "Liver", new SegmentedProperty(CodedConcept.AnatomicalStructure, new CodedConcept("10200004", "SCT", "Liver")))
    {
        Colour = DisplayColour.FromRgb(221, 130, 101),
        Algorithm = new SegmentAlgorithm(SegmentAlgorithmType.SemiAutomatic, "Test tracker")
        {
            Identification = new AlgorithmIdentification("Test tracker", "1.0") { Source = "Tests" },
        },
        TrackingId = "liver-1",
        TrackingUid = "1.2.826.0.1.3680043.10.1.9.1",
    };

    public static Segment Kidney { get; } = new(2, "Left kidney", new SegmentedProperty(CodedConcept.AnatomicalStructure, new CodedConcept("64033007", "SCT", "Kidney")) { TypeModifiers = [CodedConcept.Left] })
    {
        Description = "Drawn by hand",
    };

    /// <summary>Two segments on seeded pixels; the first is not on slice 1, the second not on slices 0 and 2.</summary>
    public static TestMasks Random(TestSeries series, bool overlapping, int seed = 7)
    {
        var random = new Random(seed);
        var masks = new byte[2][][];
        for (var segment = 0; segment < 2; segment++)
        {
            masks[segment] = new byte[series.Slices][];
            for (var slice = 0; slice < series.Slices; slice++)
            {
                var mask = masks[segment][slice] = new byte[series.Rows * series.Columns];
                if (series.Slices > 1 && (segment == 0 ? slice == 1 : slice is 0 or 2))
                    continue;
                for (var pixel = 0; pixel < mask.Length; pixel++)
                {
                    var free = overlapping || segment == 0 || masks[0][slice][pixel] == 0;
                    mask[pixel] = (byte)(free && random.Next(3) == 0 ? 1 : 0);
                }
            }
        }

        return new TestMasks(masks);
    }

    public byte[] this[int segmentNumber, int slice] => masks[segmentNumber - 1][slice];

    public bool Read(int segmentNumber, int slice, Span<byte> mask)
    {
        this[segmentNumber, slice].CopyTo(mask);
        return true;
    }

    public bool ReadLabels(int slice, Span<ushort> labels)
    {
        for (var pixel = 0; pixel < labels.Length; pixel++)
            labels[pixel] = (ushort)(this[1, slice][pixel] != 0 ? 1 : this[2, slice][pixel] != 0 ? 2 : 0);
        return true;
    }
}
