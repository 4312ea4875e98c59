using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Tables that follow from a map's size alone (position encodings, rotations): made once for each size, device and type, in float32,
/// and kept. They are no parameters and no buffers: a checkpoint knows nothing of them, and a module that has moved to another device
/// or type simply asks for the table there.
/// </summary>
/// <remarks>Safe to call from several threads.</remarks>
internal sealed class TableCache : IDisposable
{
    private readonly Dictionary<(long Height, long Width, string Device, ScalarType Type), Tensor> tables = [];
    private readonly Lock gate = new();

    /// <param name="height">First part of the key, usually tokens.</param>
    /// <param name="width">Second part of the key.</param>
    /// <param name="device">Where the table is wanted.</param>
    /// <param name="type">What type it is wanted in.</param>
    /// <param name="make">Makes the table, float32 on the CPU.</param>
    /// <returns>The table, owned by the cache: not to be disposed by the caller.</returns>
    public Tensor Get(long height, long width, Device device, ScalarType type, Func<Tensor> make)
    {
        lock (gate)
        {
            var key = (height, width, device.ToString(), type);
            if (!tables.TryGetValue(key, out var table))
            {
                using var scope = NewDisposeScope();
                using var plain = inference_mode(false); // else the table could never take part in training
                using var frozen = no_grad();
                table = make().to(type, device).DetachFromDisposeScope();
                tables.Add(key, table);
            }

            return table;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var table in tables.Values)
                table.Dispose();
            tables.Clear();
        }
    }
}
