namespace MedSam2.PixelDecoder.Protocol;

/// <summary>How a request ended.</summary>
public enum DecodeStatus
{
    Decoded = 0,

    /// <summary>The code breaks its standard, or is not the frame that the header promises.</summary>
    Damaged = 1,

    /// <summary>The code is of a kind that no decoder here knows.</summary>
    Unsupported = 2,

    /// <summary>A library of the system that decodes this family is not installed.</summary>
    LibraryMissing = 3,

    /// <summary>The frame needs more memory than the decoder may take.</summary>
    TooLarge = 4,
}

/// <summary>What the code itself says about its colours.</summary>
public enum CodeColours
{
    /// <summary>Nothing that differs from the DICOM header.</summary>
    AsDeclared = 0,

    /// <summary>Luminance and chrominance over the full range (YBR_FULL).</summary>
    LuminanceChrominance = 1,

    /// <summary>Red, green and blue.</summary>
    RedGreenBlue = 2,
}

/// <summary>A decoded frame, or why there is none.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Colours">The colours of <paramref name="Pixels"/>.</param>
/// <param name="Pixels">Little endian, as the request's shape says; empty unless decoded.</param>
/// <param name="Message">What is wrong, as the end of a sentence about the frame; empty if decoded.</param>
public sealed record DecodeAnswer(DecodeStatus Status, CodeColours Colours, byte[] Pixels, string Message)
{
    public static DecodeAnswer Of(byte[] pixels, CodeColours colours = CodeColours.AsDeclared) => new(DecodeStatus.Decoded, colours, pixels, "");

    public static DecodeAnswer Failure(DecodeStatus status, string message) => new(status, CodeColours.AsDeclared, [], message);
}
