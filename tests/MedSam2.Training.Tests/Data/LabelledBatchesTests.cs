using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Training.Data.Augmentation;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.Fitting;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests.Data;

public class LabelledBatchesTests
{
    private const int Size = 64;

    [Fact]
    public void A_batch_depends_on_its_number_alone()
    {
        var options = new LabelledBatchOptions { SlicesPerBatch = 4, Lengths = [1, 2], Seed = 3 };

        var (first, again) = (new LabelledBatches(LabelledVolumes.Sources(3), Size, options), new LabelledBatches(LabelledVolumes.Sources(3), Size, options));
        using var other = again.Create(6, CancellationToken.None);

        using var a = first.Create(5, CancellationToken.None);
        using var b = again.Create(5, CancellationToken.None);
        Assert.Equal(a.Images.data<float>().ToArray(), b.Images.data<float>().ToArray());
        Assert.Equal(a.Masks.data<byte>().ToArray(), b.Masks.data<byte>().ToArray());
        Assert.NotEqual(other.Images.data<float>().ToArray(), b.Images.data<float>().ToArray());
    }

    [Fact]
    public void Masks_lie_on_their_object_however_the_image_is_changed()
    {
        // Bright inside, dark outside: where the mask is, the image must be bright, after every turn, shift and mirror.
        var strong = new AugmentationOptions { Degrees = 40, Scale = 0.3, Shift = 0.1, Mirror = 1, Gamma = 0, Contrast = 0, Brightness = 0, Bias = 0, Noise = 0 };
        var batches = new LabelledBatches(LabelledVolumes.Sources(2), Size, new() { SlicesPerBatch = 4, Lengths = [1], MaxObjects = 1, Augmentation = strong });
        var inside = new List<float>();
        for (var step = 0; step < 6; step++)
        {
            using var batch = batches.Create(step, CancellationToken.None);
            for (var n = 0; n < batch.Objects; n++)
            {
                using var scope = NewDisposeScope();
                var grey = (batch.Images[batch.Sequence[n], 0, 0] * 0.229) + 0.485;
                inside.Add(grey.masked_select(batch.Masks[n, 0].to(ScalarType.Bool)).mean().item<float>());
            }
        }

        Assert.True(inside.Count >= 24);
        Assert.All(inside, mean => Assert.True(mean > 0.42, $"mean grey inside of a mask: {mean:F2}; outside it is 0.27"));
    }

    [Theory]
    [InlineData(SliceAxis.K, true)]
    [InlineData(SliceAxis.J, true)]
    [InlineData(SliceAxis.I, false)]
    public void Only_left_and_right_change_places(SliceAxis axis, bool mirrors)
    {
        var image = new LabelledCase(LabelledVolumes.Create(1), Size, [axis]);
        var change = Change.Draw(
            AugmentationOptions.None with { Mirror = 1 }, image.Placement(axis), image.MirrorsLeftRight(axis), seed: 1);
        var index = image.Visible(axis).Index().First(s => s.Item.Count > 0).Index;
        var grey = image.Grey(axis, index);

        var changed = change.ApplyToImage([.. grey], Size, index, 6);

        Assert.Equal(mirrors, image.MirrorsLeftRight(axis));
        var expected = mirrors ? Mirrored(grey, image.Placement(axis).ContentWidth) : grey;
        Assert.Equal(expected, changed);
    }

    [Fact]
    public void A_grid_that_is_turned_by_a_quarter_has_left_and_right_along_its_rows()
    {
        var upright = LabelledVolumes.Create(1);
        var affine = upright.Volume.Geometry.IjkToLps;
        var turned = upright.Volume.Geometry with { IjkToLps = affine with { I = affine.J, J = affine.I } };
        var image = new LabelledCase(new("turned", new Volume(turned, upright.Volume.Voxels), new LabelMap(turned, upright.Labels.Labels)), Size, [SliceAxis.K, SliceAxis.I]);

        Assert.False(image.MirrorsLeftRight(SliceAxis.K));
        Assert.True(image.MirrorsLeftRight(SliceAxis.I));
    }

