using MedSam2.Training.Data;
using MedSam2.Training.Synthetic.Scenes;
using Xunit;

namespace MedSam2.Training.Tests.Synthetic;

public class BodySceneTests
{
    private const int Side = 64;

    [Fact]
    public void The_same_seed_makes_the_same_body_and_another_one_another()
    {
        var scene = BodyScene.Create(3, Side);

        Assert.Equal(scene.Voxels, BodyScene.Create(3, Side).Voxels);
        Assert.Equal(scene.Regions, BodyScene.Create(3, Side).Regions);
        Assert.NotEqual(scene.Voxels, BodyScene.Create(4, Side).Voxels);
    }

    [Fact]
    public void A_body_has_many_organs_and_what_belongs_to_them_comes_after_them()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var scene = BodyScene.Create(seed, Side);
            var seen = scene.Voxels.Distinct().ToHashSet();

            Assert.All(seen, region => Assert.InRange(region, 0, scene.Regions.Count - 1));
            Assert.InRange(seen.Count(region => scene.Regions[region].IsObject), 20, 60);
            Assert.Contains(scene.Regions, region => region.IsPart);
            Assert.All(scene.Regions.Index(), region =>
            {
                Assert.InRange(region.Item.Parent, -1, region.Index - 1);
                Assert.InRange(region.Item.Kin, -1, region.Index - 1);
                Assert.True(!region.Item.IsPart || region.Item.Parent >= 0);
            });
        }
    }

    [Fact]
    public void Kin_look_alike_and_others_do_not()
    {
        var scene = BodyScene.Create(1, Side);
        var random = new Random(2);
        var view = new SceneView(random, scene, 64, 1, (1, 1), 1);
        for (var n = 0; n < 10; n++)
        {
            var flat = ScenePainter.Paint(random, scene, view, 1, difficulty: 0.5).Flat;
            Assert.All(scene.Regions.Index().Where(region => region.Item.Kin >= 0), region => Assert.InRange(flat[region.Index] - flat[region.Item.Kin], -0.021, 0.021));
            Assert.True(flat.Max() - flat.Min() > 0.3);
        }
    }

    [Fact]
    public void Batches_ask_for_organs_of_bodies_by_seed_and_step_alone()
    {
        var options = new SceneBatchOptions { Size = 64, SceneSide = Side, Scenes = 2, SlicesPerStep = 4, LeastPixels = 20, Lengths = [4], Seed = 5, Bodies = 1, MaxTracked = 3 };
        using var batch = new SceneBatches(options).Create(3, TestContext.Current.CancellationToken);
        using var again = new SceneBatches(options).Create(3, TestContext.Current.CancellationToken);
        using var solids = new SceneBatches(options with { Bodies = 0 }).Create(3, TestContext.Current.CancellationToken);

        Assert.True(batch.Images.equal(again.Images).all().item<bool>());
        Assert.True(batch.Masks.equal(again.Masks).all().item<bool>());
        Assert.False(batch.Images.equal(solids.Images).all().item<bool>());
    }
}
