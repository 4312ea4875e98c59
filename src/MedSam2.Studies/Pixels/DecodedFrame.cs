namespace MedSam2.Studies.Pixels;

/// <summary>A frame without its compression.</summary>
/// <param name="Pixels">
/// Row by row, little endian, the samples of a pixel together (planar configuration 0), as many bits as the header allocates;
/// single bits packed, the first pixel in the lowest bit.
/// </param>
/// <param name="Photometric">What the samples mean now: RGB where the code's own colour transform has been undone, YBR_FULL where chrominance has been brought to full size, else as in the header.</param>
public sealed record DecodedFrame(byte[] Pixels, string Photometric);
