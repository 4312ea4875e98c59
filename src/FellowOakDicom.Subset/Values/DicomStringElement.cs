using System.Text;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Text of one value, in which a backslash is a backslash.</summary>
public abstract class DicomStringElement : DicomElement
{
    private readonly Encoding[] _bufferEncodings;
    private Encoding[] _targetEncodings;
    private string _value;

    protected DicomStringElement(DicomTag tag, string value)
        : base(tag, EmptyBuffer.Value)
    {
        _value = value ?? "";
        if (_value.Length > 0)
            Buffer = new LazyByteBuffer(Encode);
    }

    protected DicomStringElement(DicomTag tag, Encoding[] encodings, IByteBuffer buffer)
        : base(tag, buffer)
    {
        _bufferEncodings = encodings ?? DicomEncoding.DefaultArray;
        _targetEncodings = _bufferEncodings;
    }

    public override int Count => 1;

    /// <summary>The character sets that writing uses: those of the dataset that is written.</summary>
    internal Encoding[] TargetEncodings
    {
        set
        {
            if (!ValueRepresentation.IsStringEncoded || (_targetEncodings is not null && value.SequenceEqual(_targetEncodings)))
                return;
            _targetEncodings = value;
            if (ReferenceEquals(Buffer, EmptyBuffer.Value))
                return;
            _value = StringValue;
            Buffer = new LazyByteBuffer(Encode);
        }
    }

    private protected string StringValue => _value ??= DicomEncoding.Decode(
        Buffer.Data, _bufferEncodings, isPersonName: ReferenceEquals(ValueRepresentation, DicomVR.PN)).TrimEnd((char)ValueRepresentation.PaddingValue);

    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(string) || typeof(T) == typeof(object))
            return (T)(object)StringValue;
        if (typeof(T) == typeof(string[]) || typeof(T) == typeof(object[]))
            return (T)(object)new[] { StringValue };
        return ValueConversion.TryFromText<T>(StringValue, out var value) ? value : throw CannotConvertTo<T>();
    }

    protected override void ValidateString()
    {
        if (_value is not null)
            ValueRepresentation.ValidateString(_value);
    }

    private byte[] Encode()
    {
        var bytes = ValueRepresentation.IsStringEncoded && _targetEncodings is not null
            ? DicomEncoding.Encode(_value, _targetEncodings, isPersonName: ReferenceEquals(ValueRepresentation, DicomVR.PN))
            : DicomEncoding.Default.GetBytes(_value);
        return bytes.Length % 2 == 0 ? bytes : [.. bytes, ValueRepresentation.PaddingValue];
    }
}

/// <summary>Text of several values, divided by backslashes.</summary>
public abstract class DicomMultiStringElement : DicomStringElement
{
    private string[] _values;

    protected DicomMultiStringElement(DicomTag tag, params string[] values)
        : base(tag, string.Join('\\', values))
    {
    }

    protected DicomMultiStringElement(DicomTag tag, Encoding[] encodings, IByteBuffer buffer)
        : base(tag, encodings, buffer)
    {
    }

    public override int Count => Values.Length;

    private protected string[] Values => _values ??= StringValue.Length == 0 ? [] : StringValue.Split('\\');

    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(string[]) || typeof(T) == typeof(object[]))
            return (T)(object)Values;
        if (item == -1 && (typeof(T) == typeof(string) || typeof(T) == typeof(object)))
            return (T)(object)StringValue;
        var index = Math.Max(item, 0);
        CheckIndex(index);
        if (typeof(T) == typeof(string) || typeof(T) == typeof(object))
            return (T)(object)Values[index];
        return ValueConversion.TryFromText<T>(Values[index], out var value) ? value : throw CannotConvertTo<T>();
    }

    protected override void ValidateString()
    {
        foreach (var value in Values)
            ValueRepresentation.ValidateString(value);
    }
}
