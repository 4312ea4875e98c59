namespace MedSam2.Inference;

/// <summary>The device that was asked for is not there; the message says what is.</summary>
public sealed class DeviceException(string message) : Exception(message);
