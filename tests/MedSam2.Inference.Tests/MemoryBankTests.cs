using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests;

/// <summary>The banks against stated sequences of candidates, step by step (tests/golden/README.md, section 8).</summary>
public sealed class MemoryBankTests
{
    public static TheoryData<string, string, int, double> PaperSettings
    {
        get
        {
            var settings = new TheoryData<string, string, int, double> { { "paper_ties", "K4.tau0", 4, 0 } };
            foreach (var file in new[] { "paper_a", "paper_b" })
            {
                foreach (var capacity in new[] { 3, 4, 16 })
                {
                    settings.Add(file, $"K{capacity}.tau0", capacity, 0);
                    settings.Add(file, $"K{capacity}.tau0.5", capacity, 0.5);
                    settings.Add(file, $"K{capacity}.tau0.8", capacity, 0.8);
                }
            }

            return settings;
        }
    }

    public static TheoryData<string, int, int> ReleasedSettings => new()
    {
        { "released_a", 3, 1 }, { "released_a", 3, 4 }, { "released_a", 4, 1 },
        { "released_a", 4, 4 }, { "released_a", 16, 1 }, { "released_a", 16, 4 },
        { "released_b", 3, 1 }, { "released_b", 3, 4 }, { "released_b", 4, 1 },
        { "released_b", 4, 4 }, { "released_b", 16, 1 }, { "released_b", 16, 4 },
    };

    [Theory]
    [MemberData(nameof(PaperSettings))]
    public void Self_sorting_keeps_what_the_paper_keeps(string file, string setting, int capacity, double threshold)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("memory_bank", file + ".safetensors");
        var steps = Memories(golden);
        var kept = golden.Values<int>(setting + ".kept");
        using var bank = new SelfSortingBank(capacity, threshold);

