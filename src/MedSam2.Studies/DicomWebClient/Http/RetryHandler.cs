using System.Net;
using Polly;
using Polly.Retry;

namespace MedSam2.Studies.DicomWebClient.Http;

/// <summary>
/// Sends a request again where the archive is away or busy, after the time that it asks for, else after 1, 2, 4 ... seconds.
/// All requests of DICOMweb may be repeated: instances are named by UIDs, and storing one twice stores it once.
/// </summary>
internal sealed class RetryHandler : DelegatingHandler
{
    private static readonly ResiliencePropertyKey<CancellationToken> Caller = new("caller");

    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;
    private readonly TimeSpan _longest;
    private readonly TimeSpan _answer;

    public RetryHandler(ArchiveOptions options, TimeProvider time, HttpMessageHandler inner)
        : base(inner)
    {
        _longest = TimeSpan.FromSeconds(options.RetrySeconds);
        _answer = TimeSpan.FromSeconds(options.AnswerSeconds);
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (options.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromSeconds(1),
                MaxDelay = _longest,
                UseJitter = true,
                ShouldHandle = arguments => ValueTask.FromResult(ShouldRetry(arguments.Outcome, arguments.Context)),
                DelayGenerator = arguments => ValueTask.FromResult(arguments.Outcome.Result is { } response ? RetryAfter(response, time) : null),
                OnRetry = arguments =>
                {
                    arguments.Outcome.Result?.Dispose();
                    return default;
                },
            });
        }

        _pipeline = builder.Build();
    }

    /// <summary>What the archive asks for, or null.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        var header = response.Headers.RetryAfter;
        var delay = header?.Delta ?? (header?.Date is { } date ? date - time.GetUtcNow() : null);
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri;
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(Caller, cancellationToken);
        try
        {
            return await _pipeline.ExecuteAsync(async (_, state) =>
            {
                state.request.RequestUri = state.address;
                return await SendOnceAsync(state.request, cancellationToken);
            }, context, (request, address));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_answer + SendingTime(request.Content));
        try
        {
            return await base.SendAsync(request, timeout.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ArchiveException(ArchiveFault.TimedOut, $"The archive did not answer within {_answer.TotalSeconds:0} s. Try again later, or raise the setting AnswerSeconds.", e);
        }
    }

    /// <summary>A second for each MiB; an hour where the length is not told.</summary>
    private static TimeSpan SendingTime(HttpContent? content) =>
        content is null ? TimeSpan.Zero : content.Headers.ContentLength is { } length ? TimeSpan.FromSeconds(length >> 20) : TimeSpan.FromHours(1);

    private bool ShouldRetry(Outcome<HttpResponseMessage> outcome, ResilienceContext context)
    {
        if (context.Properties.GetValue(Caller, default).IsCancellationRequested)
            return false;
        // A request that ran into its time limit has cost the caller enough.
        if (outcome.Exception is { } exception)
            return exception is HttpRequestException { HttpRequestError: not (HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError) };
        var response = outcome.Result!;
        var passing = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        return passing && !(RetryAfter(response, TimeProvider.System) > _longest);
    }
}
