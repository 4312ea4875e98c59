using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.NetworkTestSupport;
using MedSam2.Training.Fitting;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests.Fitting;

public class SequenceMemoryTests
{
    private const int Slices = 9, Objects = 4;

    /// <summary>Between the predicted IoUs of the toy network on the first tracked slice: one object remembers it and others do not.</summary>
    private const double Threshold = 0.6665;

    public static TheoryData<MemoryBankKind, MemoryResampling> Methods => new()
    {
        { MemoryBankKind.SelfSorting, MemoryResampling.Expected },
        { MemoryBankKind.SelfSorting, MemoryResampling.Stochastic },
        { MemoryBankKind.SelfSorting, MemoryResampling.None },
        { MemoryBankKind.Threshold, MemoryResampling.Expected },
        { MemoryBankKind.Released2D, MemoryResampling.None },
        { MemoryBankKind.Fifo, MemoryResampling.None },
    };

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_training_sequence_attends_to_what_the_tracker_attends_to(MemoryBankKind bank, MemoryResampling resampling)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = FormulaModel.Create("toy");
        var options = new TrackingOptions { Bank = bank, Resampling = resampling, Capacity = 2, ConfidenceThreshold = Threshold, Temperature = 0.05, Seed = 5 };
        var source = new Stack(model);
        var tracker = new Tracker(model, source);
        var banks = Enumerable.Range(0, Objects).Select(_ => bank == MemoryBankKind.Fifo ? null : MemoryBank.Create(options)).ToArray();
        ObjectMemory[] memories = [.. banks.Select(b => b is null ? (ObjectMemory)new FifoMemory(model.Configuration) : new BankMemory(model.Configuration, options, b, () => []))];
        using var memory = new SequenceMemory(model, options, Slices);
        var (hidden, weighed) = (0, 0);
        for (var t = 0; t < Slices; t++)
        {
            var features = source.OfAll(t);
            SamOutput output;
            if (t == 0)
            {
                output = model.ForwardSamHeads(features, model.ConditionWithoutMemory(features), Clicks(Enumerable.Range(0, Objects)), multimask: true);
                for (var n = 0; n < Objects; n++)
                {
                    using var answer = tracker.Prompt(0, Clicks([n]), null, null);
                    Same(output.LowResMasks.narrow(0, n, 1), answer.Logits);
                    var pinned = tracker.ToMemory(0, answer);
                    tracker.EncodePrompted(pinned);
                    memories[n].Pin(pinned);
                }
            }
            else
            {
                var context = memory.At(t, features);
                hidden += context.Memories.Sum(m => m.AttentionBias.Count(float.IsNegativeInfinity));
                weighed += context.Memories.Sum(m => m.AttentionBias.Count(b => float.IsFinite(b) && b != 0));
                output = model.ForwardSamHeads(features, model.ConditionOnMemory(features, context), SamPrompt.None, model.UseMultimask(false, 0));
                var answers = tracker.Track(new(t, IsReverse: false), memories);
                for (var n = 0; n < Objects; n++)
                {
                    Same(output.LowResMasks.narrow(0, n, 1), answers[n].Logits);
                    answers[n].Dispose();
                }
            }

            // The tracker keeps its maps in bfloat16.
            var map = model.EncodeMemory(features, output.HighResMasks, output.ObjectScoreLogits, isMaskFromPoints: t == 0).to(ScalarType.BFloat16).to(ScalarType.Float32);
            memory.Add(t, features, output, map, t == 0 ? SliceOrigin.Prompted : SliceOrigin.Tracked);
        }

        Assert.Equal(bank is MemoryBankKind.SelfSorting or MemoryBankKind.Threshold, hidden > 0);
        Assert.Equal(resampling == MemoryResampling.None, weighed == 0);
        foreach (var held in memories)
            held.Dispose();
        foreach (var held in banks)
            held?.Dispose();
    }

    [Fact]
    public void A_corrected_slice_is_a_memory_of_its_neighbourhood_alone()
    {
        using var scope = NewDisposeScope();
        using var model = FormulaModel.Create("toy");
        var source = new Stack(model);
        using var memory = new SequenceMemory(model, new() { Resampling = MemoryResampling.None }, Slices);
        foreach (var (slice, origin) in new[] { (0, SliceOrigin.Prompted), (4, SliceOrigin.Corrected) })
            memory.Add(slice, source.OfAll(slice), Answer(), full([Objects, 1, 1, 1], (float)slice), origin);

        int[] SeenFrom(int slice) => [.. memory.At(slice, source.OfAll(slice)).Memories.Select(m => (int)m.Features[0].item<float>())];

        Assert.Equal([0], SeenFrom(1));
        Assert.Equal([0, 4], SeenFrom(3));
        Assert.Equal([0, 4], SeenFrom(8));
    }

    [Fact]
    public void Gradients_flow_through_what_is_remembered()
    {
        using var scope = NewDisposeScope();
        using var model = FormulaModel.Create("toy");
        var source = new Stack(model);
        using var memory = new SequenceMemory(model, new(), Slices);
        var map = full([Objects, 1, 1, 1], 0.5f).requires_grad_();
        memory.Add(0, source.OfAll(0), Answer(), map, SliceOrigin.Prompted);

        Assert.Single(memory.At(1, source.OfAll(1)).Memories).Features.sum().backward();

        Assert.Equal(Objects, map.grad!.sum().item<float>());
    }

    private static void Same(Tensor expected, Tensor actual) => Assert.Equal(0, (expected - actual).abs().max().item<float>(), 1e-3f);

    private static SamOutput Answer() =>
        new(zeros(Objects, 1, 2, 2), ones(Objects, 1), zeros(Objects, 1), ones(Objects, 1, 2, 2), ones(Objects, 1, 8, 8), zeros(Objects, 8), ones(Objects, 1));

    private static SamPrompt Clicks(IEnumerable<int> objects)
    {
        var at = objects.ToArray();
        return new()
        {
            PointCoords = tensor([.. at.SelectMany(n => new[] { 10f + (13 * n), 50f - (11 * n) })], [at.Length, 1, 2]),
            PointLabels = ones([at.Length, 1], ScalarType.Int32),
        };
    }

    /// <summary>Slices of noise, encoded one by one, as the tracker sees them, and once for each object, as training does.</summary>
    private sealed class Stack(Sam2Model model) : ISliceSource
    {
        private readonly ImageFeatures[] features = [.. Enumerable.Range(0, Slices).Select(t => model.EncodeImage(
            FormulaModel.Input($"slice {t}", [1, 3, model.Configuration.ImageSize, model.Configuration.ImageSize], 0, 2)))];

        public int Count => Slices;

        public ImageFeatures Features(int slice) => features[slice];

        public ImageFeatures OfAll(int slice) => new([.. features[slice].Levels.Select(level => level.expand(Objects, -1, -1, -1).contiguous())]);

        public SlicePlane Plane(int slice) => new(SliceAxis.K, slice);

        public Vector3D Center(int slice, ReadOnlySpan<float> logits) => new(0, 0, slice);
    }
}
