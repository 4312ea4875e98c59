namespace FellowOakDicom.Imaging;

public enum PixelRepresentation
{
    Unsigned = 0,
    Signed = 1,
}

public enum PlanarConfiguration
{
    /// <summary>The samples of a pixel lie together.</summary>
    Interleaved = 0,

    /// <summary>All pixels of one sample lie together.</summary>
    Planar = 1,
}
