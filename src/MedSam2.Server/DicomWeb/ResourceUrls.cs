namespace MedSam2.Server.DicomWeb;

/// <summary>The addresses of resources as the sender of a request can reach them.</summary>
internal readonly struct ResourceUrls(HttpRequest request)
{
    private readonly string _root = $"{request.Scheme}://{request.Host}{request.PathBase}{DicomWebExtensions.Path}";

    public string Study(string study) => $"{_root}/studies/{study}";

    public string Series(string study, string series) => $"{Study(study)}/series/{series}";

    public string Instance(string study, string series, string instance) => $"{Series(study, series)}/instances/{instance}";

    public string BulkData(string study, string series, string instance, string path) => $"{Instance(study, series, instance)}/bulkdata/{path}";
}
