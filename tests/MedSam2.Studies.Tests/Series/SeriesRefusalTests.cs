using FellowOakDicom;
using MedSam2.Studies.Series;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

public sealed class SeriesRefusalTests
{
    private static readonly Dictionary<string, (SeriesFault Fault, Func<DicomFile[]> Make)> Cases = new()
    {
        ["no instances"] = (SeriesFault.Empty, () => []),
        ["one turned slice"] = (SeriesFault.MixedOrientations, () => Change(2, d => d.AddOrUpdate(DicomTag.ImageOrientationPatient, "0", "1", "0", "0", "0", "-1"))),
        ["one larger slice"] = (SeriesFault.MixedSizes, () => Change(3, d =>
        {
            d.AddOrUpdate(DicomTag.Rows, (ushort)8);
            d.Remove(DicomTag.PixelData);
            SyntheticSeries.SetPixels(d, new ushort[8 * SyntheticSeries.Columns]);
        })),
        ["one other pixel spacing"] = (SeriesFault.MixedSizes, () => Change(3, d => d.AddOrUpdate(DicomTag.PixelSpacing, "0.9", "0.7"))),
        ["two at one place"] = (SeriesFault.DuplicatePositions, () => Change(3, d => SyntheticSeries.MoveTo(d, -10, 20, 5))),
        ["a missing slice"] = (SeriesFault.MissingSlices, () => SyntheticSeries.Stack(8).Where((_, k) => k != 4).ToArray()),
        ["spacing that changes"] = (SeriesFault.UnevenSpacing, () => SyntheticSeries.Stack(8, change: (k, d) => SyntheticSeries.MoveTo(d, 0, 0, k < 4 ? k : (1.5 * k) - 2))),
        ["a tilted gantry"] = (SeriesFault.Sheared, () => SyntheticSeries.Stack(8, change: (k, d) => SyntheticSeries.MoveTo(d, 0, 0.9 * k, 2.5 * k))),
        ["no position"] = (SeriesFault.NoPosition, () => Change(1, d => d.Remove(DicomTag.ImagePositionPatient))),
        ["no orientation"] = (SeriesFault.NoPosition, () => Change(1, d => d.Remove(DicomTag.ImageOrientationPatient))),
        ["no pixel spacing"] = (SeriesFault.NoPosition, () => Change(1, d => d.Remove(DicomTag.PixelSpacing))),
        ["another series"] = (SeriesFault.SeveralSeries, () => Change(1, d => d.AddOrUpdate(DicomTag.SeriesInstanceUID, "1.2.3"))),
        ["colour among grey"] = (SeriesFault.MixedColours, () => Change(1, d => d.AddOrUpdate(DicomTag.PhotometricInterpretation, "PALETTE COLOR"))),
        ["colour without its palette"] = (SeriesFault.UnsupportedPixels, () => SyntheticSeries.Stack(2, change: (_, d) => d.AddOrUpdate(DicomTag.PhotometricInterpretation, "PALETTE COLOR"))),
        ["a lookup table cut short"] = (SeriesFault.BadHeader, () => Change(1, d => d.AddOrUpdate(new DicomSequence(DicomTag.ModalityLUTSequence,
            new DicomDataset { { DicomTag.LUTDescriptor, (ushort)300, (ushort)0, (ushort)16 }, { DicomTag.LUTData, new ushort[299] } })))),
        ["no pixels"] = (SeriesFault.NoPixels, () => Change(1, d => d.Remove(DicomTag.PixelData))),
        ["too few pixels"] = (SeriesFault.DamagedPixels, () => Change(1, d => d.AddOrUpdate(DicomTag.Columns, (ushort)60000))),
        ["a claim of many frames"] = (SeriesFault.DamagedPixels, () => Change(1, d => d.AddOrUpdate(DicomTag.NumberOfFrames, "9999"))),
        ["a claim of too many frames"] = (SeriesFault.TooLarge, () => Change(1, d => d.AddOrUpdate(DicomTag.NumberOfFrames, "2000000000"))),
        ["twelve bits allocated"] = (SeriesFault.UnsupportedPixels, () => Change(1, d => d.AddOrUpdate(DicomTag.BitsAllocated, (ushort)12))),
        ["a slope of zero"] = (SeriesFault.BadHeader, () => Change(1, d => d.AddOrUpdate(DicomTag.RescaleSlope, "0"))),
        ["skewed directions"] = (SeriesFault.BadHeader, () => Change(1, d => d.AddOrUpdate(DicomTag.ImageOrientationPatient, "1", "0", "0", "1", "0", "0"))),
        ["a position that is no number"] = (SeriesFault.BadHeader, () => Change(1, d => d.NotValidated().AddOrUpdate(DicomTag.ImagePositionPatient, "a", "b", "c"))),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_not_one_volume_is_refused_by_name(string name)
    {
        var (fault, make) = Cases[name];

        var refusal = Assert.Throws<SeriesException>(() => new SeriesReader().Read(make(), TestContext.Current.CancellationToken));

        Assert.True(fault == refusal.Fault, $"expected {fault}, got {refusal.Fault}: {refusal.Message}");
        Assert.DoesNotContain("Phantom", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_slice_is_counted_and_placed()
    {
        var files = SyntheticSeries.Stack(9).Where((_, k) => k is not (4 or 5)).ToArray();

        var refusal = Assert.Throws<SeriesException>(() => new SeriesReader().Read(files, TestContext.Current.CancellationToken));

        Assert.Equal("2 slices are missing from a stack 2.5 mm apart, the first after slice 4 of 7. Send the whole series.", refusal.Message);
    }

    [Fact]
    public void More_voxels_than_the_limit_are_refused_before_memory_is_taken()
    {
        var reader = new SeriesReader(new SeriesLimits(MaxVoxels: 100), StackTolerance.Default);

        var refusal = Assert.Throws<SeriesException>(() => reader.Read(SyntheticSeries.Stack(5), TestContext.Current.CancellationToken));

        Assert.Equal(SeriesFault.TooLarge, refusal.Fault);
    }

    [Fact]
    public void Of_several_faults_the_first_instance_is_always_the_one_named()
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var files = SyntheticSeries.Stack(30, change: (k, d) =>
            {
                if (k is 11 or 25)
                    d.AddOrUpdate(DicomTag.RescaleSlope, "0");
            });

            var refusal = Assert.Throws<SeriesException>(() => new SeriesReader().Read(files, TestContext.Current.CancellationToken));

            Assert.StartsWith("Instance 12 of 30: ", refusal.Message, StringComparison.Ordinal);
        }
    }

    private static DicomFile[] Change(int slice, Action<DicomDataset> change) => SyntheticSeries.Stack(5, change: (k, d) =>
    {
        if (k == slice)
            change(d);
    });
}
