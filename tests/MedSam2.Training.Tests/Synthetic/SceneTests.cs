using MedSam2.Training.Data;
using MedSam2.Training.Synthetic.Scenes;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests.Synthetic;

public sealed class SceneTests : IDisposable
{
    private static readonly SceneBatchOptions Small = new() { Size = 64, SceneSide = 48, Scenes = 3, SlicesPerStep = 6, MaxObjects = 4, MaxTracked = 2, LeastPixels = 20, Lengths = [1, 3], Seed = 5 };

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void The_same_seed_makes_the_same_scene_and_another_one_another()
    {
        var scene = SceneGenerator.Create(3, 48);

        Assert.Equal(scene.Voxels, SceneGenerator.Create(3, 48).Voxels);
        Assert.NotEqual(scene.Voxels, SceneGenerator.Create(4, 48).Voxels);
        Assert.All(scene.Voxels, region => Assert.InRange(region, 0, scene.Regions.Count - 1));
        Assert.True(scene.Regions.Where((r, n) => r.IsObject && scene.Voxels.Contains((byte)n)).Count() >= 4);
        Assert.All(scene.Regions.Where(r => r.Parent >= 0), r => Assert.True(scene.Regions[r.Parent].IsObject));
    }

    [Fact]
    public void A_batch_depends_on_seed_and_step_alone()
    {
        var one = new SceneBatches(Small);
        one.Create(0, TestContext.Current.CancellationToken).Dispose();
        using var later = one.Create(7, TestContext.Current.CancellationToken);
        using var alone = new SceneBatches(Small).Create(7, TestContext.Current.CancellationToken);

        Assert.True(later.Images.equal(alone.Images).all().item<bool>());
        Assert.True(later.Masks.equal(alone.Masks).all().item<bool>());
        Assert.Equal(later.Sequence, alone.Sequence);
    }

    [Fact]
    public void Every_object_shows_on_the_first_slice_and_some_leave_a_sequence()
    {
        var source = new SceneBatches(Small with { Lengths = [6] });
        var (gone, slices) = (0L, 0L);
        for (var step = 0; step < 12; step++)
        {
            using var batch = source.Create(step, TestContext.Current.CancellationToken);
            using var areas = batch.Masks.to(ScalarType.Int64).sum([2, 3]); // N,T

            Assert.InRange(batch.Objects, 1, Small.MaxTracked * 1);
            Assert.True(areas.select(1, 0).ge(Small.LeastPixels).all().item<bool>());
            Assert.True(batch.Images.isfinite().all().item<bool>());
            gone += areas.eq(0).sum().item<long>();
            slices += areas.numel();
        }

        Assert.InRange((double)gone / slices, 0.02, 0.6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_closer_look_shows_one_object_in_the_middle_a_third_as_large_as_the_slice(double bodies)
    {
        var options = Small with { Size = 128, SceneSide = 96, Lengths = [1, 3], Closer = 1, Bodies = bodies, Difficulty = 0.5 };
        var source = new SceneBatches(options);
        var seen = 0;
        for (var step = 0; step < 3; step++)
        {
            using var batch = source.Create(step, TestContext.Current.CancellationToken);
            using var again = new SceneBatches(options).Create(step, TestContext.Current.CancellationToken);
            Assert.True(batch.Images.equal(again.Images).all().item<bool>());
            Assert.Equal(batch.Sequence.Distinct().Count(), batch.Objects);
            for (var n = 0; n < batch.Objects; n++)
            {
                // A slice is bent differently after it has come nearer, and a part in the middle can be another's: some room for both.
                using var pixels = batch.Masks[n, 0].nonzero().to(ScalarType.Float64);
                using var least = pixels.amin([0]);
                using var most = pixels.amax([0]);
                var (y0, x0, y1, x1) = (least[0].item<double>(), least[1].item<double>(), most[0].item<double>(), most[1].item<double>());
                Assert.InRange(Math.Max(x1 - x0, y1 - y0) / options.Size, 0.19, 0.46);
                Assert.InRange((x0 + x1) / 2 / options.Size, 0.4, 0.6);
                Assert.InRange((y0 + y1) / 2 / options.Size, 0.4, 0.6);
                seen++;
            }
        }

        Assert.InRange(seen, 6, 18);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_strip_runs_through_the_picture_from_top_to_bottom(double bodies)
    {
        var options = Small with { Size = 128, SceneSide = 96, Lengths = [1, 3], SlicesPerStep = 6, Strips = 1, Bodies = bodies, Scenes = 4, UsesOfScene = 12, Difficulty = 0.5 };
        var source = new SceneBatches(options);
        var (seen, through) = (0, 0);
        for (var step = 0; step < 6; step++)
        {
            using var batch = source.Create(step, TestContext.Current.CancellationToken);
            Assert.Equal(batch.Sequence.Distinct().Count(), batch.Objects);
            for (var n = 0; n < batch.Objects; n++)
            {
                using var rows = batch.Masks[n, 0].any(1).to(ScalarType.Int64).sum();
                using var columns = batch.Masks[n, 0].any(0).to(ScalarType.Int64).sum();
                seen++;
                if (rows.item<long>() == options.Size && columns.item<long>() < 0.75 * options.Size)
                    through++;
            }
        }

        Assert.True(through >= 0.8 * seen, $"{through} of {seen}");
    }

    [Fact]
    public void Slices_that_are_farther_apart_hold_their_objects_less_often()
    {
        double far = Gone(12), near = Gone(0.5);
        Assert.True(far > near + 0.1, $"{far} and {near} of the slices");

        double Gone(double mostStep)
        {
            var source = new SceneBatches(Small with { Lengths = [8], SlicesPerStep = 16, SceneSide = 96, MostStep = mostStep });
            var (gone, slices) = (0L, 0L);
            for (var step = 0; step < 12; step++)
            {
                using var batch = source.Create(step, TestContext.Current.CancellationToken);
                using var areas = batch.Masks.to(ScalarType.Int64).sum([2, 3]);
                gone += areas.eq(0).sum().item<long>();
                slices += areas.numel();
            }

            return (double)gone / slices;
        }
    }

    [Fact]
    public void What_is_asked_for_differs_from_what_surrounds_it()
    {
        var source = new SceneBatches(Small with { Lengths = [1], Difficulty = 0, LeastContrast = 0.25 });
        using var batch = source.Create(1, TestContext.Current.CancellationToken);
        var differences = new List<double>();
        for (var n = 0; n < batch.Objects; n++)
        {
            using var mask = batch.Masks[n, 0].to(ScalarType.Float32);
            using var grown = nn.functional.max_pool2d(mask.unsqueeze(0).unsqueeze(0), 7, 1, 3).squeeze();
            using var grey = batch.Images[batch.Sequence[n], 0, 0];
            var ring = grown - mask;
            differences.Add(Math.Abs(((grey * mask).sum() / mask.sum()).item<float>() - ((grey * ring).sum() / ring.sum()).item<float>()));
        }

        Assert.True(differences.Average() > 0.4, $"mean difference {differences.Average()} of the normalised grey values");
    }
}
