using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>A real spinal cord whose voxels are stored sagittally (to the back, up, to the right), slightly oblique: i and j are no axial plane.</summary>
public sealed class ObliqueStackTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private const int Reach = 2; // slices on each side
    private const int Side = 40; // voxels

    [Theory]
    [InlineData(SliceAxis.I)]
    [InlineData(SliceAxis.J)]
    [InlineData(SliceAxis.K)]
    public void A_drawn_slice_carries_the_cord_to_its_neighbours_along_any_axis(SliceAxis axis)
    {
        var (volume, labels) = Read();
        var (index, _) = labels.LargestSlice(axis, 1);
        using var session = new VolumeSession(nano.Model, volume);
        session.Prompt(1, new SlicePrompt(axis, index, [], Mask: labels.ReadSlice(axis, index, 1)));

        var masks = session.Propagate([1], new PropagationRange(axis, index - Reach, index + Reach)).ToArray();

        Assert.Equal(2 * Reach, masks.Count(m => m.Index != index));
        var (width, height, _) = volume.Geometry.SliceShape(axis);
        Assert.All(masks, m => Assert.Equal((axis, width, height), (m.Axis, m.Mask.Width, m.Mask.Height)));
        var dice = masks.Where(m => m.Index != index).Average(m => Overlap.Dice(m.Mask, labels.ReadSlice(axis, m.Index, 1)));
        Assert.True(dice > 0.3, $"Dice of the slices beside the drawn one is {dice:f3}: the masks are not where the cord is.");
    }

    [Fact]
    public void Six_orientations_meet_in_the_volumes_own_voxels()
    {
        var (volume, labels) = Crop(Read());
        var (index, _) = labels.LargestSlice(SliceAxis.K, 1);
        using var session = new VolumeSession(nano.Model, volume);
        session.Prompt(1, new SlicePrompt(SliceAxis.K, index, [], Mask: labels.ReadSlice(SliceAxis.K, index, 1)));

        session.Propagate([1], PropagationRange.Whole with { Orientations = OrientationChoice.Six }).Complete();

        var map = session.ToLabelMap();
        Assert.Equal(volume.Geometry, map.Geometry);
        Assert.Equal(labels.ReadSlice(SliceAxis.K, index, 1).Pixels, map.ReadSlice(SliceAxis.K, index, 1).Pixels);
        var uncertainty = session.UncertaintyMap(1);
        Assert.NotNull(uncertainty);
        Assert.Equal(volume.Geometry, uncertainty.Geometry);
    }

    /// <summary>The middle of the volume, small enough for six passes.</summary>
    private static (Volume Volume, LabelMap Labels) Crop((Volume Volume, LabelMap Labels) whole)
    {
        var geometry = whole.Volume.Geometry;
        var (index, _) = whole.Labels.LargestSlice(SliceAxis.K, 1);
        var box = whole.Labels.ReadSlice(SliceAxis.K, index, 1).BoundingBox();
        var (i, j, k) = (Start(box.X + (box.Width / 2), geometry.Columns), Start(box.Y + (box.Height / 2), geometry.Rows), Start(index, geometry.Slices));
        var affine = geometry.IjkToLps;
        var part = new VolumeGeometry(
            Math.Min(Side, geometry.Columns), Math.Min(Side, geometry.Rows), Math.Min(Side, geometry.Slices),
            affine with { Origin = affine.Origin + (affine.I * i) + (affine.J * j) + (affine.K * k) });
        var (voxels, labels) = (new short[part.VoxelCount], new byte[part.VoxelCount]);
        for (var n = 0; n < voxels.Length; n++)
        {
            var (x, y, z) = (i + (n % part.Columns), j + (n / part.Columns % part.Rows), k + (n / (part.Columns * part.Rows)));
            voxels[n] = (short)whole.Volume[x, y, z];
            labels[n] = whole.Labels[x, y, z];
        }

        return (new Volume(part, new Int16Voxels(voxels), whole.Volume.Modality, whole.Volume.Window), new LabelMap(part, labels));

        static int Start(int middle, int length) => Math.Clamp(middle - (Side / 2), 0, Math.Max(0, length - Side));
    }

    private static (Volume Volume, LabelMap Labels) Read()
    {
        var folder = SharedData.Require("mr-spinalcord-nifti");
        var volume = NiftiFile.ReadVolume(Path.Combine(folder, "t2.nii.gz"));
        var labels = NiftiFile.ReadLabelMap(Path.Combine(folder, "t2_seg-manual.nii.gz"));
        Assert.True(Math.Abs(volume.Geometry.IjkToLps.K.X) > Math.Abs(volume.Geometry.IjkToLps.K.Z), "The slices are axial: the volume does not test what it should.");
        return (volume, labels);
    }
}