    [Fact]
    public void The_first_variant_is_the_image_itself_and_a_variant_comes_again_bit_for_bit()
    {
        var batches = new LabelledBatches(LabelledVolumes.Sources(1), Size, new() { SlicesPerBatch = 8, Lengths = [1], Variants = 2, Seed = 5 });
        var plain = new LabelledCase(LabelledVolumes.Create(0), Size, [SliceAxis.K]);
        var seen = new Dictionary<SliceKey, float[]>();
        var repeated = 0;
        for (var step = 0; step < 6; step++)
        {
            using var batch = batches.Create(step, CancellationToken.None);
            for (var n = 0; n < batch.Keys!.Count; n++)
            {
                using var scope = NewDisposeScope();
                var grey = batch.Images[n, 0, 0].data<float>().ToArray();
                if (!seen.TryAdd(batch.Keys[n], grey))
                {
                    Assert.Equal(seen[batch.Keys[n]], grey);
                    repeated++;
                }

                if (batch.Keys[n].Variant == 0)
                    Assert.Equal(plain.Grey(SliceAxis.K, batch.Keys[n].Slice).Select(v => (v - 0.485f) / 0.229f), grey);
            }
        }

        Assert.True(repeated > 0);
        Assert.Contains(seen.Keys, k => k.Variant == 1);
    }

    [Fact]
    public void Memory_does_not_grow_with_the_number_of_images()
    {
        var bytes = new LabelledCase(LabelledVolumes.Create(0), Size, [SliceAxis.K]).ByteCount;
        var batches = new LabelledBatches(LabelledVolumes.Sources(12), Size, new() { SlicesPerBatch = 1, Lengths = [1], CacheBytes = 3 * bytes });

        for (var step = 0; step < 24; step++)
        {
            batches.Create(step, CancellationToken.None).Dispose();
            Assert.InRange(batches.Cache.ByteCount, bytes, 3 * bytes);
        }

        Assert.InRange(batches.Cache.ReadCount, 13, 24);
    }

    [Fact]
    public void An_epoch_goes_once_through_all_images_and_steps_over_those_without_labels()
    {
        var empty = LabelledVolumes.Create(0);
        Array.Clear(empty.Labels.Labels);
        IReadOnlyList<EvaluationCaseSource> sources = [.. LabelledVolumes.Sources(3), new("empty", _ => empty)];
        var batches = new LabelledBatches(sources, Size, new() { SlicesPerBatch = 1, Lengths = [1], Variants = 1 });
        var images = new List<int>();
        for (var step = 0; step < 4; step++)
        {
            using var batch = batches.Create(step, CancellationToken.None);
            images.Add(batch.Keys![0].Image);
        }

        Assert.Equal([0, 1, 2], images.Distinct().Order());
    }

    [Fact]
    public void Labels_that_are_all_empty_are_told()
    {
        var empty = LabelledVolumes.Create(0);
        Array.Clear(empty.Labels.Labels);

        var error = Assert.Throws<TrainingException>(() => new LabelledBatches([new("empty", _ => empty)], Size, new()).Create(0, CancellationToken.None));

        Assert.Contains("nothing to learn from", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patient_is_on_one_side_of_the_split_and_stays_there()
    {
        var sources = LabelledVolumes.Sources(40);

        var few = PatientSplit.Of([.. sources.Take(20)], 0.3, seed: 7);
        var all = PatientSplit.Of(sources, 0.3, seed: 7);

        Assert.Empty(Patients(all.Training).Intersect(Patients(all.Validation)));
        Assert.Equal(40, all.Training.Count + all.Validation.Count);
        Assert.InRange(Patients(all.Validation).Count(), 2, 12);
        Assert.Subset(Patients(all.Validation).ToHashSet(), Patients(few.Validation).ToHashSet());
        var pair = PatientSplit.Of(LabelledVolumes.Sources(4), 0.01, seed: 7);
        Assert.Equal((2, 2), (pair.Training.Count, pair.Validation.Count));

        static IEnumerable<string> Patients(IEnumerable<EvaluationCaseSource> side) => side.Select(s => s.Patient).Distinct();
    }

    [Fact]
    public void Few_patients_are_shared_out_about_as_asked_whatever_they_are_called()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var five = PatientSplit.Of(Named("abcde"), 0.2, seed);
            Assert.InRange(five.Validation.Count, 1, 2);
            var ten = PatientSplit.Of(Named("abcdefghij"), 0.3, seed);
            Assert.InRange(ten.Validation.Count, 2, 6);
            Assert.Empty(PatientSplit.Of(Named("a"), 0.2, seed).Validation);
            Assert.Empty(PatientSplit.Of(Named("abcde"), 0, seed).Validation);
        }

        static EvaluationCaseSource[] Named(string patients) => [.. patients.Select(name => new EvaluationCaseSource($"{name}", _ => throw new InvalidOperationException()))];
    }

    private static float[] Mirrored(float[] grey, int width)
    {
        var mirrored = new float[grey.Length];
        for (var n = 0; n < grey.Length; n++)
        {
            var x = n % Size;
            mirrored[n] = x < width ? grey[n - x + width - 1 - x] : 0;
        }

        return mirrored;
    }
}
