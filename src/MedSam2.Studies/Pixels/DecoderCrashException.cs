namespace MedSam2.Studies.Pixels;

/// <summary>A decoder process ended in the middle of a frame. The message is the end of a sentence about the frame.</summary>
internal sealed class DecoderCrashException(string message, Exception? inner = null) : Exception(message, inner);
