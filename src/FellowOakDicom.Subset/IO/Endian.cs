namespace FellowOakDicom.IO;

/// <summary>A byte order.</summary>
public readonly struct Endian
{
    public static readonly Endian Little = new(false);
    public static readonly Endian Big = new(true);
    public static readonly Endian LocalMachine = BitConverter.IsLittleEndian ? Little : Big;

    private readonly bool _isBig;

    private Endian(bool isBig) => _isBig = isBig;

    public static bool operator ==(Endian e1, Endian e2) => e1._isBig == e2._isBig;

    public static bool operator !=(Endian e1, Endian e2) => e1._isBig != e2._isBig;

    public override bool Equals(object obj) => obj is Endian other && other == this;

    public override int GetHashCode() => _isBig.GetHashCode();

    public override string ToString() => _isBig ? "Big Endian" : "Little Endian";

    /// <summary>Reverses each unit of <paramref name="unitSize"/> bytes; a rest shorter than a unit stays.</summary>
    internal static void Swap(int unitSize, Span<byte> data)
    {
        if (unitSize < 2)
            return;
        for (var start = 0; start + unitSize <= data.Length; start += unitSize)
            data.Slice(start, unitSize).Reverse();
    }
}
