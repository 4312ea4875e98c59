namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A read infer request. Disposing it removes the uploaded file.</summary>
/// <param name="ImageId">Series Instance UID of an image in the archive; null where the request uploads its image or names a session.</param>
/// <param name="SessionId">The session whose image is meant, whatever else the request names.</param>
/// <param name="Upload">The uploaded image.</param>
/// <param name="Output">What the answer is to hold.</param>
/// <param name="Parameters">Prompts and wishes.</param>
internal sealed record InferRequest(string? ImageId, string? SessionId, UploadedImage? Upload, InferOutput Output, InferParameters Parameters) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Upload is null ? ValueTask.CompletedTask : Upload.Content.DisposeAsync();
}

/// <summary>An image that came with the request, on disk.</summary>
/// <param name="Content">Its bytes, from the first.</param>
/// <param name="Extension">One of <see cref="ResultFormat.Extensions"/>.</param>
internal sealed record UploadedImage(Stream Content, string Extension);

/// <summary>What the answer is to hold (query <c>output</c>).</summary>
internal enum InferOutput
{
    /// <summary>The result JSON and the mask, as two parts.</summary>
    All,

    /// <summary>The mask file alone.</summary>
    Image,

    /// <summary>The result JSON alone.</summary>
    Json,

    /// <summary>The mask as DICOM SEG.</summary>
    DicomSeg,
}
