using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.Configuration;
using MedSam2.Server.Hosting;
using MedSam2.Server.Models.Versions;
using MedSam2.Server.Sessions;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Device;

/// <summary>
/// Owns the network that is served: loads it before the first request, on the thread that will drive it, and puts another
/// version in its place while the server runs. Whoever keeps state made with a network (features, memories) keeps a lease of it.
/// </summary>
internal sealed class ModelHost : IPrepare, IDisposable
{
    private readonly DeviceWorker _worker;
    private readonly IOptions<ServerOptions> _server;
    private readonly IOptions<InferenceOptions> _inference;
    private readonly IOptions<StreamingOptions> _streaming;
    private readonly SemaphoreSlim _switching = new(1);
    private readonly Lazy<ModelVersions> _versions; // later than the settings are checked
    private readonly Lazy<EarlierModels> _earlier;
    private ServedModel? _served;
    private int _version;

    public ModelHost(DeviceWorker worker, IOptions<ServerOptions> server, IOptions<InferenceOptions> inference, IOptions<StreamingOptions> streaming)
    {
        (_worker, _server, _inference, _streaming) = (worker, server, inference, streaming);
        _versions = new(() => new(server.Value));
        _earlier = new(() => new(Versions, LoadAsync));
    }

    /// <summary>All versions that can be served.</summary>
    public ModelVersions Versions => _versions.Value;

    /// <summary>Number of the version that is served here.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>The network that is served now; without a lease it may be gone after the next switch.</summary>
    public SegmentationModel Model => Served.Model;

    private ServedModel Served => Volatile.Read(ref _served) ?? throw new InvalidOperationException("The model is loaded when the server starts.");

    /// <summary>The network that is served now, to be kept until the lease is given back.</summary>
    public ModelLease Lease()
    {
        // A switch between the two steps may take the last user away: then there is a newer one.
        while (true)
        {
            var served = Served;
            if (served.TryTake())
                return new ModelLease(served);
        }
    }

    /// <summary>The network of these weights, be it served now or before; null where it is not to be had any more.</summary>
    /// <param name="sha256">Of the weights file, lower-case hexadecimal.</param>
    /// <param name="cancellation">Ends the waiting for the device.</param>
    public async Task<ModelLease?> LeaseAsync(string sha256, CancellationToken cancellation)
    {
        var served = Lease();
        if (served.Model.Sha256 == sha256)
            return served;
        served.Dispose();
        return await _earlier.Value.LeaseAsync(sha256, cancellation);
    }

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        var path = _server.Value.ModelPath;
        try
        {
            var version = Versions.Served;
            path = Versions.PathOf(version);
            await SwitchAsync(path, cancellation);
            Volatile.Write(ref _version, version);
        }
        catch (Exception exception) when (exception is CheckpointException or ConfigurationException)
        {
            var mend = Versions.Served == 0 ? "" : " 'models rollback' goes back to the version before.";
            throw new StartUpException($"The model '{path}' cannot be loaded: {exception.Message}{mend}", exception);
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

    /// <summary>Serves a version from now on, here and after the next start. What is open keeps the one that it has.</summary>
    /// <exception cref="Errors.RequestException">There is no such version.</exception>
    /// <inheritdoc cref="SwitchAsync"/>
    public async Task ServeAsync(int version, CancellationToken cancellation)
    {
        await _switching.WaitAsync(cancellation);
        try
        {
            Serve(version, await LoadAsync(Versions.PathOf(version), cancellation));
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>As <see cref="ServeAsync"/>, but only in place of the version that it was compared with.</summary>
    /// <returns>False where another one is served by now: that one stays.</returns>
    /// <inheritdoc cref="ServeAsync" path="/exception"/>
    public async Task<bool> TryServeAsync(int version, int former, CancellationToken cancellation)
    {
        await _switching.WaitAsync(cancellation);
        try
        {
            var model = await LoadAsync(Versions.PathOf(version), cancellation);
            if (!Versions.MayServe(version, former))
            {
                model.Dispose();
                return false;
            }

            Serve(version, model);
            return true;
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Loads another network and serves it from now on. What is open keeps the one that it has.</summary>
    /// <param name="path">A model's folder or weights file.</param>
    /// <param name="cancellation">Ends the waiting for the device.</param>
    /// <exception cref="CheckpointException">The network cannot be loaded; the present one stays.</exception>
    /// <exception cref="ConfigurationException">Its configuration is not valid; the present one stays.</exception>
    public async Task SwitchAsync(string path, CancellationToken cancellation) => Switch(await LoadAsync(path, cancellation));

    /// <summary>Waits for the work in hand, since it uses the network.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _served, null) is { } served)
            _worker.RunAsync(DevicePriority.Click, _ => { served.Release(); return true; }, CancellationToken.None).GetAwaiter().GetResult();
        if (_earlier.IsValueCreated)
            _earlier.Value.Dispose();
        _switching.Dispose();
    }

    private void Serve(int version, SegmentationModel model)
    {
        Switch(model);
        Volatile.Write(ref _version, version);
        Versions.Serve(version);
    }

    private void Switch(SegmentationModel model)
    {
        if (Interlocked.Exchange(ref _served, new ServedModel(model)) is not { } before)
            return;
        _earlier.Value.Add(before);
        before.Release();
    }

    private Task<SegmentationModel> LoadAsync(string path, CancellationToken cancellation) => _worker.RunAsync(
        DevicePriority.Click,
        _ =>
        {
            if (_inference.Value.Threads > 0)
                TorchSharp.torch.set_num_threads(_inference.Value.Threads);
            var loaded = SegmentationModel.Load(path, _server.Value.Device, _server.Value.ModelPrecision ?? ModelPrecision.Float32);
            loaded.BoundFeatures(_streaming.Value.TotalBytes, _streaming.Value.SpillBytes);
            return loaded;
        },
        cancellation);
}
