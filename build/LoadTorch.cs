using System.Runtime.CompilerServices;
using MedSam2.Network.Runtime;

/// <summary>
/// Linked into every assembly that may be the first to make a tensor: TorchSharp's native bridge has to be loaded before
/// TorchSharp looks for it by itself.
/// </summary>
internal static class LoadTorch
{
#pragma warning disable CA2255 // An assembly initialiser is meant: it runs before any static constructor of TorchSharp.
    [ModuleInitializer]
    internal static void Initialize() => TorchRuntime.EnsureLoaded();
#pragma warning restore CA2255
}
