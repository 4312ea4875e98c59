using System.Globalization;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Decimal numbers written as text of at most 16 characters.</summary>
public class DicomDecimalString : DicomMultiStringElement
{
    private decimal[] _numbers;

    public DicomDecimalString(DicomTag tag, params decimal[] values)
        : base(tag, [.. values.Select(ToDecimalString)])
    {
    }

    public DicomDecimalString(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomDecimalString(DicomTag tag, IByteBuffer data)
        : base(tag, null, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.DS;

    /// <summary>The number in 16 characters at most: ten significant digits where it needs more.</summary>
    public static string ToDecimalString(decimal value)
    {
        var exact = value.ToString(CultureInfo.InvariantCulture);
        return exact.Length <= 16 ? exact : value.ToString("G10", CultureInfo.InvariantCulture);
    }

    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(string) || typeof(T) == typeof(string[]))
            return base.Get<T>(item);
        _numbers ??= [.. Values.Select(value => decimal.Parse(value, NumberStyles.Any, CultureInfo.InvariantCulture))];
        if (ValueConversion.TryToArray<decimal, T>(_numbers, out var array))
            return array;
        if (!typeof(T).IsValueType && typeof(T) != typeof(object))
            return base.Get<T>(item);
        var index = Math.Max(item, 0);
        CheckIndex(index);
        return ValueConversion.To<T>(_numbers[index]);
    }
}

/// <summary>Integers of 32 bits written as text.</summary>
public class DicomIntegerString : DicomMultiStringElement
{
    private int[] _numbers;

    public DicomIntegerString(DicomTag tag, params int[] values)
        : base(tag, [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))])
    {
    }

    public DicomIntegerString(DicomTag tag, params string[] values)
        : base(tag, values)
    {
    }

    public DicomIntegerString(DicomTag tag, IByteBuffer data)
        : base(tag, null, data)
    {
    }

    public override DicomVR ValueRepresentation => DicomVR.IS;

    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(string) || typeof(T) == typeof(string[]))
            return base.Get<T>(item);
        _numbers ??= [.. Values.Select(value => int.Parse(value, NumberStyles.Integer | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture))];
        if (ValueConversion.TryToArray<int, T>(_numbers, out var array))
            return array;
        if (!typeof(T).IsValueType && typeof(T) != typeof(object))
            return base.Get<T>(item);
        var index = Math.Max(item, 0);
        CheckIndex(index);
        return ValueConversion.To<T>(_numbers[index]);
    }
}
