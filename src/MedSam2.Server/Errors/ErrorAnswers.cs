using System.Text.Encodings.Web;
using System.Text.Json;
using Dicom.Segmentation;
using MedSam2.Imaging.Formats;
using MedSam2.Inference;
using MedSam2.Server.Configuration;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.Series;
using MedSam2.Studies.Store;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.Fitting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Errors;

/// <summary>The one place where an exception becomes a status and a JSON object with <c>detail</c>.</summary>
internal static partial class ErrorAnswers
{
    // Quotes stay readable: people see these texts in Slicer and in terminals, and never as part of a page.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void AddErrorAnswers(this WebApplicationBuilder builder)
    {
        builder.Services.AddCors();
        builder.Services.AddOptions<Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions>().Configure<IOptions<ServerOptions>>((cors, server) =>
            cors.AddDefaultPolicy(policy => policy
                .WithOrigins([.. server.Value.Origins])
                .AllowAnyMethod()
                .AllowAnyHeader()
                .WithExposedHeaders("Content-Disposition")
                .SetPreflightMaxAge(TimeSpan.FromMinutes(10))));
    }

    /// <summary>Answers exceptions, and statuses without a body (unknown route, wrong method), as JSON.</summary>
    public static void UseErrorAnswers(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("MedSam2.Server.Errors");
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null or 0 } answer)
                    await WriteAsync(context, answer.StatusCode, ReasonPhrases.GetReasonPhrase(answer.StatusCode));
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // Nobody is left to answer.
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }
            catch (Exception exception) when (!context.Response.HasStarted)
            {
                var (status, detail) = Describe(exception, context.TraceIdentifier);
                var endpoint = context.GetEndpoint()?.DisplayName;
                if (status is StatusCodes.Status500InternalServerError)
                    LogFailure(logger, endpoint, context.TraceIdentifier, exception);
                else
                    LogRefusal(logger, endpoint, status, exception.Message);
                context.Response.Clear();
                if (status is StatusCodes.Status503ServiceUnavailable)
                    context.Response.Headers.RetryAfter = "5";
                await WriteAsync(context, status, detail);
            }
        });
    }

    /// <summary>What a person is told of an exception where there is no request to answer.</summary>
    public static string Explain(Exception exception) => Describe(exception, exception.GetType().Name).Text;

    /// <summary>What an exception means, as a status of HTTP and a text for whoever asked.</summary>
    /// <param name="exception">Any.</param>
    /// <param name="traceId">What the log calls a failure that is the server's own.</param>
    public static (int Status, string Text) Describe(Exception exception, string traceId) => exception switch
    {
        // Nobody gave up, so it is the server that is going down.
        OperationCanceledException => (StatusCodes.Status503ServiceUnavailable, "The server is stopping. Try again in a few seconds."),
        RequestException request => (request.Status, request.Message),
        PromptException or SeriesException or SegmentationException or TrainingException or EvaluationException => (StatusCodes.Status422UnprocessableEntity, exception.Message),
        DeviceMemoryException => (StatusCodes.Status503ServiceUnavailable, exception.Message),
        OvertakenException => (StatusCodes.Status410Gone, exception.Message),
        ImageFormatException => (StatusCodes.Status400BadRequest, exception.Message),
        StudyStoreException store => (StatusOf(store.Fault), store.Message),
        ArchiveException archive => (StatusOf(archive.Fault), archive.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (
            StatusCodes.Status413PayloadTooLarge,
            "The request is larger than this server accepts (setting MedSam2:Limits:UploadMegabytes)."),
        BadHttpRequestException bad => (bad.StatusCode, bad.Message),
        _ => (StatusCodes.Status500InternalServerError, $"The server failed; its log tells why under {traceId}."),
    };

    private static (int Status, object Detail) Answer(Exception exception, HttpContext context)
    {
        if (exception is ParameterException parameter)
            return (parameter.Status, new[] { new { type = "value_error", loc = parameter.Location, msg = parameter.Message } });
        var (status, text) = Describe(exception, context.TraceIdentifier);
        return (status, text);
    }

    private static int StatusOf(StoreFault fault) => fault switch
    {
        StoreFault.NotFound => StatusCodes.Status404NotFound,
        StoreFault.BadRequest => StatusCodes.Status400BadRequest,
        StoreFault.Conflict => StatusCodes.Status409Conflict,
        StoreFault.ReadOnly => StatusCodes.Status403Forbidden,
        StoreFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
        StoreFault.NoSpace => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>What the archive failed at is no fault of the request, nor of this server.</summary>
    private static int StatusOf(ArchiveFault fault) => fault switch
    {
        ArchiveFault.NotFound => StatusCodes.Status404NotFound,
        ArchiveFault.TimedOut => StatusCodes.Status504GatewayTimeout,
        ArchiveFault.Busy => StatusCodes.Status503ServiceUnavailable,
        ArchiveFault.NoSpace => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status502BadGateway,
    };

    private static Task WriteAsync(HttpContext context, int status, object detail)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsJsonAsync(new { detail }, Json, context.RequestAborted);
    }

    [LoggerMessage(EventId = 1001, Level = LogLevel.Error, Message = "{Endpoint} failed ({TraceId})")]
    private static partial void LogFailure(ILogger logger, string? endpoint, string traceId, Exception exception);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "{Endpoint} refused with {Status}: {Cause}")]
    private static partial void LogRefusal(ILogger logger, string? endpoint, int status, string cause);
}
