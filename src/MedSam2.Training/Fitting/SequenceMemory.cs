using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Inference.Memory;
using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>How a slice of a training sequence was answered.</summary>
internal enum SliceOrigin
{
    /// <summary>From what is remembered.</summary>
    Tracked,

    /// <summary>From a prompt of the whole object.</summary>
    Prompted,

    /// <summary>Tracked, then mended by clicks.</summary>
    Corrected,
}

/// <summary>
/// What a training sequence remembers of its objects. The tracker's own <see cref="ObjectMemory"/> decides, object by object, what stays, what is attended
/// to and how much it weighs, so that a network learns with the memory that it is used with; gradients flow through what was chosen, not through the choice.
/// </summary>
/// <param name="model">Encoded the memories.</param>
/// <param name="options">Bank and resampling.</param>
/// <param name="slices">Slices of the sequence.</param>
internal sealed class SequenceMemory(Sam2Model model, TrackingOptions options, int slices) : IDisposable
{
    private readonly Dictionary<int, (Tensor Map, Tensor Pointer)> encoded = [];
    private (ObjectMemory Memory, MemoryBank? Bank)[] objects = [];

    /// <summary>Remembers a slice of all objects.</summary>
    /// <param name="slice">Its place in the sequence.</param>
    /// <param name="image">Its features, once for each of the N objects.</param>
    /// <param name="output">The answer that is remembered.</param>
    /// <param name="map">The memory encoder's map of it, <c>[N, Cm, h, w]</c>.</param>
    /// <param name="origin">Prompted and corrected slices are pinned.</param>
    public void Add(int slice, ImageFeatures image, SamOutput output, Tensor map, SliceOrigin origin)
    {
        if (objects.Length == 0)
            objects = [.. Enumerable.Range(0, (int)map.size(0)).Select(_ => Create())];
        using var noGradient = no_grad();
        encoded[slice] = (map, output.ObjPtr);
        using var scores = output.ObjectScoreLogits.detach().cpu().contiguous();
        using var chosen = output.Ious.detach().amax([1]).cpu().contiguous();
        for (var n = 0; n < objects.Length; n++)
        {
            var memory = objects[n].Memory;
            var (confidence, score) = (chosen.data<float>()[n], scores.data<float>()[n]);
            if (origin == SliceOrigin.Tracked && !memory.Admits(confidence, score > 0))
                continue;
            var seen = new SliceMemory
            {
                Slice = slice,
                Axis = SliceAxis.K,
                Center = new(0, 0, slice),
                Features = map.detach().narrow(0, n, 1),
                Pointer = output.ObjPtr.detach().narrow(0, n, 1),
                ImageEmbedding = image.Top.detach().narrow(0, n, 1),
                MaskLogits = output.LowResMasks.detach().narrow(0, n, 1),
                Confidence = confidence,
                ObjectScore = score,
                IsCorrection = origin == SliceOrigin.Corrected,
            };
            if (origin == SliceOrigin.Tracked)
                memory.Remember(seen);
            else
                memory.Pin(seen);
        }
    }

    /// <summary>What a slice attends to: a slot for each slice that any object remembers, hidden from the objects that do not.</summary>
    /// <param name="slice">Its place in the sequence.</param>
    /// <param name="image">Its features, once for each of the N objects.</param>
    public MemoryContext At(int slice, ImageFeatures image)
    {
        using var noGradient = no_grad();
        var choices = objects.Select((o, n) =>
        {
            using var embedding = image.Top.detach().narrow(0, n, 1);
            return o.Memory.Choose(new(slice, slices, IsReverse: false, new(SliceAxis.K, slice), embedding));
        }).ToArray();
        return new(
            [.. Slots(choices, c => c.Maps.ToDictionary(m => m.Memory.Slice)).Select(slot => new MemorySlot(encoded[slot.Slice].Map)
            {
                TemporalRows = [.. slot.Of.Select(map => map?.TemporalRow ?? 0)],
                AttentionBias = Biases(slot.Of.Select(map => map?.Bias)),
            })],
            [.. Slots(choices, c => c.Pointers.ToDictionary(p => p.Memory.Slice)).Select(slot => new PointerSlot(encoded[slot.Slice].Pointer)
            {
                TemporalPositions = [.. slot.Of.Select((pointer, n) => pointer is { } known ? (float?)(known.Distance / choices[n].PointerSpan) : 0)],
                AttentionBias = Biases(slot.Of.Select(pointer => pointer?.Bias)),
            })]);
    }

    public void Dispose()
    {
        foreach (var (memory, bank) in objects)
        {
            memory.Dispose();
            bank?.Dispose();
        }

        objects = [];
    }

    /// <summary>What each object chose of each slice; null where it does not remember the slice.</summary>
    private static IEnumerable<(int Slice, T?[] Of)> Slots<T>(IReadOnlyList<MemoryChoice> choices, Func<MemoryChoice, Dictionary<int, T>> bySlice)
        where T : struct
    {
        var chosen = choices.Select(bySlice).ToArray();
        return chosen.SelectMany(c => c.Keys).Distinct().Order()
            .Select(slice => (slice, chosen.Select(c => c.TryGetValue(slice, out var value) ? value : (T?)null).ToArray()));
    }

    private static float[] Biases(IEnumerable<double?> biases)
    {
        float[] all = [.. biases.Select(b => (float)(b ?? double.NegativeInfinity))];
        return Array.TrueForAll(all, b => b == 0) ? [] : all;
    }

    private (ObjectMemory Memory, MemoryBank? Bank) Create()
    {
        if (options.Bank == MemoryBankKind.Fifo)
            return (new FifoMemory(model.Configuration), null);
        var bank = MemoryBank.Create(options);
        return (new BankMemory(model.Configuration, options, bank, () => []), bank);
    }
}
