namespace MedSam2.Inference;

/// <summary>The device has no memory left for a call; what was there before the call is as it was.</summary>
public sealed class DeviceMemoryException(string message, Exception inner) : Exception(message, inner);
