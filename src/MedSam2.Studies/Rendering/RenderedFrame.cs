namespace MedSam2.Studies.Rendering;

/// <summary>A frame as a person sees it.</summary>
/// <param name="Width">Pixels of a row.</param>
/// <param name="Height">Number of rows.</param>
/// <param name="IsColour">Whether there are four bytes a pixel (red, green, blue, 255) instead of one grey byte.</param>
/// <param name="Pixels">Row by row.</param>
public sealed record RenderedFrame(int Width, int Height, bool IsColour, byte[] Pixels);
