using System.Globalization;
using FellowOakDicom;

namespace MedSam2.Studies.Series;

/// <summary>
/// PET in standardised uptake values by body weight: activity a millilitre, divided by the injected dose a gram of body,
/// the dose decayed to the time that the pixels were corrected to (PS3.3 C.8.9.1; QIBA's vendor-neutral pseudo-code).
/// </summary>
internal static class UptakeScale
{
    public const string Suv = "SUVbw";

    private const string PhilipsPet = "Philips PET Private Group";
    private static readonly DicomTag PhilipsSuvFactor = new(0x7053, 0x1000, PhilipsPet);
    private static readonly DicomTag PhilipsActivityFactor = new(0x7053, 0x1009, PhilipsPet);

    /// <param name="headers">Of all instances of the series.</param>
    /// <exception cref="SeriesException">An attribute that it rests on is no number.</exception>
    public static ValueUnit Of(IReadOnlyList<DicomDataset> headers)
    {
        var header = headers[0];
        var modality = HeaderValues.Text(header, DicomTag.Modality);
        if (modality != "PT")
            return new(HeaderValues.Text(header, DicomTag.RescaleType) is { Length: > 0 } type ? type : modality == "CT" ? "HU" : "");
        var unit = HeaderValues.Text(header, DicomTag.Units);
        return unit switch
        {
            "GML" when HeaderValues.Text(header, DicomTag.SUVType) is "" or "BW" => new(Suv),
            "CNTS" when Private(header, PhilipsSuvFactor) is { } factor => new(Suv, factor),
            "CNTS" when Private(header, PhilipsActivityFactor) is { } activity => FromActivity(headers, "CNTS", activity),
            "BQML" => FromActivity(headers, unit, 1),
            _ => new(unit, Why: $"the pixels are in {(unit.Length == 0 ? "no named unit" : HeaderValues.Shown(unit))}, not in activity a millilitre"),
        };
    }

    /// <param name="headers">Of all instances.</param>
    /// <param name="unit">What the pixels are in, should SUV be out of reach.</param>
    /// <param name="toBecquerels">From pixels to Bq/ml.</param>
    private static ValueUnit FromActivity(IReadOnlyList<DicomDataset> headers, string unit, double toBecquerels)
    {
        var header = headers[0];
        ValueUnit Without(string why) => new(unit, Why: why);
        var corrections = HeaderValues.Text(header, DicomTag.CorrectedImage).Split('\\', StringSplitOptions.TrimEntries);
        if (!corrections.Contains("ATTN") || !corrections.Contains("DECY"))
            return Without("the pixels are not corrected for attenuation and decay");
        if (HeaderValues.FirstItem(header, DicomTag.RadiopharmaceuticalInformationSequence) is not { } tracer)
            return Without("the header does not describe the tracer");
        if (HeaderValues.Decimal(header, DicomTag.PatientWeight) is not { } kilograms || !(kilograms > 0))
            return Without("the patient's weight is missing");
        if (HeaderValues.Decimal(tracer, DicomTag.RadionuclideTotalDose) is not { } dose || !(dose > 0))
            return Without("the injected dose is missing");

        var decay = HeaderValues.Text(header, DicomTag.DecayCorrection);
        if (decay == "START")
        {
            if (HeaderValues.Decimal(tracer, DicomTag.RadionuclideHalfLife) is not { } halfLife || !(halfLife > 0))
                return Without("the half-life of the tracer is missing");
            if (ScanStart(headers) is not { } start || Injection(tracer, start) is not { } injected)
                return Without("the time of the injection or of the scan is missing");
            dose *= Math.Pow(2, -(start - injected).TotalSeconds / halfLife);
        }
        else if (decay != "ADMIN")
        {
            return Without("the pixels are not corrected to a time that is told");
        }

        var factor = toBecquerels * kilograms * 1000 / dose;
        return double.IsFinite(factor) && factor > 0 ? new(Suv, factor) : Without("dose, weight and times contradict each other");
    }

    /// <summary>The series' own time, unless it was made after the scan: then the earliest acquisition.</summary>
    private static DateTime? ScanStart(IReadOnlyList<DicomDataset> headers)
    {
        var acquired = headers.Select(h => Moment(h, DicomTag.AcquisitionDate, DicomTag.AcquisitionTime)).Where(t => t is not null).Min();
        var series = Moment(headers[0], DicomTag.SeriesDate, DicomTag.SeriesTime);
        return series is null || acquired < series ? acquired : series;
    }

    /// <summary>When the tracer was given: at a full date, or at a time of the day of the scan or of the day before.</summary>
    private static DateTime? Injection(DicomDataset tracer, DateTime scan)
    {
        if (HeaderValues.FirstText(tracer, DicomTag.RadiopharmaceuticalStartDateTime) is { Length: >= 14 } moment)
            return Parse(moment[..8], moment[8..].Split('+', '-')[0]);
        if (Parse(scan.ToString("yyyyMMdd", CultureInfo.InvariantCulture), HeaderValues.FirstText(tracer, DicomTag.RadiopharmaceuticalStartTime)) is not { } injected)
            return null;
        return injected > scan ? injected.AddDays(-1) : injected;
    }

    private static DateTime? Moment(DicomDataset header, DicomTag date, DicomTag time) => Parse(HeaderValues.FirstText(header, date), HeaderValues.FirstText(header, time));

    private static DateTime? Parse(string date, string time)
    {
        var parts = time.Split('.');
        var seconds = parts[0].Length is 2 or 4 or 6 ? parts[0].PadRight(6, '0') : "";
        var fraction = parts.Length > 1 ? parts[1][..Math.Min(6, parts[1].Length)].PadRight(6, '0') : "000000";
        return DateTime.TryParseExact(date + seconds + fraction, "yyyyMMddHHmmssffffff", CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment) ? moment : null;
    }

    private static double? Private(DicomDataset header, DicomTag tag) => HeaderValues.Decimal(header, tag) is { } factor && factor > 0 ? factor : null;
}
