using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

/// <summary>PET in standardised uptake values, and what is left as it is because the header does not tell enough.</summary>
public sealed class UptakeTests
{
    // Half of the dose is left when the scan begins: 70 kg and 350 MBq, so one Bq/ml is 70000 g / 175 MBq.
    private const double Factor = 70_000 / 175e6;

    private static readonly Dictionary<string, Action<DicomDataset>> Equals_ = new()
    {
        ["as it is"] = _ => { },
        ["injected the day before"] = d => Tracer(d).AddOrUpdate(DicomTag.RadiopharmaceuticalStartTime, "230000").Set(d, "010000"),
        ["with a full date of injection"] = d => Tracer(d).AddOrUpdate(DicomTag.RadiopharmaceuticalStartDateTime, "20240301080000.000000").AddOrUpdate(DicomTag.RadiopharmaceuticalStartTime, ""),
        ["series made later than the scan"] = d => d.AddOrUpdate(DicomTag.SeriesTime, "170000"),
        ["short times"] = d => Tracer(d).AddOrUpdate(DicomTag.RadiopharmaceuticalStartTime, "08"),
    };

    private static readonly Dictionary<string, (Action<DicomDataset> Change, string Why)> Missing = new()
    {
        ["no weight"] = (d => d.Remove(DicomTag.PatientWeight), "weight"),
        ["zero weight"] = (d => d.AddOrUpdate(DicomTag.PatientWeight, "0"), "weight"),
        ["no dose"] = (d => Tracer(d).Remove(DicomTag.RadionuclideTotalDose), "dose"),
        ["no half-life"] = (d => Tracer(d).Remove(DicomTag.RadionuclideHalfLife), "half-life"),
        ["no injection time"] = (d => Tracer(d).Remove(DicomTag.RadiopharmaceuticalStartTime), "time of the injection"),
        ["a time that is none"] = (d => Tracer(d).NotValidated().AddOrUpdate(DicomTag.RadiopharmaceuticalStartTime, "noon"), "time of the injection"),
        ["no tracer"] = (d => d.Remove(DicomTag.RadiopharmaceuticalInformationSequence), "tracer"),
        ["not corrected"] = (d => d.AddOrUpdate(DicomTag.CorrectedImage, "DECY", "RADL"), "attenuation"),
        ["corrected to no known time"] = (d => d.AddOrUpdate(DicomTag.DecayCorrection, "NONE"), "corrected to a time"),
        ["counts"] = (d => d.AddOrUpdate(DicomTag.Units, "CNTS"), "CNTS"),
    };

    public static TheoryData<string> EqualNames => [.. Equals_.Keys];

