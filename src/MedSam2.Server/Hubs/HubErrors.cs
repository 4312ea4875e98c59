using System.Runtime.CompilerServices;
using MedSam2.Server.Errors;
using Microsoft.AspNetCore.SignalR;

namespace MedSam2.Server.Hubs;

/// <summary>The one place where an exception becomes a hub error: a stable code, then the text that HTTP clients get, too.</summary>
internal sealed partial class HubErrors(ILogger<HubErrors> logger) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (Exception exception) when (exception is not HubException)
        {
            throw ToHubException(exception, invocationContext.HubMethodName, invocationContext.Context.ConnectionAborted);
        }
    }

    /// <summary>Hands a stream on, its failures mapped as those of calls are.</summary>
    /// <param name="method">The hub's method.</param>
    /// <param name="items">What it streams.</param>
    /// <param name="cancellation">The client's way to end the stream.</param>
    public async IAsyncEnumerable<T> MapAsync<T>(string method, IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var reader = items.GetAsyncEnumerator(cancellation);
        while (true)
        {
            try
            {
                if (!await reader.MoveNextAsync())
                    yield break;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                yield break; // nobody reads any more
            }
            catch (Exception exception) when (exception is not HubException)
            {
                throw ToHubException(exception, method, cancellation);
            }

            yield return reader.Current;
        }
    }

    /// <summary>An exception as clients of the hub are told of it; it is logged here.</summary>
    public HubException ToHubException(Exception exception, string method, CancellationToken gone)
    {
        var trace = Guid.NewGuid().ToString("N")[..12];
        var (status, text) = ErrorAnswers.Describe(exception, trace);
        var code = status switch
        {
            StatusCodes.Status404NotFound => "not_found",
            StatusCodes.Status400BadRequest or StatusCodes.Status422UnprocessableEntity or StatusCodes.Status413PayloadTooLarge => "bad_prompt",
            StatusCodes.Status403Forbidden => "forbidden",
            StatusCodes.Status409Conflict or StatusCodes.Status410Gone => "gone",
            StatusCodes.Status429TooManyRequests => "busy",
            StatusCodes.Status503ServiceUnavailable when exception is not OperationCanceledException => "busy",
            _ => "unavailable",
        };
        if (status is StatusCodes.Status500InternalServerError)
            LogFailure(logger, method, trace, exception);
        else if (!gone.IsCancellationRequested)
            LogRefusal(logger, method, code, text);
        return new HubException($"{code}: {text}");
    }

    [LoggerMessage(EventId = 1101, Level = LogLevel.Error, Message = "{Method} failed ({TraceId})")]
    private static partial void LogFailure(ILogger logger, string method, string traceId, Exception exception);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information, Message = "{Method} refused with {Code}: {Cause}")]
    private static partial void LogRefusal(ILogger logger, string method, string code, string cause);
}
