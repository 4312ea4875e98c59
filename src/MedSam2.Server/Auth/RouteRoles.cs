using System.Collections.Frozen;
using MedSam2.Server.DicomWeb;
using MedSam2.Server.Viewer;

namespace MedSam2.Server.Auth;

/// <summary>
/// What each route asks of its caller: MONAI Label's roles, and closed where it has none. A route that is not named here asks
/// for a user.
/// </summary>
internal static class RouteRoles
{
    /// <summary>Open to all: what a client needs before it has logged in, and pages without anybody's data.</summary>
    private static readonly FrozenSet<string> Open = new[] { "", "/docs", "/openapi.json", "/auth", "/auth/token", "/health/live", "/health/ready" }.ToFrozenSet();

    private static readonly FrozenDictionary<string, AccessRole> Known = new Dictionary<string, AccessRole>
    {
        ["PUT /datastore"] = AccessRole.Annotator,
        ["PUT /datastore/image"] = AccessRole.Annotator,
        ["PUT /datastore/image/info"] = AccessRole.Annotator,
        ["PUT /datastore/label"] = AccessRole.Annotator,
        ["PUT /datastore/label/info"] = AccessRole.Annotator,
        ["PUT /datastore/updatelabelinfo"] = AccessRole.Annotator,
        ["GET /datastore/dataset"] = AccessRole.Annotator,
        ["DELETE /datastore"] = AccessRole.Admin,
        ["DELETE /datastore/image"] = AccessRole.Admin,
        ["DELETE /datastore/label"] = AccessRole.Admin,
        ["POST /batch/infer/{model}"] = AccessRole.Admin,
        ["DELETE /batch/infer"] = AccessRole.Admin,
        ["POST /train"] = AccessRole.Admin,
        ["POST /train/{model}"] = AccessRole.Admin,
        ["DELETE /train"] = AccessRole.Admin,
        ["POST /scoring"] = AccessRole.Annotator,
        ["POST /scoring/{method}"] = AccessRole.Annotator,
        ["DELETE /scoring"] = AccessRole.Annotator,
        ["GET /model/info/{model}"] = AccessRole.Admin,
        ["GET /model/versions/{model}"] = AccessRole.Admin,
        ["GET /model/curves/{model}"] = AccessRole.Admin,
        ["GET /model/{model}"] = AccessRole.Admin,
        ["PUT /model/{model}"] = AccessRole.Admin,
        ["DELETE /model/{model}"] = AccessRole.Admin,
        ["GET /logs"] = AccessRole.Admin,
        ["GET /logs/gpu"] = AccessRole.Admin,
        ["POST /reload"] = AccessRole.Admin,
        ["POST /archive/outbox/send"] = AccessRole.Annotator,
    }.ToFrozenDictionary();

    public static AccessRole Of(string method, string pattern)
    {
        var path = pattern.TrimEnd('/');
        if (Open.Contains(path) || IsBelow(path, ViewerExtensions.Path))
            return AccessRole.None;
        if (IsBelow(path, DicomWebExtensions.Path))
            return method is "GET" or "HEAD" ? AccessRole.User : method is "DELETE" ? AccessRole.Admin : AccessRole.Annotator;
        return Known.GetValueOrDefault($"{(method is "HEAD" ? "GET" : method)} {path}", AccessRole.User);
    }

    private static bool IsBelow(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
