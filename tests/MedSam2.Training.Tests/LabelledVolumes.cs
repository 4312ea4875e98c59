using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.NetworkTestSupport;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Training.Tests;

/// <summary>Small labelled volumes, made on the spot, and the toy network as a model on disk.</summary>
internal static class LabelledVolumes
{
    /// <summary>A bright ball (label 1) and a darker box (label 2) in noise.</summary>
    public static EvaluationCase Create(int seed, int size = 40, int slices = 6)
    {
        var geometry = new VolumeGeometry(size, size, slices, Affine.Identity with { K = new(0, 0, 3) });
        var random = new Random(seed);
        var (x, y, radius) = (random.Next(12, 18), random.Next(14, 24), random.Next(6, 9));
        var values = new float[geometry.VoxelCount];
        var labels = new LabelMap(geometry);
        for (var k = 0; k < slices; k++)
        {
            for (var j = 0; j < size; j++)
            {
                for (var i = 0; i < size; i++)
                {
                    var inBall = Math.Pow(i - x, 2) + Math.Pow(j - y, 2) + Math.Pow(3 * (k - (slices / 2)), 2) < radius * radius;
                    var inBox = i is >= 28 and < 36 && j is >= 6 and < 18 && k > 0;
                    labels[i, j, k] = inBall ? (byte)1 : inBox ? (byte)2 : (byte)0;
                    values[geometry.Offset(i, j, k)] = (inBall ? 200 : inBox ? 120 : 60) + random.Next(20);
                }
            }
        }

        return new($"volume-{seed}", new Volume(geometry, new Float32Voxels(values), window: new IntensityWindow(0, 255)), labels);
    }

    /// <summary>So many volumes, two of each patient.</summary>
    public static IReadOnlyList<EvaluationCaseSource> Sources(int count) =>
        [.. Enumerable.Range(0, count).Select(n => new EvaluationCaseSource($"volume-{n}", _ => Create(n)) { Patient = $"patient-{n / 2}" })];

    /// <summary>The toy network in a folder as any model.</summary>
    public static Sam2Weights SaveToy(string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(FormulaModel.ConfigurationFile("toy"), Path.Combine(folder, "config.yaml"));
        using Sam2Model model = FormulaModel.Create("toy");
        SafetensorsFile.Write(Path.Combine(folder, "weights.safetensors"), model.state_dict());
        return Sam2Weights.Find(folder);
    }
}
