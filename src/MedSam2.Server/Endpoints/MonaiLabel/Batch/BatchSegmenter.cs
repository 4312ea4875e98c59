using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Server.Segmentation;
using MedSam2.Studies.Datastore;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.Batch;

/// <summary>
/// Segments an image that nobody looks at. The model without prompts finds what the template's label shows. Those that follow
/// prompts take, in this order: the image's own in <c>prompts</c>, those shared by all images, a box around each object of the
/// image's own label on its widest slice. Where nothing says what to look for, the image fails with that reason.
/// </summary>
internal sealed class BatchSegmenter(
    ImageLoader images, VolumeSegmenter segmenter, OnePromptSegmenter onePrompt, StoredLabels labels, IOptions<ServerOptions> server)
{
    private const string UnnamedSegment = "segment";

    /// <param name="request">The batch.</param>
    /// <param name="image">The image.</param>
    /// <param name="template">What shows the model without prompts what to look for; null for the others.</param>
    /// <param name="cancellation">Looked at between slices.</param>
    /// <exception cref="RequestException">Nothing says what to look for, or a prompt does not fit the image.</exception>
    public async Task<SegmentedLabels> SegmentAsync(BatchRequest request, CatalogImage image, Template? template, CancellationToken cancellation)
    {
        var volume = (await images.LoadAsync(image.Id, cancellation)).Volume;
        if (template is not null)
        {
            if (template.ImageId == image.Id)
                throw RequestException.BadRequest("This image shows what to look for in the others, so it is not segmented itself.");
            return await onePrompt.SegmentAsync(volume, template, DevicePriority.Batch, cancellation);
        }

        var objects = await ChooseAsync(request, image, volume.Geometry, cancellation);
        var (found, names) = (new LabelMap(volume.Geometry), new Dictionary<int, string>());
        var (first, total, slices) = (TimeSpan.Zero, TimeSpan.Zero, 0);
        IntensityWindow? window = null;
        foreach (var (name, value, plan) in objects)
        {
            var one = await segmenter.SegmentAsync(volume, plan, request.Shared.Settings.Tracking(server.Value), comesAgain: objects.Count > 1, cancellation, inBackground: true);
            Paint(found, one.Mask, value);
            names[value] = name;
            window = one.Window ?? window;
            (first, total, slices) = (first == TimeSpan.Zero ? one.FirstMask : first, total + one.Total, slices + one.Slices);
        }

        return new(found, names, first, total, slices) { Window = window };
    }

    private async Task<IReadOnlyList<(string Name, byte Value, PromptPlan Plan)>> ChooseAsync(
        BatchRequest request, CatalogImage image, VolumeGeometry geometry, CancellationToken cancellation)
    {
        if (!request.Prompts.TryGetValue(image.Id, out var own) && HasPrompt(request.Shared))
            own = [request.Shared];
        if (own is not null)
        {
            return [.. own.Select((parameters, n) => HasPrompt(parameters) && n < byte.MaxValue
                ? (parameters.Label ?? (own.Count > 1 ? $"{UnnamedSegment} {n + 1}" : UnnamedSegment), (byte)(n + 1), PromptPlanner.Create(parameters, request.Model, geometry))
                : throw RequestException.BadRequest("The image's entry in 'prompts' has neither 'foreground' nor 'roi', or is beyond 255 objects."))];
        }

        var label = image.Record?.Label(DatastoreLabel.Final) ?? image.Record?.Label(request.Shared.LabelTag) ?? (image.Labels is [var any, ..] ? any : null)
            ?? throw RequestException.BadRequest("Nothing says what to look for in this image: it has no label, and the batch no prompts for it. Give 'prompts' or a 'roi', label the image, or use the model medsam2_set.");
        var named = await labels.ReadAsync(image, label, cancellation);
        if (named.Names.Count == 0)
            throw RequestException.BadRequest($"Nothing says what to look for in this image: its label '{label.Tag}' is empty.");
        return [.. named.Names.OrderBy(pair => pair.Key).Select(pair => (pair.Value, (byte)pair.Key, PromptPlanner.Create(request.Shared with { Roi = BoxOf(named.Map, (byte)pair.Key) }, request.Model, geometry)))];
    }

    private static bool HasPrompt(InferParameters parameters) => parameters.Foreground.Count > 0 || parameters.Roi is not null;

    /// <summary>Around the object, on its widest slice.</summary>
    private static VoxelBox BoxOf(LabelMap labels, byte value)
    {
        var slice = labels.LargestSlice(SliceAxis.K, value).Index;
        var box = PixelBox.Around(labels.ReadSlice(SliceAxis.K, slice, value).Pixels, labels.Geometry.Columns);
        return new(box.X, box.X + box.Width - 1, box.Y, box.Y + box.Height - 1, slice, slice);
    }

    /// <summary>Where two objects meet, the one of the lower value stays.</summary>
    private static void Paint(LabelMap found, LabelMap mask, byte value)
    {
        for (var n = 0; n < found.Labels.Length; n++)
        {
            if (mask.Labels[n] != 0 && found.Labels[n] == 0)
                found.Labels[n] = value;
        }
    }
}
