using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints;

/// <summary>Moves weights between a checkpoint and a module's parameters and buffers.</summary>
public static class StateDict
{
    /// <summary>
    /// Fills every parameter and persistent buffer of <paramref name="module"/>, converting to the precision and device it has. The
    /// checkpoint must hold exactly the module's keys with exactly its shapes. Either all is filled or nothing is touched.
    /// </summary>
    /// <remarks>While it runs, memory holds the checkpoint's values besides the module's: that is the price of all or nothing.</remarks>
    /// <exception cref="StateDictException">Keys are missing or unexpected, or shapes differ; all of them are listed.</exception>
    /// <exception cref="CheckpointException">Values cannot be read, or are not finite.</exception>
    public static void LoadStrict(nn.Module module, Checkpoint checkpoint)
    {
        var targets = module.state_dict();
        Compare(targets, checkpoint);

        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var values = new List<(Tensor Target, Tensor Value)>(targets.Count);
        foreach (var (name, target) in targets)
        {
            var value = checkpoint.Read(name);
            RequireFinite(checkpoint, name, value, target.dtype);
            values.Add((target, value));
        }

        foreach (var (target, value) in values)
            target.copy_(value);
    }

    private static void Compare(Dictionary<string, Tensor> targets, Checkpoint checkpoint)
    {
        var missing = targets.Keys.Where(name => !checkpoint.Tensors.ContainsKey(name)).ToList();
        var unexpected = checkpoint.Tensors.Keys.Where(name => !targets.ContainsKey(name)).ToList();
        var mismatched = new List<StateDictMismatch>();
        foreach (var (name, target) in targets)
        {
            if (!checkpoint.Tensors.TryGetValue(name, out var stored))
                continue;
            if (!stored.Shape.AsSpan().SequenceEqual(target.shape) || !Converts(stored.Type, target.dtype))
                mismatched.Add(new StateDictMismatch(name, CheckpointTensor.Describe(target.dtype, target.shape), stored.ToString()));
        }

        if (missing.Count + unexpected.Count + mismatched.Count > 0)
            throw new StateDictException(checkpoint.Path, missing, unexpected, mismatched);
    }

    /// <summary>Precision may change; numbers may not become something else.</summary>
    private static bool Converts(ScalarType from, ScalarType to) => from == to || (IsFloating(from) && IsFloating(to));

    private static bool IsFloating(ScalarType type)
    {
        return type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;
    }

    /// <summary>Weights that are not finite, or not so in the module's precision, would turn every mask into nonsense without a word.</summary>
    private static void RequireFinite(Checkpoint checkpoint, string name, Tensor value, ScalarType type)
    {
        if (!IsFloating(type))
            return;
        using var scope = NewDisposeScope();
        if (!value.to(type).isfinite().all().item<bool>())
            throw new CheckpointException(checkpoint.Path, name, $"it holds values that are not finite as {type}");
    }
}
