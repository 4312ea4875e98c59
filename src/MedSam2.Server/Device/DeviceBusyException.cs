using MedSam2.Server.Errors;

namespace MedSam2.Server.Device;

/// <summary>More requests wait for the device than the settings allow.</summary>
internal sealed class DeviceBusyException()
    : RequestException(StatusCodes.Status503ServiceUnavailable, "The device is busy and its queue is full. Try again in a few seconds.");
