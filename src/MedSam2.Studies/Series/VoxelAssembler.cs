using System.Buffers;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>One slice to read: its instance, its frame there, and what its values mean.</summary>
internal readonly record struct SliceToRead(SeriesInstance Instance, int Frame, FrameHeader Header)
{
    public FunctionalGroups Groups => new(Instance.Header, Frame);
}

/// <summary>
/// Decodes slices side by side, each straight into its place in the volume: 16-bit integers where one rescale serves
/// all slices, real values otherwise.
/// </summary>
internal static class VoxelAssembler
{
    /// <param name="slices">In volume order, all of one size.</param>
    /// <param name="cancellationToken">Stops between slices.</param>
    /// <exception cref="SeriesException">A slice cannot be decoded.</exception>
    public static Voxels Assemble(IReadOnlyList<SliceToRead> slices, CancellationToken cancellationToken)
    {
        var first = slices[0];
        var uniform = first.Instance.Format.BitsAllocated <= 16 && slices.All(s =>
            s.Instance.Format == first.Instance.Format && s.Header.Real == first.Header.Real && s.Header.Real.Lut is null);
        return uniform ? AssembleIntegers(slices, cancellationToken) : AssembleReals(slices, cancellationToken);
    }

    private static Int16Voxels AssembleIntegers(IReadOnlyList<SliceToRead> slices, CancellationToken cancellationToken)
    {
        var format = slices[0].Instance.Format;
        var pixels = format.Columns * format.Rows;
        var stored = new short[(long)pixels * slices.Count];
        var wide = false;
        ForEachSlice(slices, (k, bytes) =>
        {
            var slice = stored.AsSpan(k * pixels, pixels);
            StoredValues.ToInt16(bytes, format, slice);
            if (!format.Signed && StoredValues.AnyNegative(slice))
                Volatile.Write(ref wide, true);
        }, cancellationToken);

        var (slope, intercept) = (slices[0].Header.Real.Slope, slices[0].Header.Real.Intercept);
        if (wide)
        {
            // Unsigned values beyond 32767: move the zero so that 16 signed bits hold them.
            foreach (ref var value in stored.AsSpan())
                value ^= short.MinValue;
            intercept += 32768 * slope;
        }

        return new Int16Voxels(stored, (float)slope, (float)intercept);
    }

    private static Float32Voxels AssembleReals(IReadOnlyList<SliceToRead> slices, CancellationToken cancellationToken)
    {
        var pixels = slices[0].Instance.Format.Columns * slices[0].Instance.Format.Rows;
        var values = new float[(long)pixels * slices.Count];
        ForEachSlice(slices, (k, bytes) =>
        {
            var slice = slices[k];
            slice.Header.Real.Read(bytes, slice.Instance.Format, values.AsSpan(k * pixels, pixels));
        }, cancellationToken);
        return new Float32Voxels(values);
    }

    private static void ForEachSlice(IReadOnlyList<SliceToRead> slices, SliceAction place, CancellationToken cancellationToken)
    {
        OrderedParallel.For(slices.Count, k =>
        {
            var slice = slices[k];
            var bytes = slice.Instance.Format.FrameBytes;
            var buffer = ArrayPool<byte>.Shared.Rent(bytes);
            try
            {
                slice.Instance.Pixels.Read(slice.Frame, buffer);
                place(k, buffer.AsSpan(0, bytes));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }, _ => null, cancellationToken);
    }

    private delegate void SliceAction(int slice, ReadOnlySpan<byte> bytes);
}
