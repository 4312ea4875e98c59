using System.Diagnostics;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using FellowOakDicom;
using MedSam2.Server.Auth;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Server.ImageSessions;
using MedSam2.Server.Segmentation;
using MedSam2.Studies.Datastore;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary><c>POST /infer/{model}</c>: prompts in, mask out.</summary>
internal sealed partial class InferEndpoint(
    InferRequestReader reader,
    ImageLoader images,
    VolumeGate gate,
    ImageSessionStore sessions,
    VolumeSegmenter segmenter,
    OnePromptSegmenter onePrompt,
    Templates templates,
    SegmentationObjects objects,
    LabelKeeper keeper,
    RoleGuard guard,
    IOptions<ServerOptions> server,
    ILogger<InferEndpoint> logger)
{
    private const string UnnamedSegment = "segment";

    public async Task<IResult> HandleAsync(string model, HttpContext context, CancellationToken cancellation)
    {
        var chosen = InferModel.Require(model);
        await using var request = await reader.ReadAsync(context.Request, cancellation);
        if (request.Parameters.SaveLabel)
            guard.Require(context.User, AccessRole.Annotator);
        // Another one than asked for shows in the answer's 'device'.
        _ = DeviceChoice.Check(request.Parameters.Device, server.Value.Device);
        var start = Stopwatch.GetTimestamp();
        var source = await FindAsync(request, cancellation);
        using var held = await gate.LoadAsync(source, chosen.Dimension == 2 ? DevicePriority.Click : DevicePriority.Propagation, cancellation);
        var image = held.Image;
        Check(request, image);
        var loaded = Stopwatch.GetElapsedTime(start);

        var result = await SegmentAsync(chosen, request, image, cancellation);
        LogInferred(logger, chosen.Name, result.Slices, (int)loaded.TotalMilliseconds, (int)result.FirstMask.TotalMilliseconds, (int)result.Total.TotalMilliseconds);

        var toArchive = request.Parameters is { SaveLabel: true, LabelTag: DatastoreLabel.Final };
        var segmentation = image.Series is not null && (request.Output is InferOutput.DicomSeg || toArchive) ? Write(chosen, image, result, cancellation) : null;
        var description = new InferResult(
            result.Names.ToDictionary(pair => pair.Value, pair => pair.Key),
            new(loaded.TotalSeconds, result.FirstMask.TotalSeconds, result.Total.TotalSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds),
            result.Slices,
            server.Value.Device,
            result.Window is { } window ? [window.Low, window.High] : null,
            image.Series is { } series ? new(series.Kind.ToString(), series.Part, series.PartCount, series.Unit, series.WhyNoUptake) : null,
            null);
        if (request.Parameters.SaveLabel)
            description = await SaveAsync(chosen, request, image.Series is not null, result, description, toArchive ? segmentation : null, context.User.Identity?.Name, cancellation);
        return await AnswerAsync(request, result, segmentation, description, cancellation);
    }

    private async Task<SegmentedLabels> SegmentAsync(InferModel model, InferRequest request, LoadedImage image, CancellationToken cancellation)
    {
        var parameters = request.Parameters;
        if (model.IsOnePrompt)
            return await onePrompt.SegmentAsync(image.Volume, await templates.FindAsync(parameters.Template, request.ImageId, cancellation), DevicePriority.Propagation, cancellation);
        var plan = PromptPlanner.Create(parameters, model, image.Volume.Geometry);
        var result = await segmenter.SegmentAsync(image.Volume, plan, parameters.Settings.Tracking(server.Value), comesAgain: request.Upload is null, cancellation);
        var name = parameters.Label ?? (parameters.LabelInfo is [var first, ..] ? first : UnnamedSegment);
        return new(result.Mask, new Dictionary<int, string> { [1] = name }, result.FirstMask, result.Total, result.Slices) { Window = result.Window, Method = result.Method };
    }

    /// <summary>The result as DICOM SEG.</summary>
    private DicomFile Write(InferModel model, LoadedImage image, SegmentedLabels result, CancellationToken cancellation)
    {
        if (result.IsEmpty)
            throw Empty();
        return model.IsOnePrompt
            ? objects.Write(image.Series!, result.Map, LabelInfo.Of(model.Name, result.Names), cancellation)
            : objects.Write(image.Series!, result.Map, result.Names[1], result.Method, cancellation);
    }

    private async Task<InferResult> SaveAsync(
        InferModel model, InferRequest request, bool isSeries, SegmentedLabels result, InferResult description, DicomFile? segmentation, string? user, CancellationToken cancellation)
    {
        if (result.IsEmpty)
            throw Empty();
        var info = LabelInfo.Of(model.Name, result.Names);
        info["params"] = JsonSerializer.SerializeToNode(description, InferJson.Default.InferResult);
        var kept = await keeper.SaveAsync(request.ImageId!, isSeries, request.Parameters.LabelTag, result.Map, info, user, segmentation, cancellation);
        return kept is null ? description : description with { Stored = new(kept.Key.StudyInstanceUid, kept.Key.SeriesInstanceUid!, kept.Key.SopInstanceUid!, kept.Waiting) };
    }

    private static ParameterException Empty() => new("The mask is empty: there is nothing to store.", "body", "params");

    private async Task<ImageSource> FindAsync(InferRequest request, CancellationToken cancellation)
    {
        if (request.SessionId is { } session)
            return images.OfSession(sessions.PathOf(sessions.Require(session, touch: true)));
        return request.Upload is { } upload
            ? ImageLoader.OfUpload(upload.Content, upload.Extension, cancellation)
            : await images.FindAsync(request.ImageId!, cancellation);
    }

    /// <summary>What would be refused after all the work is refused before it.</summary>
    private static void Check(InferRequest request, LoadedImage image)
    {
        if (request.Parameters.SaveLabel && request.ImageId is null)
            throw RequestException.BadRequest("'save_label' keeps the result as a label of an image of the server: name one with query 'image'.");
        if (request.Output is not InferOutput.DicomSeg)
            return;
        if (image.Series is null)
            throw RequestException.BadRequest("A DICOM SEG needs the headers of a DICOM series, which an uploaded volume has not: store the series over DICOMweb and name it with query 'image'.");
        if (request.Parameters.LabelInfo is not { Count: > 0 })
            throw RequestException.NotFound("'output=dicom_seg' needs 'label_info' in 'params': a list of objects with the segment's name.");
    }

    private static async Task<IResult> AnswerAsync(
        InferRequest request, SegmentedLabels result, DicomFile? segmentation, InferResult description, CancellationToken cancellation)
    {
        if (request.Output is InferOutput.Json)
            return Results.Json(description, InferJson.Default.InferResult);
        if (request.Output is InferOutput.DicomSeg)
        {
            var content = new MemoryStream();
            await segmentation!.SaveAsync(content);
            content.Position = 0;
            return new FileAnswer(content, "application/dicom", $"{Guid.NewGuid():N}.dcm");
        }

        var format = request.Parameters.Result;
        var extension = format.Extension ?? request.Upload?.Extension ?? ".nii.gz";
        var fileName = $"{Guid.NewGuid():N}{extension}";
        var file = MaskFile.Write(result.Map, extension, format, cancellation);
        return request.Output is InferOutput.Image
            ? new FileAnswer(file, MediaTypeNames.Application.Octet, fileName)
            : new MultipartAnswer(JsonSerializer.SerializeToUtf8Bytes(description, InferJson.Default.InferResult), file, fileName);
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "{Model}: {Slices} slices; image {LoadMs} ms, first mask {FirstMaskMs} ms, all {TotalMs} ms")]
    private static partial void LogInferred(ILogger logger, string model, int slices, int loadMs, int firstMaskMs, int totalMs);
}

