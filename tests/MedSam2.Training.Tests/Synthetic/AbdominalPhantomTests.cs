using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Training.Synthetic.Abdomen;
using Xunit;

namespace MedSam2.Training.Tests.Synthetic;

public class AbdominalPhantomTests
{
    private static readonly AbdominalPhantomOptions Small = new() { Size = 192, Slices = 25, SliceThickness = 8 };

    private static readonly Lazy<AbdominalPhantom> Phantom = new(() => AbdominalPhantom.Create(Small));

    [Fact]
    public void Same_options_give_the_same_voxels_and_another_seed_gives_another_patient()
    {
        var options = new AbdominalPhantomOptions { Size = 96, Slices = 5, SliceThickness = 40 };

        var (first, again) = (AbdominalPhantom.Create(options), AbdominalPhantom.Create(options));
        var other = AbdominalPhantom.Create(options with { Seed = 2, Noise = 0 });

        Assert.Equal(Stored(first), Stored(again));
        Assert.Equal(first.Labels.Labels, again.Labels.Labels);
        Assert.NotEqual(first.Labels.Labels, other.Labels.Labels);
    }

    [Theory]
    [InlineData(AbdominalLabels.Liver, 95, 135)]
    [InlineData(AbdominalLabels.Spleen, 105, 140)]
    [InlineData(AbdominalLabels.KidneyRight, 130, 210)]
    [InlineData(AbdominalLabels.KidneyLeft, 130, 210)]
    [InlineData(AbdominalLabels.Gallbladder, 0, 45)]
    [InlineData(AbdominalLabels.Aorta, 140, 190)]
    [InlineData(AbdominalLabels.VenaCava, 100, 170)]
    [InlineData(AbdominalLabels.Pancreas, 40, 130)]
    [InlineData(AbdominalLabels.IliopsoasLeft, 30, 80)]
    [InlineData(AbdominalLabels.LungRight, -900, -650)]
    [InlineData(AbdominalLabels.VertebraL1, 200, 600)]
    public void Organ_has_the_density_of_the_portal_venous_phase(byte label, double least, double most)
    {
        var phantom = Phantom.Value;
        double sum = 0, count = 0;
        for (var n = 0; n < phantom.Labels.Labels.Length; n++)
        {
            if (phantom.Labels.Labels[n] != label)
                continue;
            sum += phantom.Volume.Voxels[n];
            count++;
        }

        Assert.InRange(count, 20, double.MaxValue);
        Assert.InRange(sum / count, least, most);
    }

    [Theory]
    [InlineData(AbdominalLabels.Liver, 1100, 2000)]
    [InlineData(AbdominalLabels.Spleen, 120, 350)]
    [InlineData(AbdominalLabels.KidneyRight, 90, 230)]
    [InlineData(AbdominalLabels.KidneyLeft, 90, 230)]
    public void Organ_has_the_size_of_a_mans(byte label, double leastMillilitres, double mostMillilitres)
    {
        var geometry = Phantom.Value.Labels.Geometry;

        var millilitres = Phantom.Value.Labels.Count(label) * geometry.IjkToLps.Determinant / 1000;

        Assert.InRange(millilitres, leastMillilitres, mostMillilitres);
    }

    [Fact]
    public void Liver_is_one_piece_on_the_patients_right_and_spleen_on_the_left()
    {
        Assert.InRange(Centre(AbdominalLabels.Liver).X, -120, -20);
        Assert.InRange(Centre(AbdominalLabels.Spleen).X, 60, 140);
        Assert.True(Centre(AbdominalLabels.VertebraL1).Y > Centre(AbdominalLabels.Stomach).Y);
        Assert.True(Centre(AbdominalLabels.Heart).Z > Centre(AbdominalLabels.KidneyLeft).Z);

        var pieces = ConnectedComponents.Of(Phantom.Value.Labels, AbdominalLabels.Liver).Sizes;
        Assert.InRange(pieces.Max() / (double)pieces.Sum(), 0.99, 1);
    }

    [Fact]
    public void Every_label_has_a_name_and_most_names_occur()
    {
        var values = Phantom.Value.Labels.Labels.Distinct().Where(label => label != 0).ToHashSet();

        Assert.All(values, value => Assert.Contains(value, AbdominalLabels.Names));
        Assert.InRange(values.Count, 38, 255);
    }

    [Fact]
    public void Slices_are_axial_head_first_and_supine()
    {
        var geometry = Phantom.Value.Volume.Geometry;

        Assert.True(geometry.IjkToLps.I is { X: > 0, Y: 0, Z: 0 });
        Assert.True(geometry.IjkToLps.J is { X: 0, Y: > 0, Z: 0 });
        Assert.Equal(new(0, 0, 8), geometry.IjkToLps.K);
        Assert.Equal("CT", Phantom.Value.Volume.Modality);
    }

    private static short[] Stored(AbdominalPhantom phantom) => Assert.IsType<Int16Voxels>(phantom.Volume.Voxels).Stored;

    private static Vector3D Centre(byte label)
    {
        var labels = Phantom.Value.Labels;
        var (sum, count) = (Vector3D.Zero, 0);
        for (var k = 0; k < labels.Geometry.Slices; k++)
        {
            for (var j = 0; j < labels.Geometry.Rows; j++)
            {
                for (var i = 0; i < labels.Geometry.Columns; i++)
                {
                    if (labels[i, j, k] != label)
                        continue;
                    sum += new Vector3D(i, j, k);
                    count++;
                }
            }
        }

        return labels.Geometry.IjkToLps.Transform(sum / count);
    }
}
