namespace MedSam2.Server.Endpoints.MonaiLabel;

internal static class MonaiLabelExtensions
{
    public static void AddMonaiLabel(this WebApplicationBuilder builder)
    {
    }

    /// <summary>The MONAI Label API. Routes match with and without a trailing slash, without a redirect.</summary>
    public static void MapMonaiLabel(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/info/", InfoEndpoint.HandleAsync);
    }
}
