using System.Diagnostics;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using FellowOakDicom;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Server.ImageSessions;
using MedSam2.Server.Segmentation;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary><c>POST /infer/{model}</c>: prompts in, mask out.</summary>
internal sealed partial class InferEndpoint(
    InferRequestReader reader, ImageLoader images, ImageSessionStore sessions, VolumeSegmenter segmenter, SegmentationObjects objects, ILogger<InferEndpoint> logger)
{
    private const string UnnamedSegment = "segment";

    public async Task<IResult> HandleAsync(string model, HttpRequest http, CancellationToken cancellation)
    {
        var chosen = InferModel.Find(model)
            ?? throw RequestException.NotFound($"There is no model '{model}'. This server has {string.Join(" and ", InferModel.All.Select(known => known.Name))}.");
        await using var request = await reader.ReadAsync(http, cancellation);
        var start = Stopwatch.GetTimestamp();
        var image = await LoadAsync(request, cancellation);
        var source = RequireSource(request, image);
        var loaded = Stopwatch.GetElapsedTime(start);

        var parameters = request.Parameters;
        var plan = PromptPlanner.Create(parameters, chosen, image.Volume.Geometry);
        var result = await segmenter.SegmentAsync(image.Volume, plan, parameters.Settings.Tracking, comesAgain: request.Upload is null, cancellation);
        LogInferred(logger, chosen.Name, result.Slices, (int)loaded.TotalMilliseconds, (int)result.FirstMask.TotalMilliseconds, (int)result.Total.TotalMilliseconds);

        var name = parameters.Label ?? (parameters.LabelInfo is [var first, ..] ? first : UnnamedSegment);
        var segmentation = source is null ? null : objects.Write(source, result.Mask, name, cancellation);
        var saved = segmentation is not null && parameters.SaveLabel ? await objects.StoreAsync(segmentation, cancellation) : null;
        return await AnswerAsync(request, result, segmentation, new InferResult(
            new() { [name] = 1 },
            new(loaded.TotalSeconds, result.FirstMask.TotalSeconds, result.Total.TotalSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds),
            result.Slices,
            saved is null ? null : new(saved.Key.StudyInstanceUid, saved.Key.SeriesInstanceUid!, saved.Key.SopInstanceUid!, saved.Waiting)), cancellation);
    }

    private async Task<LoadedImage> LoadAsync(InferRequest request, CancellationToken cancellation)
    {
        if (request.SessionId is { } session)
            return await images.LoadSessionAsync(sessions.PathOf(sessions.Require(session, touch: true)), cancellation);
        return request.Upload is { } upload
            ? ImageLoader.LoadUpload(upload.Content, upload.Extension, cancellation)
            : await images.LoadAsync(request.ImageId!, cancellation);
    }

    /// <summary>The series that a DICOM SEG would refer to, where the request asks for one.</summary>
    private static SeriesVolume? RequireSource(InferRequest request, LoadedImage image)
    {
        if (request.Output is not InferOutput.DicomSeg && !request.Parameters.SaveLabel)
            return null;
        if (image.Series is null)
            throw RequestException.BadRequest("A DICOM SEG needs the headers of a DICOM series, which an uploaded volume has not: store the series over DICOMweb and name it with query 'image'.");
        if (request.Output is InferOutput.DicomSeg && request.Parameters.LabelInfo is not { Count: > 0 })
            throw RequestException.NotFound("'output=dicom_seg' needs 'label_info' in 'params': a list of objects with the segment's name.");
        return image.Series;
    }

    private static async Task<IResult> AnswerAsync(
        InferRequest request, SegmentedVolume result, DicomFile? segmentation, InferResult description, CancellationToken cancellation)
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
        var file = MaskFile.Write(result.Mask, extension, format, cancellation);
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
/// <param name="Stored">Where the archive keeps the result, if it was asked to.</param>
internal sealed record InferResult(
    [property: JsonPropertyName("label_names")] Dictionary<string, int> LabelNames,
    [property: JsonPropertyName("latencies")] InferLatencies Latencies,
    [property: JsonPropertyName("slices")] int Slices,
    [property: JsonPropertyName("stored")] StoredSegmentation? Stored);

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
