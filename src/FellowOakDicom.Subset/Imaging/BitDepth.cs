namespace FellowOakDicom.Imaging;

/// <summary>How the bits of a sample are laid out.</summary>
public class BitDepth(int allocated, int stored, int highBit, bool signed)
{
    public int BitsAllocated { get; } = allocated;

    public int BitsStored { get; } = stored;

    public int HighBit { get; } = highBit;

    public bool IsSigned { get; } = signed;
}
