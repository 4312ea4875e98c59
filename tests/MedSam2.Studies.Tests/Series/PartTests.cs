using System.Globalization;
using FellowOakDicom;
using MedSam2.Studies.Series;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

/// <summary>Series that hold several volumes or pictures: each of them is read by its number, and slices never mix.</summary>
public sealed class PartTests
{
    private const int Places = 3;
    private const int Times = 4;

    private static readonly Dictionary<string, Action<DicomDataset, int>> Clocks = new()
    {
        ["temporal position"] = (d, time) => d.Add(DicomTag.TemporalPositionIdentifier, Text(time + 1)),
        ["trigger time"] = (d, time) => d.Add(DicomTag.TriggerTime, Text(time * 33.5)),
        ["acquisition number"] = (d, time) => d.Add(DicomTag.AcquisitionNumber, Text((time * 5) + 7)),
        ["acquisition time"] = (d, time) => d.Add(DicomTag.AcquisitionDate, "20240301").Add(DicomTag.AcquisitionTime, $"09{time:00}00.5"),
        ["acquisition time across midnight"] = (d, time) => d.Add(DicomTag.AcquisitionDate, time < 2 ? "20240301" : "20240302").Add(DicomTag.AcquisitionTime, time < 2 ? $"23590{time}" : $"00000{time}"),
        ["echo time"] = (d, time) => d.Add(DicomTag.EchoTime, Text(9.5 + time)),
        // Ten is after nine, though not as text.
        ["b-value past nine"] = (d, time) => d.Add(DicomTag.TemporalPositionIdentifier, Text(time + 8)),
    };

