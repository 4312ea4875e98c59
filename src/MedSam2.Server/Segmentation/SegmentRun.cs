using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Inference;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Images;
using MedSam2.Server.Method;
using static System.FormattableString;

namespace MedSam2.Server.Segmentation;

/// <summary>The verb <c>segment</c>: an image and a prompt in, a mask file out.</summary>
internal static class SegmentRun
{
    private const int Object = 1;

    public static async Task RunAsync(VerbSettings settings, SegmentRequest request, CancellationToken cancellation)
    {
        MaskOutput.CheckPlace(request.Output, request.Image, request.Replace);
        var report = await VerbConsole.WithProgressAsync("Reading", progress => Task.FromResult(Segment(settings, request, progress, cancellation)));
        Console.WriteLine(request.Json
            ? JsonSerializer.Serialize(report, SegmentJson.Default.SegmentReport)
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{report.Output}: {report.Voxels} {(report.Millilitres is { } ml ? Invariant($"voxels ({ml:0.##} ml) on {report.Slices} slices") : "pixels")}, predicted IoU {report.PredictedIou:0.00}, {report.Seconds:0.0} s"));
    }

    private static SegmentReport Segment(VerbSettings settings, SegmentRequest request, IProgress<VerbProgress> progress, CancellationToken cancellation)
    {
        var image = ImageFile.Read(request.Image, request.Part, cancellation);
        MaskOutput.CheckPossible(request.Output, image);
        var geometry = image.Volume.Geometry;
        var prompts = request.Prompts(geometry);
        progress.Report(new(0, "Loading the network"));
        using var model = settings.LoadModel();

        var start = Stopwatch.GetTimestamp();
        using var session = new VolumeSession(model, image.Volume, request.Tracking);
        var answers = prompts.Select(prompt => session.Prompt(Object, prompt, cancellation)).ToList();
        if (request.Orientations is { } orientations)
        {
            var range = PropagationRange.Whole with { Axis = prompts[0].Axis, Orientations = orientations };
            var count = geometry.SliceShape(range.Axis).Count;
            var done = 0;
            foreach (var _ in session.Propagate([Object], range, cancellation))
                progress.Report(new(Math.Min(1, (double)++done / count), $"Slice {Math.Min(done, count)} of {count}"));
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var mask = session.ToLabelMap();
        var method = MethodRecord.Describe(request.Tracking, request.Orientations ?? OrientationChoice.PromptPlane, session.Window);
        MaskOutput.Write(request.Output, image, mask, prompts[0], request.Name, request.Encoding, model, session.Window, method, cancellation);

        var voxels = mask.Count(Object);
        var (x, y, z) = geometry.Spacing;
        return new(
            request.Output, voxels, image.IsPicture ? null : voxels * x * y * z / 1000, CountSlices(session, prompts[0]), answers[0].PredictedIou, seconds, model.Name, model.Sha256, [session.Window.Low, session.Window.High], method);
    }

    private static int CountSlices(VolumeSession session, SlicePrompt prompt) =>
        session.Masks(Object).Count(m => m.Axis == prompt.Axis && m.Mask.Pixels.AsSpan().Contains((byte)1));
}

/// <param name="Output">The file.</param>
/// <param name="Voxels">Of the object.</param>
/// <param name="Millilitres">Of the object; null for a picture, whose pixels have no size.</param>
/// <param name="Slices">On how many it is.</param>
/// <param name="PredictedIou">What the network thinks of its answer to the first prompt.</param>
/// <param name="Seconds">From the first prompt to the last slice.</param>
/// <param name="Model">Its name.</param>
/// <param name="Sha256">Of its weights.</param>
/// <param name="Window">Low and high end of the grey window.</param>
/// <param name="Method">All choices that change the masks, in words.</param>
internal sealed record SegmentReport(
    string Output, long Voxels, double? Millilitres, int Slices, float PredictedIou, double Seconds, string Model, string Sha256, float[] Window, string Method);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SegmentReport))]
internal sealed partial class SegmentJson : JsonSerializerContext;
