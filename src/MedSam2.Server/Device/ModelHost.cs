using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.Configuration;
using MedSam2.Server.Hosting;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Device;

/// <summary>Owns the network: loads it before the first request, on the thread that will drive it.</summary>
internal sealed class ModelHost(DeviceWorker worker, IOptions<ServerOptions> server, IOptions<InferenceOptions> inference) : IPrepare, IDisposable
{
    private SegmentationModel? _model;

    public SegmentationModel Model => _model ?? throw new InvalidOperationException("The model is loaded when the server starts.");

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        var path = server.Value.ModelPath;
        try
        {
            _model = await worker.RunAsync(
                DevicePriority.Click,
                _ =>
                {
                    if (inference.Value.Threads > 0)
                        TorchSharp.torch.set_num_threads(inference.Value.Threads);
                    return SegmentationModel.Load(path, server.Value.Device);
                },
                cancellation);
        }
        catch (Exception exception) when (exception is CheckpointException or ConfigurationException)
        {
            throw new StartUpException($"The model '{path}' cannot be loaded: {exception.Message}", exception);
        }
        catch (DeviceException exception)
        {
            throw new StartUpException($"--device: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartUpException(exception.Message, exception);
        }
    }

    /// <summary>Waits for the work in hand, since it uses the network.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _model, null) is { } model)
            worker.RunAsync(DevicePriority.Click, _ => { model.Dispose(); return true; }, CancellationToken.None).GetAwaiter().GetResult();
    }
}
