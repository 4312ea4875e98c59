using System.CommandLine;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>health</c>: what a container's health check runs, since its image has no other HTTP client.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var command = new Command("health", "Ask the server that runs with the same settings whether it is ready; exit code 0 where it is.");
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() => AskAsync(configuration(parsed), cancellation)));
        return command;
    }

    private static async Task AskAsync(string[] settings, CancellationToken cancellation)
    {
        var address = new Uri(LocalAddress(VerbSettings.Read(settings).Urls), "health/ready");
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(address, cancellation);
            var text = (await answer.Content.ReadAsStringAsync(cancellation)).TrimEnd();
            if (!answer.IsSuccessStatusCode)
                throw new VerbException($"{address} is not ready: {text}");
            Console.WriteLine(text);
        }
        catch (HttpRequestException exception)
        {
            throw new VerbException($"{address} does not answer: {exception.Message}", exception);
        }
        catch (TaskCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new VerbException($"{address} does not answer within {Patience.TotalSeconds} seconds.", exception);
        }
    }

    // A server that listens on all addresses is asked on this machine's own.
    private static Uri LocalAddress(string urls)
    {
        var first = BindingAddress.Parse(urls.Split(';')[0]);
        var host = first.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : first.Host;
        return new UriBuilder(first.Scheme, host, first.Port).Uri;
    }
}