        for (var t = 0; t < steps.Count; t++)
        {
            bank.Offer(steps[t]);
            Assert.Equal(Row(kept, t, capacity), bank.Entries.Select(e => e.Memory.Slice));
        }
    }

    [Theory]
    [MemberData(nameof(PaperSettings))]
    public void Dissimilarities_equal_the_reference(string file, string setting, int capacity, double threshold)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("memory_bank", file + ".safetensors");
        var directions = golden.Tensor("embeddings").unbind(0).Select(Similarity.Direction).ToArray();
        var candidates = golden.Values<int>(setting + ".candidates");
        var expected = golden.Values<double>(setting + ".d");
        Assert.InRange(threshold, 0, 1);

        for (var t = 0; t < directions.Length; t++)
        {
            var rows = Row(candidates, t, capacity + 1).ToArray();
            var d = Similarity.Dissimilarities([.. rows.Select(i => directions[i])]);
            for (var i = 0; i < d.Length; i++)
                Assert.Equal(expected[(t * (capacity + 1)) + i], d[i], 1e-6);
        }
    }

    [Theory]
    [InlineData("paper_a", "K3.tau0.5", 3, 0.5)]
    [InlineData("paper_b", "K4.tau0", 4, 0)]
    [InlineData("paper_b", "K16.tau0.8", 16, 0.8)]
    public void Resampling_probabilities_equal_the_reference(string file, string setting, int capacity, double threshold)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("memory_bank", file + ".safetensors");
        var steps = Memories(golden);
        var expected = golden.Values<double>(setting + ".p");
        using var bank = new SelfSortingBank(capacity, threshold);

        for (var t = 0; t < steps.Count; t++)
        {
            var cosines = bank.Entries.Select(e => Similarity.Cosine(steps[t].ImageEmbedding, e.Memory.ImageEmbedding));
            var p = Resampling.Probabilities([.. cosines], 1);
            for (var i = 0; i < p.Length; i++)
                Assert.Equal(expected[(t * capacity) + i], p[i], 1e-6);
            bank.Offer(steps[t]);
        }
    }

    [Theory]
    [MemberData(nameof(ReleasedSettings))]
    public void Released_rule_keeps_what_the_released_code_keeps(string file, int capacity, int batch)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("memory_bank", file + ".safetensors");
        var steps = Memories(golden);
        var kept = golden.Values<int>($"K{capacity}.B{batch}.kept");
        using var bank = new ReleasedBank(capacity);

        for (var t = 0; t < steps.Count; t += batch)
        {
            bank.OfferBatch(steps.GetRange(t, batch));
            Assert.Equal(Row(kept, t, capacity + batch - 1), bank.Entries.Select(e => e.Memory.Slice));
        }
    }

    [Fact]
    public void Absent_object_never_enters()
    {
        using var bank = new SelfSortingBank(4, 0);

        bank.Offer(Memory(0, ones(64), ones(64), confidence: 0.9f, objectScore: -0.1f));

        Assert.Empty(bank.Entries);
    }

    [Theory]
    [InlineData(-0.1f, 1)]
    [InlineData(0.1f, -1)]
    public void A_slice_without_the_object_is_no_memory_of_it_unless_there_is_no_other(float objectScore, float logit)
    {
        using var scope = NewDisposeScope();
        using var bank = new SelfSortingBank(4, 0);
        using var model = NetworkTestSupport.FormulaModel.Create("toy");
        using var memory = new BankMemory(model.Configuration, new TrackingOptions(), bank, () => []);
        var step = new TrackingStep(9, 12, IsReverse: false, new SlicePlane(SliceAxis.K, 9), ones(64));
        memory.Pin(Memory(3, ones(64), ones(64), confidence: 0.9f, objectScore, logit));
        Assert.Equal([3], memory.Choose(step).Maps.Select(m => m.Memory.Slice));

        memory.Pin(Memory(5, ones(64), ones(64), confidence: 0.9f, objectScore: 1));
        var choice = memory.Choose(step);

        Assert.Equal([5], choice.Maps.Select(m => m.Memory.Slice));
        Assert.Equal([5], choice.Pointers.Select(p => p.Memory.Slice));
    }

    [Fact]
    public void A_correction_is_a_memory_of_the_slices_that_are_nearer_to_it_than_to_any_other_prompt()
    {
        using var scope = NewDisposeScope();
        using var bank = new SelfSortingBank(4, 0);
        using var model = NetworkTestSupport.FormulaModel.Create("toy");
        using var memory = new BankMemory(model.Configuration, new TrackingOptions(), bank, () => []);
        Pin(9, isCorrection: true);
        Assert.Equal([9], Chosen(2)); // without any other there is no choice

        Pin(3, isCorrection: false);
        Pin(11, isCorrection: true);
        Assert.Equal([3], Chosen(2));
        Assert.Equal([3], Chosen(6));
        Assert.Equal([9, 3], Chosen(7)); // 11 is as far as 3
        Assert.Equal([9, 3, 11], Chosen(8));

        void Pin(int slice, bool isCorrection)
        {
            var pinned = Memory(slice, ones(64), ones(64), confidence: 0.9f, objectScore: 1, middle: slice);
            pinned.IsCorrection = isCorrection;
            memory.Pin(pinned);
        }

        IEnumerable<int> Chosen(int slice) => memory.Choose(new TrackingStep(slice, 12, IsReverse: false, new SlicePlane(SliceAxis.K, slice), ones(64))).Maps.Select(m => m.Memory.Slice);
    }

    private static List<SliceMemory> Memories(GoldenFile golden)
    {
        var embeddings = golden.Tensor("embeddings").unbind(0);
        var images = golden.Has("image_embeddings") ? golden.Tensor("image_embeddings").unbind(0) : embeddings;
        var confidence = golden.Values<float>("confidence");
        return [.. embeddings.Select((e, t) => Memory(t, e.clone(), images[t].clone(), confidence[t], 1))];
    }

    private static SliceMemory Memory(int slice, Tensor embedding, Tensor image, float confidence, float objectScore, float logit = 1, double middle = 0) => new()
    {
        Center = new(0, 0, middle),
        Slice = slice,
        Features = embedding,
        ImageEmbedding = image,
        Pointer = zeros(1),
        MaskLogits = full(1, logit),
        Confidence = confidence,
        ObjectScore = objectScore,
    };

    private static IEnumerable<int> Row(int[] values, int row, int width) =>
        values.Skip(row * width).Take(width).Where(v => v >= 0);
}