/// <summary>The result JSON.</summary>
/// <param name="LabelNames">Name and voxel value of each segment.</param>
/// <param name="Latencies">Seconds.</param>
/// <param name="Slices">How many slices the object was carried to.</param>
/// <param name="Device">What computed.</param>
/// <param name="Window">Low and high end of the grey window that the network saw the image through; null where it saw nothing.</param>
/// <param name="Image">For a DICOM series: what was made of it.</param>
/// <param name="Stored">Where the archive keeps the result, if it was asked to.</param>
internal sealed record InferResult(
    [property: JsonPropertyName("label_names")] Dictionary<string, int> LabelNames,
    [property: JsonPropertyName("latencies")] InferLatencies Latencies,
    [property: JsonPropertyName("slices")] int Slices,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("window")] float[]? Window,
    [property: JsonPropertyName("image")] ReadSeries? Image,
    [property: JsonPropertyName("stored")] StoredSegmentation? Stored);

/// <summary>What was made of a DICOM series.</summary>
/// <param name="Kind"><c>Volume</c>, <c>TimeSeries</c> or <c>Picture</c>.</param>
/// <param name="Part">Which volume or picture of the series it is, from 1.</param>
/// <param name="Parts">How many there are; the others are <c>UID@2</c> and so on.</param>
/// <param name="Unit">Of its values: <c>HU</c>, <c>SUVbw</c>, as the header says, or empty.</param>
/// <param name="WhyNoUptake">For PET that is not in SUV, what is missing.</param>
internal sealed record ReadSeries(
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("part")] int Part,
    [property: JsonPropertyName("parts")] int Parts,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("why_no_suv")] string? WhyNoUptake);

/// <summary>Seconds: to have the image, to know the first prompt's slice, to know all slices, and all in all.</summary>
internal sealed record InferLatencies(
    [property: JsonPropertyName("pre")] double Load,
    [property: JsonPropertyName("first_mask")] double FirstMask,
    [property: JsonPropertyName("infer")] double Infer,
    [property: JsonPropertyName("total")] double Total);

/// <summary>A segmentation in the archive, by the names of DICOM.</summary>
/// <param name="StudyInstanceUid">Its study.</param>
/// <param name="SeriesInstanceUid">Its own series.</param>
/// <param name="SopInstanceUid">The object.</param>
/// <param name="Waiting">Where the archive has not taken it yet: why, and what becomes of it.</param>
internal sealed record StoredSegmentation(
    [property: JsonPropertyName("StudyInstanceUID")] string StudyInstanceUid,
    [property: JsonPropertyName("SeriesInstanceUID")] string SeriesInstanceUid,
    [property: JsonPropertyName("SOPInstanceUID")] string SopInstanceUid,
    [property: JsonPropertyName("waiting")] string? Waiting);

[JsonSerializable(typeof(InferResult))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class InferJson : JsonSerializerContext;
