namespace MedSam2.Server;

/// <summary>The version that the server tells its clients.</summary>
internal static class ProductVersion
{
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetName().Version!.ToString(3);
}
