using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Memory;
using MedSam2.Network;
using MedSam2.NetworkTestSupport;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests;

/// <summary>What a bank's memories are to the slice that is tracked: their weights and their places in time (sections 3 and 4 of the method).</summary>
public sealed class BankMemoryTests : IDisposable
{
    private const double Temperature = 0.5;
    private const int PinnedSlice = 40;

    /// <summary>The current slice, in mm and by its index. It tells the two apart: by indices, memory 14 would be nearer than memory 5.</summary>
    private const double Here = 25;
    private const int Slice = 10;

    private static readonly Sam2Configuration Toy = Sam2ConfigurationReader.Read(FormulaModel.ConfigurationFile("toy"));

    /// <summary>Each memory's slice, the cosine of its image and the current one, and where it lies in mm.</summary>
    private static readonly (int Slice, double Cosine, double Millimetres)[] Known = [(2, 0.9, 8), (5, -0.4, 31), (9, 0.3, 24.5), (14, 0.6, 2)];

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SelfSortingBank bank = new(capacity: 16, threshold: 0);

    public void Dispose()
    {
        bank.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Expected_resampling_weighs_each_memory_by_its_resemblance_and_no_pinned_one(bool isOrdered)
    {
        Fill();

        var choice = Choose(MemoryResampling.Expected, isOrdered);

        var sum = Known.Sum(k => Math.Exp(k.Cosine / Temperature));
        foreach (var (slice, cosine, _) in Known)
        {
            var bias = Math.Log(Known.Length * Math.Exp(cosine / Temperature) / sum);
            Assert.Equal(bias, choice.Maps.Single(m => m.Memory.Slice == slice).Bias, 1e-6);
            Assert.Equal(bias, choice.Pointers.Single(p => p.Memory.Slice == slice).Bias, 1e-6);
        }

        Assert.Equal(0, choice.Maps.Single(m => m.Memory.Slice == PinnedSlice).Bias);
        Assert.Equal(0, choice.Pointers.Single(p => p.Memory.Slice == PinnedSlice).Bias);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_resampling_every_memory_weighs_the_same(bool isOrdered)
    {
        Fill();

        var choice = Choose(MemoryResampling.None, isOrdered);

        Assert.Equal([2, 5, 9, 14, PinnedSlice], choice.Maps.Select(m => m.Memory.Slice).Order());
        Assert.All(choice.Maps, m => Assert.Equal(0, m.Bias));
        Assert.All(choice.Pointers, p => Assert.Equal(0, p.Bias));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stochastic_draw_holds_as_many_memories_as_the_bank_each_as_often_as_its_resemblance_says_on_average(bool isOrdered)
    {
        Fill();
        const int seeds = 500;
        var times = new Dictionary<int, double>();
        for (var seed = 0; seed < seeds; seed++)
        {
            var drawn = Drawn(Choose(MemoryResampling.Stochastic, isOrdered, seed));
            Assert.Equal(Known.Length, drawn.Values.Sum());
            Assert.DoesNotContain(0, drawn.Values);
            foreach (var (slice, count) in drawn)
                times[slice] = times.GetValueOrDefault(slice) + count;
        }

        var sum = Known.Sum(k => Math.Exp(k.Cosine / Temperature));
        foreach (var (slice, cosine, _) in Known)
            Assert.Equal(Known.Length * Math.Exp(cosine / Temperature) / sum, times[slice] / seeds, 0.2); // four standard errors
    }

    [Fact]
    public void A_draw_follows_from_the_seed_and_the_slice_alone()
    {
        Fill();
        int[] slices = [.. Enumerable.Range(0, 30)];

        var ofSeed = slices.ToDictionary(s => s, s => Draw(seed: 7, s));

        Assert.Equal(slices.Reverse().Select(s => Draw(seed: 7, s)).Reverse(), slices.Select(s => ofSeed[s])); // in any order of calls
        Assert.True(ofSeed.Values.Distinct().Count() > 5);
        Assert.NotEqual(slices.Select(s => ofSeed[s]), slices.Select(s => Draw(seed: 8, s)));

        string Draw(long seed, int slice) => string.Join(' ', Drawn(Choose(MemoryResampling.Stochastic, seed: seed, slice: slice)));
    }

    [Fact]
    public void A_memory_that_is_not_drawn_leaves_the_others_in_their_places()
    {
        Fill();
        var places = Choose(MemoryResampling.None).Maps.ToDictionary(m => m.Memory.Slice, m => m.TemporalRow);
        var isDrawnInPart = false;
        for (var seed = 0; seed < 20; seed++)
        {
            var choice = Choose(MemoryResampling.Stochastic, seed: seed);
            isDrawnInPart |= choice.Maps.Count < places.Count;
            Assert.All(choice.Maps, m => Assert.Equal(places[m.Memory.Slice], m.TemporalRow));
            Assert.Equal(choice.Maps.Select(m => m.Memory), choice.Pointers.Select(p => p.Memory));
        }

        Assert.True(isDrawnInPart);
    }

    [Fact]
    public void In_order_memories_take_positions_by_their_rank_in_millimetres_and_pinned_ones_take_position_0()
    {
        Fill();

        var choice = Choose(MemoryResampling.Expected);

        // Row 0 of the temporal table is position 1, the last row is position 0.
        Assert.Equal([(9, 0), (5, 1), (2, 2), (14, 3), (PinnedSlice, 6)], choice.Maps.Select(m => (m.Memory.Slice, m.TemporalRow)).OrderBy(m => m.TemporalRow));
        Assert.Equal([(PinnedSlice, 0), (9, 1), (5, 2), (2, 3), (14, 4)], choice.Pointers.Select(p => (p.Memory.Slice, p.Distance!.Value)).OrderBy(p => p.Value));
        Assert.Equal(Toy.MaxObjPtrsInEncoder - 1, choice.PointerSpan);
    }

    [Fact]
    public void Memories_beyond_the_temporal_table_share_its_farthest_position()
    {
        for (var n = 0; n < 9; n++)
            bank.Offer(Memory(n, 0.1 * n, Here + n));

        var choice = Choose(MemoryResampling.Expected);

        Assert.Equal([0, 1, 2, 3, 4, 5, 5, 5, 5], choice.Maps.Where(m => m.Memory.Slice != PinnedSlice).OrderBy(m => m.Memory.Slice).Select(m => m.TemporalRow));
        Assert.Equal(Enumerable.Range(1, 9).Select(n => (double)n), choice.Pointers.Where(p => p.Memory.Slice != PinnedSlice).OrderBy(p => p.Memory.Slice).Select(p => p.Distance!.Value));
    }

    [Fact]
    public void The_rank_of_a_memory_is_its_distance_from_the_current_slice_along_that_slices_axis()
    {
        bank.Offer(Memory(1, 0, new Vector3D(0, 30, 90))); // 5 mm from the coronal slice at 25 mm, far from the axial one
        bank.Offer(Memory(2, 0.5, new Vector3D(0, 90, 24)));

        Assert.Equal([1, 2], Ranked(SliceAxis.J));
        Assert.Equal([2, 1], Ranked(SliceAxis.K));

        IEnumerable<int> Ranked(SliceAxis axis) =>
            Choose(MemoryResampling.Expected, axis: axis).Maps.Where(m => m.Memory.Slice != PinnedSlice).OrderBy(m => m.TemporalRow).Select(m => m.Memory.Slice);
    }

    [Fact]
    public void In_a_set_every_memory_takes_position_0_and_no_pointer_has_a_place_in_time()
    {
        Fill();

        var choice = Choose(MemoryResampling.Expected, isOrdered: false);

        Assert.Equal(Known.Length + 1, choice.Maps.Count);
        Assert.All(choice.Maps, m => Assert.Equal(Toy.NumMaskmem - 1, m.TemporalRow));
        Assert.Equal(Known.Length + 1, choice.Pointers.Count);
        Assert.All(choice.Pointers, p => Assert.Null(p.Distance));
    }

    [Theory]
    [InlineData(true, -1, new[] { 41, 43 })]
    [InlineData(true, 1, new[] { 43 })] // the network's own limit
    [InlineData(false, -1, new[] { 40, 41, 42, 43 })]
    public void Of_many_prompted_slices_the_nearest_are_in_view_and_in_a_set_all(bool isOrdered, int limitOfNetwork, int[] inView)
    {
        var options = new TrackingOptions { PromptsInView = 2, Resampling = MemoryResampling.None };
        using var memory = new BankMemory(Toy with { MaxCondFramesInAttn = limitOfNetwork }, options, bank, () => [], isOrdered);
        foreach (var (slice, millimetres) in ((int, double)[])[(40, 70), (41, 30), (42, 10), (43, 24)])
            memory.Pin(Memory(slice, 0, millimetres));

        var choice = memory.Choose(new TrackingStep(Slice, 50, IsReverse: false, new SlicePlane(SliceAxis.K, Here), tensor([1.0f, 0])));

        Assert.Equal(inView, choice.Maps.Select(m => m.Memory.Slice).Order());
        Assert.Equal(inView, choice.Pointers.Select(p => p.Memory.Slice).Order());
    }

    private void Fill()
    {
        foreach (var (slice, cosine, millimetres) in Known)
            bank.Offer(Memory(slice, cosine, millimetres));
        Assert.Equal(Known.Length, bank.Entries.Count);
    }

    private MemoryChoice Choose(
        MemoryResampling resampling, bool isOrdered = true, long seed = 0, int slice = Slice, SliceAxis axis = SliceAxis.K)
    {
        var options = new TrackingOptions { Resampling = resampling, Temperature = Temperature, Seed = seed };
        using var memory = new BankMemory(Toy, options, bank, () => [], isOrdered);
        memory.Pin(Memory(PinnedSlice, 0, 70));
        return memory.Choose(new TrackingStep(slice, 50, IsReverse: false, new SlicePlane(axis, Here), tensor([1.0f, 0])));
    }

    /// <summary>How often each memory of the bank was drawn.</summary>
    private static SortedDictionary<int, int> Drawn(MemoryChoice choice)
    {
        var drawn = new SortedDictionary<int, int>();
        foreach (var map in choice.Maps.Where(m => m.Memory.Slice != PinnedSlice))
        {
            var times = Math.Exp(map.Bias);
            Assert.Equal(Math.Round(times), times, 1e-9);
            drawn.Add(map.Memory.Slice, (int)Math.Round(times));
        }

        return drawn;
    }

    private static SliceMemory Memory(int slice, double cosine, double millimetres) => Memory(slice, cosine, new Vector3D(0, 0, millimetres));

    private static SliceMemory Memory(int slice, double cosine, Vector3D center)
    {
        var features = zeros(64);
        features[slice] = 1; // unlike any other, so that the bank keeps all
        return new()
        {
            Slice = slice,
            Center = center,
            Features = features,
            ImageEmbedding = tensor([(float)cosine, (float)Math.Sqrt(1 - (cosine * cosine))]),
            Pointer = zeros(1),
            MaskLogits = ones(1),
            Confidence = 0.9f,
            ObjectScore = 1,
        };
    }
}
