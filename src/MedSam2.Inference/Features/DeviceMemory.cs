using System.Runtime.InteropServices;

namespace MedSam2.Inference.Features;

/// <summary>What happens when a device has no memory left for a call: encoded slices make room, and it is done once more in smaller pieces.</summary>
internal static class DeviceMemory
{
    // libtorch throws one kind of exception for all that fails; its allocators say this, each in its way.
    private static readonly string[] Signs = ["out of memory", "not enough memory", "can't allocate memory"];

    /// <param name="pool">The encoded slices on the device.</param>
    /// <param name="compute">
    /// Does the work, sparingly if it is told so. It must not have changed anything when it fails, and it asks for encoded slices itself:
    /// those of the first attempt are gone in the second.
    /// </param>
    /// <exception cref="DeviceMemoryException">There was no room even so. Nothing was changed.</exception>
    public static T Run<T>(FeaturePool pool, Func<bool, T> compute)
    {
        try
        {
            return compute(false);
        }
        catch (ExternalException exception) when (IsShortage(exception))
        {
            // Once more below, outside of the handler: only there are the tensors of the first attempt gone for certain.
        }

        pool.DropAll();
        try
        {
            return compute(true);
        }
        catch (ExternalException exception) when (IsShortage(exception))
        {
            throw new DeviceMemoryException(
                "The device has too little free memory for this, even with no other slice on it. Close other programs that use it, choose a smaller model, "
                + "or half precision.",
                exception);
        }
    }

    private static bool IsShortage(ExternalException exception) => Array.Exists(Signs, sign => exception.Message.Contains(sign, StringComparison.OrdinalIgnoreCase));
}
