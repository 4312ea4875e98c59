namespace MedSam2.Server.Device;

internal static class DeviceExtensions
{
    public static void AddDevice(this WebApplicationBuilder builder) => builder.Services.AddSingleton<DeviceWorker>();
}
