using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Lines up memories and pointers as the sequence that memory attention takes.</summary>
internal static class MemoryAssembly
{
    public static MemorySequence Assemble(Sam2Model model, MemoryContext context)
    {
        using var scope = NewDisposeScope();
        if (context.Memories.Count == 0)
            throw new ArgumentException("At least one memory is needed; without any use ConditionWithoutMemory.", nameof(context));

        var (batch, type, device) = (context.Memories[0].Features.size(0), model.Type, model.Device);
        var tokens = new List<Tensor>();
        var positions = new List<Tensor>();
        var biases = new List<(IReadOnlyList<float> Values, long Tokens)>();
        foreach (var slot in context.Memories)
        {
            Check(slot.Features, [batch, model.Configuration.MemDim, -1, -1], nameof(MemorySlot));
            var (height, width) = (slot.Features.size(2), slot.Features.size(3));
            var place = model.memory_encoder.Position(height, width, device, type).flatten(2).transpose(1, 2); // 1,h*w,d_mem
            tokens.Add(slot.Features.to(type, device).flatten(2).transpose(1, 2)); // B,h*w,d_mem
            positions.Add(TemporalRows(model, slot.TemporalRows, batch) is { } rows ? place + rows : place);
            biases.Add((slot.AttentionBias, height * width));
        }

        var pointerTokens = 0L;
        foreach (var slot in context.Pointers)
        {
            Check(slot.Pointer, [batch, model.Configuration.HiddenDim], nameof(PointerSlot));
            var pieces = model.Configuration.HiddenDim / model.Configuration.MemDim; // a pointer is cut into tokens of a memory's width
            tokens.Add(slot.Pointer.to(type, device).reshape(batch, pieces, -1));
            positions.Add(PointerPositions(model, slot.TemporalPositions, batch).expand(-1, pieces, -1));
            biases.Add((slot.AttentionBias, pieces));
            pointerTokens += pieces;
        }

        var rowsOfPositions = positions.Max(p => p.size(0));
        return new MemorySequence(
            cat(tokens, 1).MoveToOuterDisposeScope(),
            cat([.. positions.Select(p => p.expand(rowsOfPositions, -1, -1))], 1).MoveToOuterDisposeScope(),
            pointerTokens,
            Bias(biases, batch, type, device)?.MoveToOuterDisposeScope());
    }

    /// <returns><c>[B or 1,1,d_mem]</c>; null where no object has one.</returns>
    private static Tensor? TemporalRows(Sam2Model model, IReadOnlyList<int?> rows, long batch)
    {
        CheckCount(rows.Count, batch, nameof(MemorySlot.TemporalRows));
        if (rows.All(r => r is null))
            return null;
        var table = model.maskmem_tpos_enc; // rows,1,1,d_mem
        if (rows.Any(r => r < 0 || r >= table.size(0)))
            throw new ArgumentException($"{nameof(MemorySlot.TemporalRows)} must lie between 0 and {table.size(0) - 1}.");
        return cat([.. rows.Select(r => r is { } row ? table.narrow(0, row, 1).view(1, 1, -1) : zeros(1, 1, table.size(3), table.dtype, table.device))], 0);
    }

    /// <returns><c>[B or 1,1,d_mem]</c>.</returns>
    private static Tensor PointerPositions(Sam2Model model, IReadOnlyList<float?> positions, long batch)
    {
        CheckCount(positions.Count, batch, nameof(PointerSlot.TemporalPositions));
        var (configuration, type, device) = (model.Configuration, model.Type, model.Device);
        if (!configuration.AddTposEncToObjPtrs || positions.All(p => p is null))
            return zeros(1, 1, configuration.MemDim, type, device);

        var width = configuration.ProjTposEncInObjPtrs ? configuration.HiddenDim : configuration.MemDim;
        var at = tensor([.. positions.Select(p => p ?? 0)], device: device);
        var encoded = PositionEmbeddingSine.OneDimensional(at, width).to(type); // B or 1,width
        if (model.obj_ptr_tpos_proj is { } projection)
            encoded = projection.forward(encoded);
        if (positions.Any(p => p is null))
            encoded = encoded * tensor([.. positions.Select(p => p is null ? 0f : 1f)], dtype: type, device: device).unsqueeze(1);
        return encoded.unsqueeze(1);
    }

    /// <returns><c>[B or 1,M]</c>; null where no slot has one.</returns>
    private static Tensor? Bias(List<(IReadOnlyList<float> Values, long Tokens)> biases, long batch, ScalarType type, Device device)
    {
        if (biases.All(b => b.Values.All(v => v == 0)))
            return null;
        var rows = biases.Max(b => Math.Max(1, b.Values.Count));
        var values = new float[rows * biases.Sum(b => b.Tokens)];
        var at = 0;
        for (var row = 0; row < rows; row++)
        {
            foreach (var (slot, tokens) in biases)
            {
                if (slot.Count > 0)
                    CheckCount(slot.Count, batch, nameof(MemorySlot.AttentionBias));
                values.AsSpan(at, (int)tokens).Fill(slot.Count == 0 ? 0 : slot.Count == 1 ? slot[0] : slot[row]);
                at += (int)tokens;
            }
        }

        return tensor(values, [rows, at / rows], type, device);
    }

    private static void CheckCount(int count, long batch, string what)
    {
        if (count != 1 && count != batch)
            throw new ArgumentException($"{what} holds {count} values for {batch} objects; give one for all or one for each.");
    }

    private static void Check(Tensor tensor, long[] shape, string what)
    {
        if (tensor.dim() != shape.Length || shape.Where((n, d) => n >= 0 && tensor.size(d) != n).Any())
            throw new ArgumentException($"A {what} has the shape [{string.Join(",", tensor.shape)}]; [{string.Join(",", shape)}] is wanted (-1: any).");
    }
}
