using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>Pictures of different sizes laid in a stack, each squared to the network's size, as the network would see it.</summary>
internal static class PictureStack
{
    /// <summary>The pictures as slices of one volume: grey values by bilinear interpolation, labels by the nearest pixel.</summary>
    public static EvaluationCase Of(IReadOnlyList<EvaluationCase> pictures, int size, byte label)
    {
        var geometry = new VolumeGeometry(size, size, pictures.Count, Affine.Identity);
        var values = new float[geometry.VoxelCount];
        var labels = new LabelMap(geometry);
        for (var k = 0; k < pictures.Count; k++)
        {
            var (from, truth) = (pictures[k].Volume, pictures[k].Labels);
            var (width, height) = (from.Geometry.Columns, from.Geometry.Rows);
            var pixels = new float[width * height];
            from.ReadSlice(SliceAxis.K, 0, pixels);
            for (var y = 0; y < size; y++)
            {
                for (var x = 0; x < size; x++)
                {
                    var (u, v) = (((x + 0.5) * width / size) - 0.5, ((y + 0.5) * height / size) - 0.5);
                    values[geometry.Offset(x, y, k)] = Sample(pixels, width, height, u, v);
                    labels[x, y, k] = truth[Nearest(u, width), Nearest(v, height), 0] == label ? label : (byte)0;
                }
            }
        }

        return new("set", new Volume(geometry, new Float32Voxels(values), window: pictures[0].Volume.Window), labels);
    }

    private static int Nearest(double at, int size) => Math.Clamp((int)Math.Round(at), 0, size - 1);

    private static float Sample(float[] pixels, int width, int height, double u, double v)
    {
        (u, v) = (Math.Clamp(u, 0, width - 1), Math.Clamp(v, 0, height - 1));
        int x = (int)u, y = (int)v, right = Math.Min(x + 1, width - 1), below = Math.Min(y + 1, height - 1);
        var (a, b) = ((float)(u - x), (float)(v - y));
        var upper = (pixels[(y * width) + x] * (1 - a)) + (pixels[(y * width) + right] * a);
        var lower = (pixels[(below * width) + x] * (1 - a)) + (pixels[(below * width) + right] * a);
        return (upper * (1 - b)) + (lower * b);
    }
}
