using System.Globalization;
using MedSam2.PixelDecoder.Hosting;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder;

/// <summary>
/// Decodes frames for the program that started it: requests on standard input, answers on standard output, until the
/// input ends. Hostile pixels can make a native decoder crash; then this process dies and not the server.
/// </summary>
internal static class Program
{
    /// <param name="arguments">Most memory in bytes; most processor time a frame in seconds.</param>
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 2
            || !long.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out var memory)
            || !int.TryParse(arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            Console.Error.WriteLine("The server starts this program by itself: bytes of memory, seconds a frame.");
            return 2;
        }

        using var requests = Console.OpenStandardInput();
        using var answers = Console.OpenStandardOutput();
        ProcessLimits.Apply(memory);
        while (DecoderWire.ReadRequest(requests) is { } request)
        {
            ProcessLimits.AllowProcessorTime(TimeSpan.FromSeconds(seconds));
            DecoderWire.Write(answers, FrameDecoding.Answer(request));
        }

        return 0;
    }
}
