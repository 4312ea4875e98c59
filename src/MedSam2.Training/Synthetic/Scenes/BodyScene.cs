using System.Numerics;
using MedSam2.Training.Synthetic.Abdomen;
using MedSam2.Training.Synthetic.Abdomen.Rendering;
using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>
/// Scenes that are made-up trunks (<see cref="AbdominalAnatomy"/>), stretched and bent, some organs left out, lesions put in:
/// organs as they lie beside each other, tissues that are alike, vertebrae and ribs that follow each other. Grey values are not the
/// phantom's but drawn by the painter.
/// </summary>
internal static class BodyScene
{
    /// <summary>Makes the scene of a seed: x to the patient's left, y to the back, z to the head.</summary>
    /// <param name="seed">Source of all choices.</param>
    /// <param name="side">Voxels along each edge.</param>
    public static Scene Create(int seed, int side)
    {
        var random = new Random(unchecked((seed * 16777619) ^ 0x80d1e5));
        var anatomy = AbdominalAnatomy.Create(random.Next());
        var tissues = anatomy.Tissues.Where(tissue => tissue.Label == 0 || random.NextDouble() < 0.92).ToArray();
        var found = new BodyRegions(tissues);
        var named = anatomy with { Tissues = [.. tissues.Select((tissue, n) => new Numbered(tissue, found[n]))] };
        var voxels = Render(random, named, side, found);
        AddLesions(random, voxels, side, found.Regions);
        return new(side, voxels, found.Regions) { Axial = 0.5 };
    }

    private static byte[] Render(Random random, AbdominalAnatomy anatomy, int side, BodyRegions found)
    {
        var pixel = (float)(Blob.Uniform(random, 300, 420) / side);
        var spacing = (float)(Blob.Uniform(random, 150, 260) / side);
        var corner = -side * pixel / 2;
        var bottom = (float)Blob.Uniform(random, -30, 30) - (side * spacing / 2);
        var renderer = new SliceRenderer(anatomy, new Distortion(random.Next(), (float)Blob.Uniform(random, 0.6, 2)), side, side, new(corner), pixel);
        var (voxels, density) = (new byte[side * side * side], new float[side * side]);
        for (var z = 0; z < side; z++)
        {
            Array.Fill(density, ScannerModel.Air);
            var slice = voxels.AsSpan(z * side * side, side * side);
            renderer.Render(bottom + (z * spacing), density, slice);
            found.Add(slice, density);
        }

        found.Describe();
        return voxels;
    }

    /// <summary>Rounded masses within an organ.</summary>
    private static void AddLesions(Random random, byte[] voxels, int side, List<SceneRegion> regions)
    {
        for (var tries = random.Next(0, 7); tries > 0 && regions.Count < byte.MaxValue; tries--)
        {
            var centre = random.Next(voxels.Length);
            var organ = voxels[centre];
            if (!regions[organ].IsObject)
                continue;
            var (x, y, z) = (centre % side, centre / side % side, centre / side / side);
            var radii = new Vector3(Radius(), Radius(), Radius());
            var region = (byte)regions.Count;
            regions.Add(new(IsObject: true, Parent: organ));
            for (var n = 0; n < voxels.Length; n++)
            {
                if (voxels[n] == organ && (new Vector3((n % side) - x, (n / side % side) - y, (n / side / side) - z) / radii).LengthSquared() < 1)
                    voxels[n] = region;
            }
        }

        float Radius() => (float)(side * Math.Exp(Blob.Uniform(random, Math.Log(0.02), Math.Log(0.1))));
    }

    /// <summary>A tissue that writes the number of its region where it would write its label.</summary>
    private sealed class Numbered(Tissue tissue, byte region) : Tissue(tissue.Bounds, region)
    {
        public override float Distance(in Place place) => tissue.Distance(in place);

        public override float Density(in Place place, float depth) => tissue.Density(in place, depth);
    }
}
