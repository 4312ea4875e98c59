using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>Turns what the endpoints and the store throw into a status and a JSON object with <c>detail</c>.</summary>
internal sealed class DicomWebErrors : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (!context.HttpContext.Response.HasStarted && StatusOf(e) is not null)
        {
            context.HttpContext.Response.Headers.Clear();
            return Results.Json(new { detail = e.Message }, statusCode: StatusOf(e));
        }
    }

    private static int? StatusOf(Exception exception) => exception switch
    {
        DicomWebException request => request.Status,
        StudyStoreException store => store.Fault switch
        {
            StoreFault.NotFound => StatusCodes.Status404NotFound,
            StoreFault.ReadOnly => StatusCodes.Status403Forbidden,
            StoreFault.BadRequest => StatusCodes.Status400BadRequest,
            StoreFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
            StoreFault.NoSpace => StatusCodes.Status507InsufficientStorage,
            _ => StatusCodes.Status500InternalServerError,
        },
        BadHttpRequestException bad => bad.StatusCode,
        _ => null,
    };
}
