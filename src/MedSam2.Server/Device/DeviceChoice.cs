using MedSam2.Server.Errors;

namespace MedSam2.Server.Device;

/// <summary>
/// What clients of MONAI Label's API say of devices. A server computes on one device, so a request can name that one, and cannot choose
/// another. <c>cuda</c>, which those clients send unasked, is followed where there is one and told to be otherwise where there is none.
/// </summary>
internal static class DeviceChoice
{
    private const string Cuda = "cuda";

    /// <param name="asked">The name of a device; null or empty for any.</param>
    /// <param name="served">The server's own, as its settings name it.</param>
    /// <returns>Why it is another device that computes; null where it is the one asked for.</returns>
    /// <exception cref="RequestException">It is not the server's device.</exception>
    public static string? Check(string? asked, string served)
    {
        if (string.IsNullOrEmpty(asked) || WithNumber(asked).Equals(WithNumber(served), StringComparison.OrdinalIgnoreCase))
            return null;
        if (!asked.Equals(Cuda, StringComparison.OrdinalIgnoreCase))
            throw RequestException.BadRequest($"'device' is '{asked}', but this server computes on {served} alone. Leave 'device' out, or ask a server that was started with another --device.");
        return IsCuda(served) ? null : $"'device' is {Cuda}, which this server does not have: it computes on {served}.";
    }

    /// <param name="asked">Numbers of GPUs, with commas between them; null, empty or <c>all</c> for all there are.</param>
    /// <param name="served">The server's own device.</param>
    /// <exception cref="RequestException">It is not the server's device.</exception>
    public static void CheckGpus(string? asked, string served)
    {
        if (asked is null or "" || asked.Equals("all", StringComparison.OrdinalIgnoreCase))
            return;
        if (!IsCuda(served) || !WithNumber(served).Equals($"{Cuda}:{asked.Trim()}", StringComparison.OrdinalIgnoreCase))
            throw RequestException.BadRequest($"'gpus' is '{asked}', but this server computes on {served} alone. Leave 'gpus' out, or ask a server that was started with another --device.");
    }

    private static bool IsCuda(string name) => name.StartsWith(Cuda, StringComparison.OrdinalIgnoreCase);

    private static string WithNumber(string name) => name.Equals(Cuda, StringComparison.OrdinalIgnoreCase) ? $"{Cuda}:0" : name;
}