    public static TheoryData<string> ClockNames => [.. Clocks.Keys];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ClockNames))]
    public void A_series_through_time_is_divided_into_its_volumes(string clock)
    {
        var files = FourDimensional((d, time, _) => Clocks[clock](d, time));
        new Random(5).Shuffle(files);

        for (var time = 0; time < Times; time++)
        {
            var series = new SeriesReader().Read(files, time + 1, Stop);

            Assert.Equal((SeriesKind.Volume, time + 1, Times), (series.Kind, series.Part, series.PartCount));
            Assert.Equal(Places, series.Volume.Geometry.Slices);
            for (var place = 0; place < Places; place++)
                Assert.Equal((time * Places) + place, Number(series, place));
        }
    }

    [Fact]
    public void Two_clocks_together_tell_volumes_apart()
    {
        // Two times and two echoes: neither alone is enough.
        var files = FourDimensional((d, time, _) => d.Add(DicomTag.TemporalPositionIdentifier, Text(time / 2)).Add(DicomTag.EchoTime, Text(10 + (time % 2))));

        for (var time = 0; time < Times; time++)
            Assert.Equal(time * Places, Number(new SeriesReader().Read(files, time + 1, Stop), 0));
    }

    [Fact]
    public void Times_of_single_slices_do_not_divide_a_plain_stack()
    {
        var files = SyntheticSeries.Stack(5, change: (k, d) => d.Add(DicomTag.AcquisitionTime, $"0900{k:00}").Add(DicomTag.AcquisitionNumber, Text(k)));

        var series = new SeriesReader().Read(files, Stop);

        Assert.Equal((SeriesKind.Volume, 1, 5), (series.Kind, series.PartCount, series.Volume.Geometry.Slices));
    }

    [Fact]
    public void A_volume_with_a_slice_of_one_time_missing_is_refused()
    {
        var files = FourDimensional((d, time, _) => d.Add(DicomTag.TemporalPositionIdentifier, Text(time))).Skip(1).ToArray();

        Assert.Equal(SeriesFault.DuplicatePositions, Assert.Throws<SeriesException>(() => new SeriesReader().Read(files, Stop)).Fault);
    }

    [Fact]
    public void One_place_through_time_is_a_time_series()
    {
        var files = SyntheticSeries.Stack(6, change: (k, d) =>
        {
            SyntheticSeries.MoveTo(d, 1, 2, 3);
            d.Add(DicomTag.TriggerTime, Text((6 - k) * 40));
        });

        var series = new SeriesReader().Read(files, Stop);

        Assert.Equal((SeriesKind.TimeSeries, 1, 6), (series.Kind, series.PartCount, series.Volume.Geometry.Slices));
        Assert.Equal([5, 4, 3, 2, 1, 0], Enumerable.Range(0, 6).Select(k => Number(series, k)));
        Assert.Equal(new(1, 2, 3), series.Volume.Geometry.IjkToLps.Origin);
    }

    [Fact]
    public void A_part_that_is_not_there_is_refused_with_the_number_of_those_that_are()
    {
        var refusal = Assert.Throws<SeriesException>(() => new SeriesReader().Read(SyntheticSeries.Stack(3), 2, Stop));

        Assert.Equal(SeriesFault.NoSuchPart, refusal.Fault);
        Assert.Contains("1 to 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_enhanced_image_through_time_is_divided_and_every_source_frame_knows_its_slice()
    {
        // Frames stored time after time, places downwards.
        var file = Enhanced(Times * Places, n => new DicomDataset(
            Position(Places - 1 - (n % Places)),
            new DicomSequence(DicomTag.FrameContentSequence, new DicomDataset { { DicomTag.TemporalPositionIndex, (uint)(n / Places) + 1 } })));

        var second = new SeriesReader().Read([file], 2, Stop);

        Assert.Equal((SeriesKind.Volume, Times, Places), (second.Kind, second.PartCount, second.Volume.Geometry.Slices));
        Assert.Equal([5, 4, 3], Enumerable.Range(0, Places).Select(k => (int)second.Volume[0, 0, k]));
        Assert.Equal([null, null, null, 2, 1, 0, null, null, null, null, null, null], second.SlicesOfSourceFrames());
    }

    [Fact]
    public void Stacks_of_an_enhanced_image_are_volumes_of_their_own()
    {
        var file = Enhanced(6, n => new DicomDataset(
            Position(n % 3),
            new DicomSequence(DicomTag.PlaneOrientationSequence, new DicomDataset { { DicomTag.ImageOrientationPatient, n < 3 ? ["1", "0", "0", "0", "1", "0"] : new[] { "0", "1", "0", "0", "0", "-1" } } }),
            new DicomSequence(DicomTag.FrameContentSequence, new DicomDataset { { DicomTag.StackID, n < 3 ? "1" : "2" } })));

        // The second stack's slices lie above each other in a plane that runs upwards: they are refused as a stack, the first is one.
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(k => (int)new SeriesReader().Read([file], Stop).Volume[0, 0, k]));
        Assert.Throws<SeriesException>(() => new SeriesReader().Read([file], 2, Stop));
        Assert.Equal(SeriesFault.NoSuchPart, Assert.Throws<SeriesException>(() => new SeriesReader().Read([file], 3, Stop)).Fault);
    }

    /// <summary>Time after time; the first pixel of every slice is its number.</summary>
    private static DicomFile[] FourDimensional(Action<DicomDataset, int, int> change) => SyntheticSeries.Stack(Times * Places, change: (n, d) =>
    {
        SyntheticSeries.MoveTo(d, 0, 0, n % Places * 2.5);
        change(d, n / Places, n % Places);
    });

    private static int Number(SeriesVolume series, int slice) => ((int)series.Volume[0, 0, slice] + 1024) / 100;

    private static DicomFile Enhanced(int frames, Func<int, DicomDataset> groups)
    {
        var file = SyntheticSeries.Stack(1)[0];
        var dataset = file.Dataset;
        foreach (var tag in new[] { DicomTag.ImagePositionPatient, DicomTag.ImageOrientationPatient, DicomTag.PixelSpacing, DicomTag.RescaleIntercept, DicomTag.RescaleSlope })
            dataset.Remove(tag);
        dataset.AddOrUpdate(DicomTag.SOPClassUID, DicomUID.EnhancedMRImageStorage);
        dataset.AddOrUpdate(DicomTag.NumberOfFrames, frames);
        dataset.Add(new DicomSequence(DicomTag.SharedFunctionalGroupsSequence, new DicomDataset(
            new DicomSequence(DicomTag.PlaneOrientationSequence, new DicomDataset { { DicomTag.ImageOrientationPatient, "1", "0", "0", "0", "1", "0" } }),
            new DicomSequence(DicomTag.PixelMeasuresSequence, new DicomDataset { { DicomTag.PixelSpacing, "1", "1" } }))));
        dataset.Add(new DicomSequence(DicomTag.PerFrameFunctionalGroupsSequence, [.. Enumerable.Range(0, frames).Select(groups)]));
        const int pixels = SyntheticSeries.Rows * SyntheticSeries.Columns;
        dataset.AddOrUpdate(new DicomOtherWord(DicomTag.PixelData, [.. Enumerable.Range(0, frames * pixels).Select(n => (ushort)(n / pixels))]));
        return file;
    }

    private static DicomSequence Position(int place) =>
        new(DicomTag.PlanePositionSequence, new DicomDataset { { DicomTag.ImagePositionPatient, "0", "0", Text(place * 2) } });

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
