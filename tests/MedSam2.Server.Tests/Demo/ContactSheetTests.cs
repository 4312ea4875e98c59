using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Demo;
using MedSam2.TestSupport;
using SkiaSharp;
using Xunit;

namespace MedSam2.Server.Tests.Demo;

public class ContactSheetTests
{
    private const int Columns = 36, Rows = 30, Slices = 5;
    private const int Pixel = ContactSheet.TileWidth / Columns;

    private static readonly Affine Supine = new(new(1, 0, 0), new(0, 1, 0), new(0, 0, 5), Vector3D.Zero);
    private static readonly IntensityWindow Window = new(0, 100);

    [Fact]
    public void Patients_left_is_on_the_right_and_the_back_below_however_the_volume_is_stored()
    {
        // The same body stored in three ways: bright on the patient's left, brighter towards the back.
        Affine[] ways =
        [
            Supine,
            new(new(-1, 0, 0), new(0, -1, 0), new(0, 0, 5), new(Columns - 1, Rows - 1, 0)),
            new(new(-1, 0, 0), new(0, 1, 0), new(0, 0, -5), new(Columns - 1, 0, 5 * (Slices - 1))),
        ];
        foreach (var way in ways)
        {
            var geometry = new VolumeGeometry(Columns, Rows, Slices, way);
            var volume = Volume(geometry, place => place.X < Columns / 2.0 ? (short)0 : (short)(20 + (int)place.Y));

            using var picture = Draw(volume, Empty(geometry), null, new SlicePrompt(SliceAxis.K, 2, []));

            Assert.Equal(0, Grey(picture, 5, 10));
            Assert.InRange(Grey(picture, 30, 25), Grey(picture, 30, 5) + 30, 255);
        }
    }

    [Fact]
    public void Mask_truth_and_box_are_drawn_where_they_are()
    {
        var geometry = new VolumeGeometry(Columns, Rows, Slices, Supine);
        var volume = Volume(geometry, _ => 40);
        var (mask, truth) = (Block(geometry, 2, 8, 16), Block(geometry, 2, 12, 20));

        using var picture = Draw(volume, mask, truth, new SlicePrompt(SliceAxis.K, 2, [new(30, 25)], new PromptBox(7, 5, 27, 22)));

        var (outside, inside) = (At(picture, 30, 15), At(picture, 9, 15));
        Assert.Equal((outside.Red, outside.Red), (outside.Green, outside.Blue));
        Assert.True(inside.Red > outside.Red + 30 && inside.Green < inside.Red - 30);
        Assert.Equal(outside, At(picture, 18, 15));
        Assert.True(HasColor(picture, ContactSheet.TruthColor, 20 * Pixel, 15 * Pixel));
        Assert.True(HasColor(picture, ContactSheet.PromptColor, (7 * Pixel) + (Pixel / 2), 15 * Pixel));
        Assert.True(HasColor(picture, ContactSheet.PromptColor, (30 * Pixel) + (Pixel / 2), (25 * Pixel) + (Pixel / 2)));
    }

    [Fact]
    public void Slices_span_mask_and_truth_and_include_the_prompt()
    {
        var geometry = new VolumeGeometry(4, 4, 100, Supine);
        var (mask, truth) = (Empty(geometry), Empty(geometry));
        mask[1, 1, 20] = truth[1, 1, 90] = 1;

        var slices = ContactSheet.ChooseSlices(geometry, SliceAxis.K, new(mask, 1), new LabelledStructure(truth, 1), 37);

        Assert.Equal((12, 20, 90), (slices.Length, slices[0], slices[^1]));
        Assert.Contains(37, slices);
        Assert.Equal(slices.Order(), slices);
        Assert.Equal([37], ContactSheet.ChooseSlices(geometry, SliceAxis.K, new(Empty(geometry), 1), null, 37));
    }

    [Fact]
    public void Sheet_shows_the_structure_and_its_surroundings_alone()
    {
        var geometry = new VolumeGeometry(400, 300, Slices, Supine);
        var view = new SliceView(geometry, SliceAxis.K);

        var crop = ContactSheet.Crop(view, SliceAxis.K, new(Block(geometry, 2, 100, 130), 1), null, new SlicePrompt(SliceAxis.K, 2, [new(180, 90)]));

        Assert.Equal(new SKRectI(60, 0, 221, 131), crop);
        Assert.Equal(new SKRectI(0, 0, 400, 300), ContactSheet.Crop(view, SliceAxis.K, new(Empty(geometry), 1), null, null));
    }

    [Fact]
    public void Coronal_slices_stand_head_up()
    {
        var view = new SliceView(new VolumeGeometry(Columns, Rows, Slices, Supine), SliceAxis.J);

        Assert.Equal((3.0, Slices - 1.0), view.ToPicture(3, 0));
        Assert.Equal(("R", "L"), (view.Left, view.Right));
        Assert.Equal(5, view.PixelHeight);
    }

    [Fact]
    public void Labels_of_another_size_are_refused()
    {
        var volume = Volume(new VolumeGeometry(Columns, Rows, Slices, Supine), _ => 0);
        var other = Empty(new VolumeGeometry(Columns, Rows, 4, Supine));

        Assert.Throws<ArgumentException>(() => ContactSheet.Draw(volume, Window, new(other, 1), null, null, "unused.png"));
    }

    private static SKBitmap Draw(Volume volume, LabelMap mask, LabelMap? truth, SlicePrompt prompt)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("sheet.png");
        ContactSheet.Draw(volume, Window, new(mask, 1), truth is null ? null : new LabelledStructure(truth, 1), prompt, path);
        return SKBitmap.Decode(path);
    }

    private static Volume Volume(VolumeGeometry geometry, Func<Vector3D, short> value)
    {
        var stored = new short[geometry.VoxelCount];
        for (var k = 0; k < geometry.Slices; k++)
        {
            for (var j = 0; j < geometry.Rows; j++)
            {
                for (var i = 0; i < geometry.Columns; i++)
                    stored[geometry.Offset(i, j, k)] = value(geometry.IjkToLps.Transform(new(i, j, k)));
            }
        }

        return new Volume(geometry, new Int16Voxels(stored));
    }

    private static LabelMap Empty(VolumeGeometry geometry) => new(geometry);

    private static LabelMap Block(VolumeGeometry geometry, int slice, int from, int to)
    {
        var labels = new LabelMap(geometry);
        for (var j = 10; j < 20; j++)
        {
            for (var i = from; i < to; i++)
                labels[i, j, slice] = 1;
        }

        return labels;
    }

    /// <summary>The middle of a slice's pixel on the sheet's first tile.</summary>
    private static SKColor At(SKBitmap picture, int x, int y) =>
        picture.GetPixel((x * Pixel) + (Pixel / 2), ContactSheet.HeaderHeight + (y * Pixel) + (Pixel / 2));

    private static int Grey(SKBitmap picture, int x, int y) => At(picture, x, y).Red;

    private static bool HasColor(SKBitmap picture, SKColor color, int x, int y)
    {
        for (var dy = -3; dy <= 3; dy++)
        {
            for (var dx = -3; dx <= 3; dx++)
            {
                var pixel = picture.GetPixel(x + dx, ContactSheet.HeaderHeight + y + dy);
                if (Math.Abs(pixel.Red - color.Red) + Math.Abs(pixel.Green - color.Green) + Math.Abs(pixel.Blue - color.Blue) < 60)
                    return true;
            }
        }

        return false;
    }
}
