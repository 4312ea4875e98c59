using System.Diagnostics;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Inference.Preprocessing;
using MedSam2.Server.Device;

namespace MedSam2.Server.Segmentation;

/// <summary>
/// Finds in one volume what a person has labelled in another one: MedSAM-2's one-prompt segmentation, in which the labelled
/// slices and all slices of the new volume are one set, visited by likeness.
/// </summary>
internal sealed class OnePromptSegmenter(DeviceWorker device, ModelHost host, IHostApplicationLifetime lifetime)
{
    // The widest slice and one half way to each end show the object as it is in most slices.
    private static readonly double[] TemplateHeights = [0.5, 0.25, 0.75];

    /// <param name="volume">The new image.</param>
    /// <param name="template">The labelled one.</param>
    /// <param name="priority">What it goes before.</param>
    /// <param name="cancellation">Looked at between slices.</param>
    public async Task<SegmentedLabels> SegmentAsync(Volume volume, Template template, DevicePriority priority, CancellationToken cancellation)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        var run = new Run(host, volume, template);
        await device.RunStepsAsync(priority, run.Steps, given.Token);
        return run.Result!;
    }

    private sealed class Run(ModelHost host, Volume volume, Template template)
    {
        public SegmentedLabels? Result { get; private set; }

        public IEnumerable<SliceMask> Steps(CancellationToken cancellation)
        {
            var start = Stopwatch.GetTimestamp();
            var labels = template.Labels.Map;
            var prompts = template.Labels.Names.Keys.Order().SelectMany(value => TemplateSlices(labels, (byte)value).Select(slice => (Value: value, Slice: slice))).ToArray();
            int[] shown = [.. prompts.Select(prompt => prompt.Slice).Distinct()];
            Picture[] pictures = [.. Pictures(template.Volume, shown), .. Pictures(volume, Enumerable.Range(0, volume.Geometry.Slices))];

            using var lease = host.Lease();
            using var session = new PictureSetSession(lease.Model, pictures);
            foreach (var (value, slice) in prompts)
                yield return session.Prompt(value, new SlicePrompt(SliceAxis.K, Array.IndexOf(shown, slice), [], Mask: labels.ReadSlice(SliceAxis.K, slice, (byte)value)), cancellation);
            var firstMask = Stopwatch.GetElapsedTime(start);

            var found = new LabelMap(volume.Geometry);
            var slices = 0;
            foreach (var value in prompts.Select(prompt => prompt.Value).Distinct())
            {
                foreach (var mask in session.Propagate(value, PictureOrder.Similarity, cancellation))
                {
                    if (mask.Index >= shown.Length)
                    {
                        Paint(found, mask, mask.Index - shown.Length);
                        slices++;
                    }

                    yield return mask;
                }
            }

            Result = new(found, template.Labels.Names, firstMask, Stopwatch.GetElapsedTime(start), slices);
        }

        /// <summary>Slices at parts of the object's extent, each once.</summary>
        private static IEnumerable<int> TemplateSlices(LabelMap labels, byte value)
        {
            int[] held = [.. Enumerable.Range(0, labels.Geometry.Slices).Where(k => Slice(labels, k).Contains(value))];
            var widest = labels.LargestSlice(SliceAxis.K, value).Index;
            return held.Length == 0 ? [] : TemplateHeights.Select(height => held[(int)(height * (held.Length - 1))]).Prepend(widest).Distinct().Take(TemplateHeights.Length);
        }

        private static IEnumerable<Picture> Pictures(Volume source, IEnumerable<int> slices)
        {
            var window = WindowSelection.For(source);
            var (width, height) = (source.Geometry.Columns, source.Geometry.Rows);
            var values = new float[width * height];
            foreach (var k in slices)
            {
                source.ReadSlice(SliceAxis.K, k, values);
                var grey = new byte[values.Length];
                WindowSelection.Apply(window, values, grey);
                yield return new Picture(width, height, grey);
            }
        }

        private static Span<byte> Slice(LabelMap labels, int k) => labels.Labels.AsSpan((int)labels.Geometry.Offset(0, 0, k), labels.Geometry.Columns * labels.Geometry.Rows);

        /// <summary>Where two objects meet, the one of the lower value stays.</summary>
        private static void Paint(LabelMap found, SliceMask mask, int k)
        {
            var target = Slice(found, k);
            for (var n = 0; n < target.Length; n++)
            {
                if (mask.Mask.Pixels[n] != 0 && target[n] == 0)
                    target[n] = (byte)mask.ObjectId;
            }
        }
    }
}
