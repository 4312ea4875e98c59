namespace MedSam2.PixelDecoder.Protocol;

/// <summary>The families of compressed pixels, by the standard that defines them.</summary>
public enum PixelCoding
{
    /// <summary>ITU-T T.81: baseline, extended, progressive and lossless, in Huffman codes.</summary>
    Jpeg = 1,

    /// <summary>ITU-T T.87: lossless and near-lossless.</summary>
    JpegLs = 2,

    /// <summary>ITU-T T.800, and T.814 (high throughput): lossless and lossy.</summary>
    Jpeg2000 = 3,
}
