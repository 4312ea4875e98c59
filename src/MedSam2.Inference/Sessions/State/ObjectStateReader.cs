using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Closer;
using MedSam2.Inference.Features;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Orientations;
using MedSam2.Inference.Prompts;
using static TorchSharp.torch;

namespace MedSam2.Inference.Sessions.State;

/// <summary>Reads what <see cref="ObjectStateWriter"/> wrote.</summary>
/// <param name="reader">At the beginning of the bytes.</param>
/// <param name="sliceSize">Pixels of a stack's slices along x and y.</param>
/// <param name="device">Where the network is.</param>
/// <param name="encode">A slice's image embedding, owned by whoever asks.</param>
/// <param name="createView">Makes a closer view of a region along an axis that knows nothing yet.</param>
internal sealed class ObjectStateReader(
    BinaryReader reader,
    Func<SliceAxis, (int Width, int Height)> sliceSize,
    Device device,
    Func<StackView, int, Tensor> encode,
    Func<SliceAxis, PixelBox, SegmentedObject, CloserView> createView)
{
    private const byte WithoutSpread = 1;
    private const byte WithoutViews = 2;
    private const byte WithoutChoice = 3; // of closer views: the session's, for all of its objects

    private PixelBox region;

    /// <param name="create">Makes an empty object of an order and a revision.</param>
    /// <exception cref="InvalidDataException">The bytes are of another version.</exception>
    public SegmentedObject Read(Func<long, int, SegmentedObject> create)
    {
        var version = reader.ReadByte();
        if (version is not (WithoutSpread or WithoutViews or WithoutChoice or ObjectStateWriter.Version))
            throw new InvalidDataException($"The object was kept by another version (layout {version}, this one has {ObjectStateWriter.Version}).");
        var known = create(reader.ReadInt64(), reader.ReadInt32());
        try
        {
            for (var n = reader.ReadInt32(); n > 0; n--)
                ReadStack(known);
            SliceMemory[] entries = [.. ReadMemories()];
            known.Bank?.Restore(entries);
            known.Spread = version > WithoutSpread && reader.ReadBoolean() ? ReadSpread() : null;
            if (version > WithoutChoice)
                known.IsSeenCloser = reader.ReadBoolean();
            foreach (var (axis, stack) in version > WithoutViews ? known.Stacks : [])
            {
                for (var n = reader.ReadInt32(); n > 0; n--)
                    stack.Closer = [.. stack.Closer, ReadView(axis, create)];
                for (var n = reader.ReadInt32(); n > 0; n--)
                    stack.Memory.Pinned[reader.ReadInt32()].IsCorrection = true;
            }

            if (version == WithoutChoice)
                known.IsSeenCloser |= known.Stacks.Any(s => s.Stack.Closer.Count > 0);

            return known;
        }
        catch
        {
            known.Dispose();
            throw;
        }
    }

    private void ReadStack(SegmentedObject known)
    {
        var axis = (SliceAxis)reader.ReadByte();
        var stack = known.Stack(axis);
        for (var n = reader.ReadInt32(); n > 0; n--)
            stack.Prompts.Add(reader.ReadInt32(), ReadPrompts(axis));
        for (var n = reader.ReadInt32(); n > 0; n--)
            stack.Masks.Add(reader.ReadInt32(), new StoredMask(ReadRuns(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadInt32(), reader.ReadBoolean()));
        foreach (var memory in ReadMemories())
            stack.Memory.Pinned.Add(memory.Slice, memory);
        foreach (var memory in ReadMemories())
            ((FifoMemory)stack.Memory).Remember(memory);
    }

    private CloserView ReadView(SliceAxis axis, Func<long, int, SegmentedObject> create)
    {
        var part = ReadBox();
        var inside = new ObjectStateReader(reader, _ => (part.Width, part.Height), device, encode, createView) { region = part };
        return createView(axis, part, inside.Read(create));
    }

    private SlicePrompts ReadPrompts(SliceAxis axis)
    {
        var points = new PromptPoint[reader.ReadInt32()];
        for (var n = 0; n < points.Length; n++)
            points[n] = new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadBoolean());
        PromptBox? box = reader.ReadBoolean() ? new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble()) : null;
        var (width, height) = sliceSize(axis);
        return new(points, box, reader.ReadBoolean() ? ReadRuns().Decode(width, height) : null);
    }

    private MaskRuns ReadRuns()
    {
        var box = ReadBox();
        return new(box, reader.ReadBytes(reader.ReadInt32()));
    }

    private PixelBox ReadBox() => new(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());

    private SpreadMap ReadSpread()
    {
        OrientationChoice? choice = reader.ReadByte() is var known and not byte.MaxValue ? (OrientationChoice)known : null;
        var axis = (SliceAxis)reader.ReadByte();
        var box = new VoxelBox(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        return SpreadMap.Read(choice, axis, box, reader.ReadBytes(reader.ReadInt32()));
    }

    private IEnumerable<SliceMemory> ReadMemories()
    {
        for (var n = reader.ReadInt32(); n > 0; n--)
        {
            var (slice, axis) = (reader.ReadInt32(), (SliceAxis)reader.ReadByte());
            yield return new SliceMemory
            {
                Slice = slice,
                Axis = axis,
                Center = new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble()),
                Confidence = reader.ReadSingle(),
                ObjectScore = reader.ReadSingle(),
                Pointer = ReadTensor(),
                MaskLogits = ReadTensor(),
                Features = reader.ReadBoolean() ? ReadTensor() : null,
                EncodeImage = () => encode(new(axis, region), slice),
            };
        }
    }

    private Tensor ReadTensor()
    {
        using var scope = NewDisposeScope();
        var type = (ScalarType)reader.ReadByte();
        var shape = new long[reader.ReadInt32()];
        for (var n = 0; n < shape.Length; n++)
            shape[n] = reader.ReadInt64();
        var cpu = zeros(shape, dtype: type);
        reader.BaseStream.ReadExactly(cpu.bytes);
        return cpu.to(device).alias().DetachFromDisposeScope();
    }
}
