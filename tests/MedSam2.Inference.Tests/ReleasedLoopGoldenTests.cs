using MedSam2.Inference.Memory;
using MedSam2.Inference.Tests.Golden;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;
using GoldenFile = MedSam2.Inference.Tests.Golden.GoldenFile;

namespace MedSam2.Inference.Tests;

/// <summary>
/// MedSAM-2's released 2D loop, image by image: what it draws from the bank, attends to, decodes and remembers. It has no pointers, no
/// temporal rows and no "no memory" vector, remembers the conditioned features, and gives the decoder a click in every fifth batch and no
/// sparse token at all in the others (tests/golden/README.md, section 8).
/// </summary>
public sealed class ReleasedLoopGoldenTests
{
    private const int PromptEvery = 5;
    private static readonly float[] Click = [44, 40];

    [Theory]
    [InlineData("medical2d_b1")]
    [InlineData("medical2d_b2")]
    public void Loop_equals_the_reference(string file)
    {
        using var golden = new GoldenFile("toy20", file + ".safetensors");
        using var frames = new GoldenFile("toy20", "medical2d_b1.safetensors"); // both files are about the same images
        using var model = FormulaModel.Create("toy20", configuration => configuration.WithTrackingDefaults() with { BinarizeMaskFromPtsForMemEnc = false });
        using var bank = new ReleasedBank(int.Parse(golden.Text("capacity"), System.Globalization.CultureInfo.InvariantCulture));
        var size = int.Parse(golden.Text("batch"), System.Globalization.CultureInfo.InvariantCulture);

        var batches = 0;
        for (; golden.Has($"b{batches:00}.bank"); batches++)
        {
            using var scope = new InferenceScope();
            Step(golden, model, bank, frames.Tensor("video_u8"), $"b{batches:00}", batches, size);
            Assert.Equal(golden.Values<long>($"b{batches:00}.bank"), bank.Entries.Select(e => (long)e.Memory.Slice));
        }

        Assert.True(batches >= PromptEvery, "The file has fewer batches than the loop needs to prompt twice.");
    }

    private static void Step(GoldenFile golden, Sam2Model model, ReleasedBank bank, Tensor frames, string name, int batch, int size)
    {
        var features = model.EncodeImage(Images(frames, batch * size, size));
        var conditioned = bank.Entries.Count == 0 ? features.Top : Attend(golden, model, bank, name, features);
        Compare(golden, name + ".image_embed", "memory_attention_out", conditioned);

        var (masks, ious) = Decode(model, features, conditioned, batch % PromptEvery == 0, size);
        Compare(golden, name + ".low_res_masks", "masks", masks);
        Compare(golden, name + ".ious", "ious", ious);

        var side = model.Configuration.ImageSize;
        var high = interpolate(masks, [side, side], mode: InterpolationMode.Bilinear, align_corners: false);
        var remembered = new ImageFeatures([conditioned]);
        var maps = model.EncodeMemory(remembered, high, ones(size, 1), isMaskFromPoints: false).to(ScalarType.BFloat16);
        Compare(golden, name + ".maskmem_features", "maskmem_features", maps);

        bank.OfferBatch([.. Enumerable.Range(0, size).Select(n => new SliceMemory
        {
            Slice = (batch * size) + n,
            Features = maps.narrow(0, n, 1).clone().DetachFromDisposeScope(),
            Pointer = zeros(1, 1).DetachFromDisposeScope(),
            ImageEmbedding = conditioned.narrow(0, n, 1).clone().DetachFromDisposeScope(),
            MaskLogits = masks.narrow(0, n, 1).clone().DetachFromDisposeScope(),
            Confidence = ious[n, 0].item<float>(),
            ObjectScore = 1,
        })]);
    }

    /// <summary>Every image attends to as many drawn memories as the batch has images; the draw itself is the file's.</summary>
    private static Tensor Attend(GoldenFile golden, Sam2Model model, ReleasedBank bank, string name, ImageFeatures features)
    {
        var size = features.Batch;
        List<double> aligned = [], released = [];
        for (var n = 0; n < size; n++)
        {
            var query = features.Top.narrow(0, n, 1);
            aligned.AddRange(Probabilities(query));
            // The released code flattens the query token by token and the stored embedding channel by channel.
            released.AddRange(Probabilities(query.permute(0, 2, 3, 1).reshape(query.shape)));
        }

        Compare(golden, name + ".p_aligned_layout", "ious", tensor(aligned.Select(p => (float)p).ToArray(), [size, bank.Entries.Count]));
        Compare(golden, name + ".p_released_layout", "ious", tensor(released.Select(p => (float)p).ToArray(), [size, bank.Entries.Count]));

        var drawn = golden.Values<long>(name + ".sampled");
        var position = model.MemoryEncoder.Position(features.Top.size(2), features.Top.size(3), model.Device, model.Type);
        var tokens = Enumerable.Range(0, (int)size).Select(n => cat(
            [.. drawn.Skip(n * (int)size).Take((int)size).Select(i => bank.Entries[(int)i].Memory.Features!.to(model.Type).flatten(2).transpose(1, 2))], 1));
        var kept = position.to(ScalarType.BFloat16).to(model.Type); // as the released code keeps it
        Compare(golden, name + ".maskmem_pos", "memory_pos", kept);
        var positions = kept.flatten(2).transpose(1, 2).repeat(1, size, 1);
        return model.ConditionOnMemory(features, new MemorySequence(cat([.. tokens], 0), positions, PointerTokens: 0));

        double[] Probabilities(Tensor query) =>
            Resampling.Probabilities([.. bank.Entries.Select(e => Similarity.Cosine(query, e.Memory.ImageEmbedding))], temperature: 1);
    }

    private static (Tensor Masks, Tensor Ious) Decode(Sam2Model model, ImageFeatures features, Tensor conditioned, bool isPrompted, int size)
    {
        var sparse = isPrompted
            ? model.PromptEncoder.EncodePoints(tensor(Click).view(1, 1, 2).expand(size, 1, 2), ones([size, 1], ScalarType.Int32))
            : empty(size, 0, model.Configuration.HiddenDim);
        using var all = model.MaskDecoder.PredictMasks(
            conditioned, model.PromptEncoder.GetDensePe(), sparse, model.PromptEncoder.EncodeNoMask(), (features.Levels[0], features.Levels[1]));
        using var chosen = model.MaskDecoder.Select(all, multimask: false);
        return (chosen.Masks.alias(), chosen.Ious.alias());
    }

    /// <summary>As real numbers from 0 to 1, with no mean and no deviation.</summary>
    private static Tensor Images(Tensor frames, int first, int size)
    {
        var rows = Enumerable.Range(first, size).Select(n => n % frames.size(0)).ToArray();
        return frames.index_select(0, tensor(rows)).permute(0, 3, 1, 2).to(ScalarType.Float32).div(255f);
    }

    private static void Compare(GoldenFile golden, string name, string kind, Tensor actual)
    {
        var (largest, changed, count, signs) = golden.Difference(name, actual);
        Assert.True(largest <= GoldenTolerance.Toy.Of(kind), $"{name} differs by {largest}, more than {GoldenTolerance.Toy.Of(kind)}.");
        if (kind == "maskmem_features")
            Assert.True(changed <= GoldenTolerance.ChangedMemories * count, $"{changed} of the {count} elements of {name} differ by a bfloat16 step.");
        if (kind == "masks")
            Assert.True(signs <= GoldenTolerance.ChangedSigns, $"{signs:P} of the signs of {name} differ.");
    }
}
