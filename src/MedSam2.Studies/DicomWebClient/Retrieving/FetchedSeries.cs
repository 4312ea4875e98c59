using MedSam2.Studies.DicomWebClient.Cache;

namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>The files of a series, which stay on disk until this is disposed.</summary>
public sealed class FetchedSeries : IDisposable
{
    private readonly IReadOnlyCollection<CachedInstance> _instances;

    internal FetchedSeries(IReadOnlyCollection<CachedInstance> instances)
    {
        _instances = instances;
        Paths = [.. instances.Select(instance => instance.Path)];
    }

    public IReadOnlyList<string> Paths { get; }

    public void Dispose()
    {
        foreach (var instance in _instances)
            instance.Dispose();
    }
}
