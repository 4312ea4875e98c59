using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Hosting;

/// <summary>Puts what can go wrong at start into one line a fault. What it does not know is a defect and keeps its stack trace.</summary>
internal static class StartUpFault
{
    /// <returns>The lines, or null for an exception that nobody expects.</returns>
    public static IReadOnlyList<string>? Describe(Exception exception) => exception switch
    {
        StartUpException known => [known.Message],
        OptionsValidationException invalid => [.. invalid.Failures.Select(failure => $"{failure}")],
        AggregateException many when many.InnerExceptions.All(inner => Describe(inner) is not null) =>
            [.. many.InnerExceptions.SelectMany(inner => Describe(inner)!)],
        IOException { InnerException: AddressInUseException } => [$"{Sentence(exception.Message)} Stop the other program, or choose another port: --urls http://127.0.0.1:8001"],
        IOException when exception.Message.Contains("bind", StringComparison.OrdinalIgnoreCase) => [Sentence(exception.Message)],
        SocketException socket => [$"The address of --urls cannot be used: {Sentence(socket.Message)}"],
        ArgumentOutOfRangeException { ParamName: "port" } => ["--urls: a port lies in 0 to 65535."],
        FormatException or InvalidOperationException when exception.Source?.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) is true =>
            [$"--urls: {Sentence(exception.Message.Split('\n')[0])}"],
        InvalidOperationException { InnerException: FormatException or ArgumentException } binding when binding.Source is "Microsoft.Extensions.Configuration.Binder" => [Sentence(binding.Message)],
        _ => null,
    };

    private static string Sentence(string message) => message.TrimEnd().EndsWith('.') ? message.TrimEnd() : $"{message.TrimEnd()}.";
}
