using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference.Orientations;

/// <summary>
/// What several passes say together. With pass p giving voxel v the probability <c>q_p(v)</c>, and its slice through v the
/// confidence <c>w_p(v)</c> (predicted IoU times presence):
/// <list type="bullet">
/// <item>probability <c>q = sum(w_p q_p) / sum(w_p)</c>; the object is where q is at least one half;</item>
/// <item>spread <c>s = sqrt(sum(w_p q_p²) / sum(w_p) - q²)</c>, the uncertainty.</item>
/// </list>
/// </summary>
internal sealed class FusedObject
{
    private readonly IReadOnlyList<PassRecord> passes;
    private readonly float[] probability;
    private readonly float[] spread;

    private FusedObject(VoxelBox box, IReadOnlyList<PassRecord> passes, float[] probability, float[] spread)
    {
        (Box, this.passes, this.probability, this.spread) = (box, passes, probability, spread);
    }

    /// <summary>Outside of it every pass says no.</summary>
    public VoxelBox Box { get; }

    public static FusedObject Fuse(IReadOnlyList<PassRecord> passes)
    {
        var box = passes.SelectMany(p => p.Slices.Select(s => VoxelBox.OfSlice(p.Axis, s.Key, s.Value.Box)))
            .Aggregate(VoxelBox.Empty, (union, next) => union.Union(next));
        var sum = new float[box.Count];
        var squares = new float[box.Count];
        foreach (var pass in passes)
        {
            foreach (var (slice, said) in pass.Slices)
                Add(box, pass.Axis, slice, said, sum, squares);
        }

        Normalise(box, [.. passes.Select(p => (p.Axis, Confidences(p)))], sum, squares);
        return new FusedObject(box, passes, sum, squares);
    }

    /// <summary>The object on one slice.</summary>
    public Mask Section(VolumeGeometry geometry, SliceAxis axis, int slice)
    {
        var (sliceWidth, sliceHeight, _) = geometry.SliceShape(axis);
        var mask = new Mask(sliceWidth, sliceHeight);
        if (!Contains(Box, axis, slice))
            return mask;
        var (_, _, left, width, top, height) = Box.Along(axis);
        for (var y = top; y < top + height; y++)
        {
            for (var x = left; x < left + width; x++)
                mask.Pixels[(y * sliceWidth) + x] = probability[Box.Offset(axis, slice, x, y)] >= 0.5f ? (byte)1 : (byte)0;
        }

        return mask;
    }

    /// <summary>The spread of a voxel, 0 to 0.5.</summary>
    public float SpreadAt(int i, int j, int k) => Box.Contains(i, j, k) ? spread[Box.Offset(i, j, k)] : 0;

    /// <summary>
    /// The mean spread, 0 to 0.5, where passes can be compared: of the voxels that at least two of them have seen and at least one takes for
    /// the object. 0 where there are none.
    /// </summary>
    public double MeanSpread()
    {
        var isCounted = new bool[Box.Count];
        var (sum, count) = (0.0, 0);
        foreach (var pass in passes)
        {
            foreach (var (slice, said) in pass.Slices)
            {
                for (var n = 0; n < said.Levels.Length; n++)
                {
                    if (said.Levels[n] < ProbabilitySlice.Likely)
                        continue;
                    var voxel = VoxelBox.OfSlice(pass.Axis, slice, new(said.Box.X + (n % said.Box.Width), said.Box.Y + (n / said.Box.Width), 1, 1));
                    var offset = Box.Offset(voxel.I, voxel.J, voxel.K);
                    if (isCounted[offset] || passes.Count(p => p.Slices.ContainsKey(voxel.Along(p.Axis).Slice)) < 2)
                        continue;
                    isCounted[offset] = true;
                    sum += spread[offset];
                    count++;
                }
            }
        }

        return count == 0 ? 0 : sum / count;
    }

    /// <summary>The spread, to be kept.</summary>
    /// <param name="choice">The passes that were fused; null where only a part of the object's slices took their answer.</param>
    /// <param name="axis">The plane that they began in.</param>
    public SpreadMap ToSpreadMap(OrientationChoice? choice, SliceAxis axis) => SpreadMap.Create(choice, axis, Box, spread);

    /// <summary>The slice along an axis on which the object is largest; null where it is nowhere.</summary>
    public int? LargestSection(SliceAxis axis)
    {
        var (first, count, left, width, top, height) = Box.Along(axis);
        var (largest, most) = (-1, 0);
        for (var slice = first; slice < first + count; slice++)
        {
            var area = 0;
            for (var y = top; y < top + height; y++)
            {
                for (var x = left; x < left + width; x++)
                    area += probability[Box.Offset(axis, slice, x, y)] >= 0.5f ? 1 : 0;
            }

            if (area > most)
                (largest, most) = (slice, area);
        }

        return most > 0 ? largest : null;
    }

    private static void Add(VoxelBox box, SliceAxis axis, int slice, ProbabilitySlice said, float[] sum, float[] squares)
    {
        for (var y = said.Box.Y; y < said.Box.Y + said.Box.Height; y++)
        {
            for (var x = said.Box.X; x < said.Box.X + said.Box.Width; x++)
            {
                var offset = box.Offset(axis, slice, x, y);
                var q = said.At(x, y) / 255f;
                sum[offset] += said.Confidence * q;
                squares[offset] += said.Confidence * q * q;
            }
        }
    }

    /// <summary>Turns sums into means, and sums of squares into spreads. A pass weighs on all of a slice, also where it says no.</summary>
    private static void Normalise(VoxelBox box, (SliceAxis Axis, Dictionary<int, float> Weights)[] passes, float[] sum, float[] squares)
    {
        for (var k = box.K; k < box.K + box.Slices; k++)
        {
            for (var j = box.J; j < box.J + box.Rows; j++)
            {
                for (var i = box.I; i < box.I + box.Columns; i++)
                {
                    var weight = 0f;
                    foreach (var (axis, weights) in passes)
                        weight += weights.GetValueOrDefault(axis switch { SliceAxis.K => k, SliceAxis.J => j, _ => i });
                    var offset = box.Offset(i, j, k);
                    var mean = weight > 0 ? sum[offset] / weight : 0;
                    var variance = weight > 0 ? (squares[offset] / weight) - (mean * mean) : 0;
                    (sum[offset], squares[offset]) = (mean, MathF.Sqrt(Math.Max(variance, 0)));
                }
            }
        }
    }

    private static Dictionary<int, float> Confidences(PassRecord pass) => pass.Slices.ToDictionary(s => s.Key, s => s.Value.Confidence);

    private static bool Contains(VoxelBox box, SliceAxis axis, int slice)
    {
        var (first, count, _, _, _, _) = box.Along(axis);
        return slice >= first && slice < first + count;
    }
}
