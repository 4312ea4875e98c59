using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Bytes, which may be read as numbers of any size.</summary>
public class DicomOtherByte : DicomValueElement<byte>
{
    public DicomOtherByte(DicomTag tag, params byte[] values)
        : base(tag, values)
    {
    }

    public DicomOtherByte(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.OB;

    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(byte) || typeof(T) == typeof(byte[]))
            return base.Get<T>(item);
        var index = Math.Max(item, 0);
        return default(T) switch
        {
            short => (T)(object)Read<short>(index),
            ushort => (T)(object)Read<ushort>(index),
            int => (T)(object)Read<int>(index),
            uint => (T)(object)Read<uint>(index),
            float => (T)(object)Read<float>(index),
            double => (T)(object)Read<double>(index),
            _ when typeof(T) == typeof(short[]) => (T)(object)ReadAll<short>(),
            _ when typeof(T) == typeof(ushort[]) => (T)(object)ReadAll<ushort>(),
            _ when typeof(T) == typeof(int[]) => (T)(object)ReadAll<int>(),
            _ when typeof(T) == typeof(uint[]) => (T)(object)ReadAll<uint>(),
            _ when typeof(T) == typeof(float[]) => (T)(object)ReadAll<float>(),
            _ when typeof(T) == typeof(double[]) => (T)(object)ReadAll<double>(),
            _ => base.Get<T>(item),
        };
    }

    protected override void ValidateVM()
    {
    }
}

public class DicomOtherDouble : DicomValueElement<double>
{
    public DicomOtherDouble(DicomTag tag, params double[] values)
        : base(tag, values)
    {
    }

    public DicomOtherDouble(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.OD;

    protected override void ValidateVM()
    {
    }
}

public class DicomOtherFloat : DicomValueElement<float>
{
    public DicomOtherFloat(DicomTag tag, params float[] values)
        : base(tag, values)
    {
    }

    public DicomOtherFloat(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.OF;

    protected override void ValidateVM()
    {
    }
}

public class DicomOtherLong : DicomValueElement<uint>
{
    public DicomOtherLong(DicomTag tag, params uint[] values)
        : base(tag, values)
    {
    }

    public DicomOtherLong(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.OL;

    protected override void ValidateVM()
    {
    }
}

public class DicomOtherVeryLong : DicomValueElement<ulong>
{
    public DicomOtherVeryLong(DicomTag tag, params ulong[] values)
        : base(tag, values)
    {
    }

    public DicomOtherVeryLong(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.OV;

    protected override void ValidateVM()
    {
    }
}

public class DicomOtherWord : DicomValueElement<ushort>
{
    public DicomOtherWord(DicomTag tag, params ushort[] values)
        : base(tag, values)
    {
    }

    public DicomOtherWord(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.OW;

    protected override void ValidateVM()
    {
    }
}

public class DicomUnknown : DicomOtherByte
{
    public DicomUnknown(DicomTag tag, params byte[] values)
        : base(tag, values)
    {
    }

    public DicomUnknown(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.UN;
}
