using MedSam2.Server.CommandLine;
using MedSam2.Server.Hosting;
using MedSam2.Server.Studies;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Server.FineTuning;

/// <summary>The approved labels of a data folder, for a verb: the server's own services, without its network and its address.</summary>
internal sealed class ApprovedLabels : IAsyncDisposable
{
    private readonly WebApplication _services;

    private ApprovedLabels(WebApplication services, IReadOnlyList<EvaluationCaseSource> images) => (_services, Images) = (services, images);

    /// <summary>The labelled images; they can be read until this is disposed.</summary>
    public IReadOnlyList<EvaluationCaseSource> Images { get; }

    /// <param name="configuration">Settings as command-line keys.</param>
    /// <param name="cancellation">Ends the looking.</param>
    /// <exception cref="VerbException">A setting is wrong, or a server has the data folder in use.</exception>
    public static async Task<ApprovedLabels> OpenAsync(string[] configuration, CancellationToken cancellation)
    {
        // What a verb prints is its answer alone.
        var services = Program.CreateApplication([.. configuration, "--Logging:Console:LogToStandardErrorThreshold=Trace"]);
        try
        {
            await services.Services.GetRequiredService<ArchiveHost>().PrepareAsync(cancellation);
            var images = services.Services.GetRequiredService<TrainingImages>();
            return new(services, await images.FindAsync((await images.ListAsync(cancellation)).Keys, cancellation));
        }
        catch (Exception exception)
        {
            await services.DisposeAsync();
            if (StartUpFault.Describe(exception) is { } lines)
                throw new VerbException($"{string.Join(' ', lines)} A server that runs trains from its own labels: POST /train/medsam2.", exception);
            throw;
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
