using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Binary numbers in this machine's byte order.</summary>
public abstract class DicomValueElement<TValue> : DicomElement
    where TValue : unmanaged
{
    protected DicomValueElement(DicomTag tag, params TValue[] values)
        : this(tag, new MemoryByteBuffer(MemoryMarshal.AsBytes(values.AsSpan()).ToArray()))
    {
    }

    protected DicomValueElement(DicomTag tag, IByteBuffer data)
        : base(tag, data)
    {
    }

    public override int Count => (int)(Buffer.Size / ValueRepresentation.UnitSize);

    public override T Get<T>(int item = -1)
    {
        if (typeof(T) == typeof(TValue[]))
            return (T)(object)ReadAll<TValue>();
        if (typeof(T) == typeof(string[]))
            return (T)(object)ReadAll<TValue>().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)).ToArray();
        if (typeof(T) == typeof(object[]))
            return (T)(object)ReadAll<TValue>().Cast<object>().ToArray();
        if (!typeof(T).IsValueType && typeof(T) != typeof(string) && typeof(T) != typeof(object))
            throw CannotConvertTo<T>();
        var index = Math.Max(item, 0);
        CheckIndex(index);
        var number = Read<TValue>(index);
        if (typeof(T) == typeof(string))
            return (T)(object)Convert.ToString(number, CultureInfo.InvariantCulture);
        return typeof(T) == typeof(TValue) || typeof(T) == typeof(object) ? (T)(object)number : ValueConversion.To<T>(number);
    }

    /// <summary>The bytes as values of another size; a rest that is too short for one is left out.</summary>
    private protected T[] ReadAll<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Buffer.Data).ToArray();

    private protected T Read<T>(int index)
        where T : unmanaged
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        Buffer.GetByteRange((long)bytes.Length * index, bytes.Length, bytes);
        return MemoryMarshal.Read<T>(bytes);
    }
}
