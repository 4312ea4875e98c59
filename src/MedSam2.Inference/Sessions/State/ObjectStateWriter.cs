using MedSam2.Imaging.Masks;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Orientations;
using MedSam2.Inference.Prompts;
using static TorchSharp.torch;

namespace MedSam2.Inference.Sessions.State;

/// <summary>
/// An object as bytes: what was said, all masks, and the memories, to the bit, so that an object read back answers the next
/// prompt as this one would. Image features are left out, since slices can be encoded again.
/// </summary>
internal static class ObjectStateWriter
{
    /// <summary>Raised with every change of the layout.</summary>
    public const byte Version = 4;

    public static byte[] Write(SegmentedObject known)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
            Write(writer, known);
        return bytes.ToArray();
    }

    private static void Write(BinaryWriter writer, SegmentedObject known)
    {
        writer.Write(Version);
        writer.Write(known.Order);
        writer.Write(known.Revision);
        var stacks = known.Stacks.ToArray();
        writer.Write(stacks.Length);
        foreach (var (axis, stack) in stacks)
        {
            writer.Write((byte)axis);
            Write(writer, stack.Prompts, Write);
            Write(writer, stack.Masks, Write);
            Write(writer, [.. stack.Memory.Pinned.Values]);
            Write(writer, stack.Memory is FifoMemory fifo ? [.. fifo.Tracked.Values] : []);
        }

        Write(writer, known.Bank is { } bank ? [.. bank.Entries.Select(e => e.Memory)] : []);
        writer.Write(known.Spread is not null);
        if (known.Spread is { } spread)
            Write(writer, spread);
        writer.Write(known.IsSeenCloser);
        foreach (var (_, stack) in stacks)
        {
            writer.Write(stack.Closer.Count);
            foreach (var view in stack.Closer)
            {
                Write(writer, view.Region);
                Write(writer, view.Inside);
            }

            int[] corrections = [.. stack.Memory.Pinned.Where(p => p.Value.IsCorrection).Select(p => p.Key)];
            writer.Write(corrections.Length);
            foreach (var slice in corrections)
                writer.Write(slice);
        }
    }

    private static void Write<T>(BinaryWriter writer, SortedDictionary<int, T> slices, Action<BinaryWriter, T> write)
    {
        writer.Write(slices.Count);
        foreach (var (slice, value) in slices)
        {
            writer.Write(slice);
            write(writer, value);
        }
    }

    private static void Write(BinaryWriter writer, SlicePrompts prompts)
    {
        writer.Write(prompts.Points.Count);
        foreach (var (x, y, include) in prompts.Points)
        {
            writer.Write(x);
            writer.Write(y);
            writer.Write(include);
        }

        writer.Write(prompts.Box.HasValue);
        if (prompts.Box is { } box)
        {
            writer.Write(box.X0);
            writer.Write(box.Y0);
            writer.Write(box.X1);
            writer.Write(box.Y1);
        }

        writer.Write(prompts.Mask is not null);
        if (prompts.Mask is { } mask)
            Write(writer, MaskRuns.Encode(mask));
    }

    private static void Write(BinaryWriter writer, StoredMask mask)
    {
        Write(writer, mask.Runs);
        writer.Write(mask.PredictedIou);
        writer.Write(mask.Presence);
        writer.Write(mask.Revision);
        writer.Write(mask.IsReverse);
    }

    private static void Write(BinaryWriter writer, MaskRuns runs)
    {
        Write(writer, runs.Box);
        writer.Write(runs.Runs.Length);
        writer.Write(runs.Runs.Span);
    }

    private static void Write(BinaryWriter writer, PixelBox box)
    {
        writer.Write(box.X);
        writer.Write(box.Y);
        writer.Write(box.Width);
        writer.Write(box.Height);
    }

    private static void Write(BinaryWriter writer, SpreadMap spread)
    {
        writer.Write(spread.Choice is { } choice ? (byte)choice : byte.MaxValue);
        writer.Write((byte)spread.Axis);
        var (i, j, k, columns, rows, slices) = spread.Box;
        foreach (var number in (ReadOnlySpan<int>)[i, j, k, columns, rows, slices, spread.Compressed.Length])
            writer.Write(number);
        writer.Write(spread.Compressed);
    }

    private static void Write(BinaryWriter writer, SliceMemory[] memories)
    {
        writer.Write(memories.Length);
        foreach (var memory in memories)
        {
            writer.Write(memory.Slice);
            writer.Write((byte)memory.Axis);
            writer.Write(memory.Center.X);
            writer.Write(memory.Center.Y);
            writer.Write(memory.Center.Z);
            writer.Write(memory.Confidence);
            writer.Write(memory.ObjectScore);
            Write(writer, memory.Pointer);
            Write(writer, memory.MaskLogits);
            writer.Write(memory.Features is not null);
            if (memory.Features is { } features)
                Write(writer, features);
        }
    }

    private static void Write(BinaryWriter writer, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var cpu = tensor.cpu().contiguous();
        writer.Write((byte)cpu.dtype);
        writer.Write(cpu.shape.Length);
        foreach (var side in cpu.shape)
            writer.Write(side);
        writer.Write(cpu.bytes);
    }
}
