using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Features;
using MedSam2.Inference.Orientations;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>An object and the stacks of its volume without a session around them, so that a test sees what the passes begin from and share.</summary>
internal sealed class OrientedBench : IDisposable
{
    private readonly SegmentationModel model;
    private readonly Volume volume;
    private readonly TrackingOptions options;
    private readonly FeatureCache cache;
    private readonly Dictionary<SliceAxis, StackSegmenter> segmenters = [];

    public OrientedBench(SegmentationModel model, Volume volume, TrackingOptions options)
    {
        (this.model, this.volume, this.options) = (model, volume, options);
        cache = new FeatureCache(model.Features, long.MaxValue, 1, (view, indices) => SliceEncoding.Run(
            model, indices, index => ((VolumeStack)SegmenterOf(view.Axis).Stack).Input(index, WindowSelection.For(volume))));
        Object = new SegmentedObject(1, model.Configuration, options);
    }

    public SegmentedObject Object { get; }

    public void Prompt(SlicePrompt prompt)
    {
        var segmenter = SegmenterOf(prompt.Axis);
        var prompts = SlicePrompts.None.With(prompt);
        using var answer = segmenter.Decode(prompt.Index, prompts, known: null);
        segmenter.Pin(Object, prompt.Index, prompts, answer);
    }

    public IEnumerable<Visited> Run(OrientationChoice choice, double acceptedDisagreement = 1)
    {
        var range = PropagationRange.Whole with { Orientations = choice, Last = volume.Geometry.SliceShape(SliceAxis.K).Count - 1 };
        return new OrientedPropagation(volume.Geometry, SegmenterOf, options with { AcceptedDisagreement = acceptedDisagreement })
            .Run([Object], range, CancellationToken.None);
    }

    public void Dispose()
    {
        Object.Dispose();
        cache.Dispose();
    }

    private StackSegmenter SegmenterOf(SliceAxis axis)
    {
        if (!segmenters.TryGetValue(axis, out var segmenter))
            segmenters.Add(axis, segmenter = new(model.Network, model.Features, new VolumeStack(volume, axis, model.Configuration, cache), options));
        return segmenter;
    }
}
