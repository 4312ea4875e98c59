namespace MedSam2.Server.Endpoints.MonaiLabel;

internal static class MonaiLabelExtensions
{
    public static void AddMonaiLabel(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<InferRequestReader>();
        builder.Services.AddSingleton<InferEndpoint>();
    }

    /// <summary>The MONAI Label API. Routes match with and without a trailing slash, without a redirect.</summary>
    public static void MapMonaiLabel(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/info/", InfoEndpoint.HandleAsync);
        routes.MapPost("/infer/{model}", (string model, HttpContext context, InferEndpoint endpoint, CancellationToken cancellation) =>
            endpoint.HandleAsync(model, context, cancellation));
    }
}
