using MedSam2.Server.Hosting;

namespace MedSam2.Server.Device;

internal static class DeviceExtensions
{
    /// <summary>The network and the thread that drives it.</summary>
    public static void AddDevice(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DeviceMeter>();
        builder.Services.AddSingleton<DeviceWorker>();
        builder.Services.AddSingleton<ModelHost>();
        builder.Services.AddSingleton<IPrepare>(services => services.GetRequiredService<ModelHost>());
    }
}
