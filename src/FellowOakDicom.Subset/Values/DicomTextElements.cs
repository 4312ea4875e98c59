using System.Text;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

public class DicomApplicationEntity : DicomMultiStringElement
{
    public DicomApplicationEntity(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomApplicationEntity(DicomTag tag, IByteBuffer data)
        : base(tag, null, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.AE;
}

public class DicomAgeString : DicomMultiStringElement
{
    public DicomAgeString(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomAgeString(DicomTag tag, IByteBuffer data)
        : base(tag, null, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.AS;
}

public class DicomCodeString : DicomMultiStringElement
{
    public DicomCodeString(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomCodeString(DicomTag tag, IByteBuffer data)
        : base(tag, null, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.CS;
}

public class DicomLongString : DicomMultiStringElement
{
    public DicomLongString(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomLongString(DicomTag tag, Encoding[] encoding, IByteBuffer data)
        : base(tag, encoding, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.LO;
}

public class DicomLongText : DicomStringElement
{
    public DicomLongText(DicomTag tag, string value)
        : base(tag, value)
    {
    }

    public DicomLongText(DicomTag tag, Encoding[] encodings, IByteBuffer data)
        : base(tag, encodings, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.LT;
}

public sealed class DicomPersonName : DicomMultiStringElement
{
    public DicomPersonName(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomPersonName(DicomTag tag, Encoding[] encodings, IByteBuffer data)
        : base(tag, encodings, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.PN;
}

public class DicomShortString : DicomMultiStringElement
{
    public DicomShortString(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomShortString(DicomTag tag, Encoding[] encodings, IByteBuffer data)
        : base(tag, encodings, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.SH;
}

public class DicomShortText : DicomStringElement
{
    public DicomShortText(DicomTag tag, string value)
        : base(tag, value)
    {
    }

    public DicomShortText(DicomTag tag, Encoding[] encodings, IByteBuffer data)
        : base(tag, encodings, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.ST;
}

public class DicomUnlimitedCharacters : DicomMultiStringElement
{
    public DicomUnlimitedCharacters(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomUnlimitedCharacters(DicomTag tag, Encoding[] encodings, IByteBuffer data)
        : base(tag, encodings, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.UC;

    protected override void ValidateVM()
    {
    }
}

public class DicomUniversalResource : DicomStringElement
{
    public DicomUniversalResource(DicomTag tag, string value)
        : base(tag, value)
    {
    }

    public DicomUniversalResource(DicomTag tag, Encoding[] encodings, IByteBuffer data)
        : base(tag, encodings, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.UR;
}

public class DicomUnlimitedText : DicomStringElement
{
    public DicomUnlimitedText(DicomTag tag, string value)
        : base(tag, value)
    {
    }

    public DicomUnlimitedText(DicomTag tag, Encoding[] encodings, IByteBuffer data)
        : base(tag, encodings, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.UT;
}
