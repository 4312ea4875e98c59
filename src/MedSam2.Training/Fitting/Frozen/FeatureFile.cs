using System.Runtime.InteropServices;
using MedSam2.Network;
using MedSam2.Training.Data.Labelled;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting.Frozen;

/// <summary>
/// Features on disk: a file of equal places, since all slices of a network have features of one size. A full file gives the place
/// that was written first away. The file goes with the process.
/// </summary>
internal sealed class FeatureFile(string folder, long capacity) : IDisposable
{
    private readonly Dictionary<SliceKey, long> places = [];
    private readonly Queue<SliceKey> written = new();
    private FileStream? stream;
    private long[][] shapes = [];
    private long placeBytes;

    /// <summary>Bytes that it takes on disk.</summary>
    public long ByteCount => stream?.Length ?? 0;

    /// <summary>Does nothing for features that are there already, or are larger than the whole file may be.</summary>
    public void Write(SliceKey key, ImageFeatures features)
    {
        if (places.ContainsKey(key))
            return;
        if (stream is null)
        {
            shapes = [.. features.Levels.Select(level => level.shape)];
            placeBytes = features.Levels.Sum(level => level.numel() * sizeof(float));
            Directory.CreateDirectory(folder);
            stream = new FileStream(
                Path.Combine(folder, $"features-{Guid.NewGuid():N}.tmp"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        }

        if (placeBytes > capacity)
            return;
        var place = places.Count * placeBytes;
        if (place + placeBytes > capacity)
            places.Remove(written.Dequeue(), out place);
        stream.Position = place;
        foreach (var level in features.Levels)
        {
            using var values = level.to(ScalarType.Float32).cpu().contiguous();
            stream.Write(values.bytes);
        }

        places[key] = place;
        written.Enqueue(key);
    }

    /// <summary>Null where they are not there.</summary>
    public ImageFeatures? Read(SliceKey key, Device device)
    {
        if (!places.TryGetValue(key, out var place))
            return null;
        stream!.Position = place;
        var levels = new Tensor[shapes.Length];
        for (var n = 0; n < levels.Length; n++)
        {
            var values = new float[shapes[n].Aggregate(1L, (a, b) => a * b)];
            stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            levels[n] = tensor(values, shapes[n], device: device);
        }

        return new ImageFeatures(levels);
    }

    public void Dispose() => stream?.Dispose();
}