    public static TheoryData<string> MissingNames => [.. Missing.Keys];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(EqualNames))]
    public void Activity_becomes_uptake_by_body_weight(string name)
    {
        var series = new SeriesReader().Read(Pet(d => Equals_[name](d)), Stop);

        Assert.Equal(("SUVbw", null), (series.Unit, series.WhyNoUptake));
        Assert.Equal((200 + 23) * 2 * Factor, series.Volume[3, 2, 2], 1e-5);
        Assert.Equal(new IntensityWindow(0, (float)(1000 * Factor)), series.Volume.Window);
    }

    [Fact]
    public void Pixels_corrected_to_the_injection_need_no_half_life()
    {
        var series = new SeriesReader().Read(Pet(d =>
        {
            d.AddOrUpdate(DicomTag.DecayCorrection, "ADMIN");
            Tracer(d).Remove(DicomTag.RadionuclideHalfLife);
        }), Stop);

        Assert.Equal(23 * 2 * Factor / 2, series.Volume[3, 2, 0], 1e-6);
    }

    [Fact]
    public void Uptake_and_a_makers_own_factors_are_taken_as_they_are()
    {
        var uptake = new SeriesReader().Read(Pet(d => d.AddOrUpdate(DicomTag.Units, "GML")), Stop);
        var factor = new SeriesReader().Read(Pet(d => Philips(d, 0x00, "0.25")), Stop);
        var activity = new SeriesReader().Read(Pet(d => Philips(d, 0x09, "3")), Stop);

        Assert.Equal((46f, "SUVbw"), (uptake.Volume[3, 2, 0], uptake.Unit));
        Assert.Equal((11.5f, "SUVbw"), (factor.Volume[3, 2, 0], factor.Unit));
        Assert.Equal("SUVbw", activity.Unit);
        Assert.Equal(46 * 3 * Factor, activity.Volume[3, 2, 0], 1e-6);

        static void Philips(DicomDataset d, byte element, string value)
        {
            const string creator = "Philips PET Private Group";
            d.NotValidated().AddOrUpdate(DicomTag.Units, "CNTS");
            d.Add(new DicomLongString(new DicomTag(0x7053, 0x0010), creator));
            d.Add(new DicomDecimalString(new DicomTag(0x7053, (ushort)(0x1000 | element), creator), value));
        }
    }

    [Theory]
    [MemberData(nameof(MissingNames))]
    public void What_is_missing_is_told_and_the_pixels_stay_as_they_are(string name)
    {
        var series = new SeriesReader().Read(Pet(d => Missing[name].Change(d)), Stop);

        Assert.NotEqual("SUVbw", series.Unit);
        Assert.Contains(Missing[name].Why, series.WhyNoUptake, StringComparison.Ordinal);
        Assert.Equal(46, series.Volume[3, 2, 0]);
    }

    [Fact]
    public void Ct_has_hounsfield_units_and_no_uptake()
    {
        var series = new SeriesReader().Read(SyntheticSeries.Stack(2), Stop);

        Assert.Equal(("HU", null), (series.Unit, series.WhyNoUptake));
    }

    [Fact]
    public void A_real_series_is_in_uptake()
    {
        var series = new SeriesReader().ReadFiles(Directory.GetFiles(SharedData.Require("pet-headneck-seg", "pet"), "*.dcm"), Stop);

        // 66.2 kg, 381.47 MBq at 11:39:00, series at 13:02:44.678, half-life 6586.2 s; one stored value in the middle, by hand.
        var factor = 66_200 / (381_470_000 * Math.Pow(2, -5024.678 / 6586.2));
        var middle = series.Slices[50].Header;
        Assert.Equal("SUVbw", series.Unit);
        Assert.Equal((float)(15175 * factor / 2), (series.Volume.Window!.Value.High - series.Volume.Window.Value.Low) / 2, 0.5f);
        var highest = Enumerable.Range(0, 128 * 128).Max(n => series.Volume[n % 128, n / 128, 50]);
        Assert.InRange(highest, 1, 40);
        Assert.NotEqual(0, middle.GetSingleValue<double>(DicomTag.RescaleSlope));
    }

    private static DicomFile[] Pet(Action<DicomDataset> change) => SyntheticSeries.Stack(3, change: (_, d) =>
    {
        d.AddOrUpdate(DicomTag.Modality, "PT").AddOrUpdate(DicomTag.RescaleSlope, "2").AddOrUpdate(DicomTag.RescaleIntercept, "0");
        d.Add(DicomTag.Units, "BQML").Add(DicomTag.CorrectedImage, "ATTN", "DECY").Add(DicomTag.DecayCorrection, "START");
        d.Add(DicomTag.PatientWeight, "70").Add(DicomTag.WindowCenter, "500").Add(DicomTag.WindowWidth, "1000");
        d.Add(DicomTag.SeriesDate, "20240301").Add(DicomTag.SeriesTime, "100000").Add(DicomTag.AcquisitionDate, "20240301").Add(DicomTag.AcquisitionTime, "100000");
        d.Add(new DicomSequence(DicomTag.RadiopharmaceuticalInformationSequence, new DicomDataset
        {
            { DicomTag.RadionuclideTotalDose, "350000000" },
            { DicomTag.RadionuclideHalfLife, "7200" },
            { DicomTag.RadiopharmaceuticalStartTime, "080000" },
        }));
        change(d);
    });

    private static DicomDataset Tracer(DicomDataset d) => d.GetSequence(DicomTag.RadiopharmaceuticalInformationSequence).Items[0];
}

file static class Times
{
    /// <summary>Moves the scan to another time of the day.</summary>
    public static void Set(this DicomDataset _, DicomDataset image, string time) => image.AddOrUpdate(DicomTag.SeriesTime, time).AddOrUpdate(DicomTag.AcquisitionTime, time);
}
