using System.Globalization;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Dates and times, written as text in the first of <see cref="DateFormats"/> and read in any of them.</summary>
public abstract class DicomDateElement : DicomMultiStringElement
{
    private DateTime[] _moments;

    protected DicomDateElement(DicomTag tag, string[] dateFormats, params DateTime[] values)
        : base(tag, [.. values.Select(value => value.ToString(dateFormats[0], CultureInfo.InvariantCulture))]) => DateFormats = dateFormats;

    protected DicomDateElement(DicomTag tag, string[] dateFormats, params string[] values)
        : base(tag, values) => DateFormats = dateFormats;

    protected DicomDateElement(DicomTag tag, string[] dateFormats, IByteBuffer buffer)
        : base(tag, null, buffer) => DateFormats = dateFormats;

    protected string[] DateFormats { get; }

    /// <exception cref="FormatException">A value is no date of a known format.</exception>
    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(DateTime) || typeof(T) == typeof(object))
        {
            var index = Math.Max(item, 0);
            CheckIndex(index);
            return (T)(object)Moments[index];
        }

        if (typeof(T) == typeof(DateTime[]))
            return (T)(object)Moments;
        return base.Get<T>(item);
    }

    private DateTime[] Moments => _moments ??=
        [.. Values.Select(value => DateTime.ParseExact(value, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault))];
}

public class DicomDate : DicomDateElement
{
    private static readonly string[] Formats = ["yyyyMMdd", "yyyy.MM.dd", "yyyy/MM/dd", "yyyy", "yyyyMM", "yyyy.MM"];

    public DicomDate(DicomTag tag, params DateTime[] values)
        : base(tag, Formats, values)
    {
    }

    public DicomDate(DicomTag tag, params string[] values)
        : base(tag, Formats, values)
    {
    }

    public DicomDate(DicomTag tag, IByteBuffer data)
        : base(tag, Formats, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.DA;
}

public class DicomTime : DicomDateElement
{
    private static readonly string[] Formats =
    [
        "HHmmss", "HHmm", "HH", "HHmmss.FFFFFF", "HHmmssFFFFFF", "HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFF", "HH:mm:ss:FFFFFF", "HH.mm", "HH.mm.ss", "HH.mm.ss.FFFFFF",
    ];

    public DicomTime(DicomTag tag, params DateTime[] values)
        : base(tag, Formats, values)
    {
    }

    public DicomTime(DicomTag tag, params string[] values)
        : base(tag, Formats, values)
    {
    }

    public DicomTime(DicomTag tag, IByteBuffer data)
        : base(tag, Formats, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.TM;
}

public class DicomDateTime : DicomDateElement
{
    private static readonly string[] Formats = MakeFormats();

    public DicomDateTime(DicomTag tag, params DateTime[] values)
        : base(tag, Formats, values)
    {
    }

    public DicomDateTime(DicomTag tag, params string[] values)
        : base(tag, Formats, values)
    {
    }

    public DicomDateTime(DicomTag tag, IByteBuffer data)
        : base(tag, Formats, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.DT;

    private static string[] MakeFormats()
    {
        string[] precisions = ["yyyyMMddHHmmss", "yyyyMMddHHmmss.FFFFFF", "yyyyMMddHHmm", "yyyyMMddHH", "yyyyMMdd", "yyyyMM", "yyyy", "yyyy.MM.dd", "yyyy/MM/dd"];
        return [.. precisions, .. precisions.Take(4).Select(precision => precision + "zzz")];
    }
}
