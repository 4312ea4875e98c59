namespace MedSam2.PixelDecoder.Protocol;

/// <summary>One frame to decode.</summary>
public sealed record DecodeRequest(PixelCoding Coding, FrameShape Shape, ReadOnlyMemory<byte> Code);
