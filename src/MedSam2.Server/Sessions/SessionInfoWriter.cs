using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions;

/// <summary>Tells a client what its session is about.</summary>
internal static class SessionInfoWriter
{
    public static SessionInfo Describe(SessionHost host, IReadOnlyList<KnownLabel> labels, bool created)
    {
        var source = host.Source;
        var geometry = source.Image.Volume.Geometry;
        var (x, y, z) = geometry.Spacing;
        var window = host.Session.Volume.Window;
        var series = source.Image.Series;
        return new()
        {
            SessionId = host.Id,
            Image = source.ImageId,
            Model = source.Model.Name,
            ModelSha256 = source.Model.Sha256,
            Created = created,
            Dimensions = [geometry.Columns, geometry.Rows, geometry.Slices],
            Spacing = [x, y, z],
            Affine = Matrix(geometry.IjkToLps),
            Window = new() { Low = window.Low, High = window.High },
            CloserLook = host.Session.Volume.CloserLook,
            SeriesInstanceUid = series?.SeriesInstanceUid ?? "",
            Instances = series is null ? [] : [.. series.Slices.Select(slice => slice.Header.GetString(DicomTag.SOPInstanceUID))],
            Frames = series is null ? [] : [.. series.Slices.Select(slice => slice.Frame + 1)],
            Objects = host.Session.Objects(),
            Labels = labels,
            Sequence = host.Session.Frames.Sequence,
            History = host.Session.History,
        };
    }

    private static double[] Matrix(Affine map) =>
    [
        map.I.X, map.J.X, map.K.X, map.Origin.X,
        map.I.Y, map.J.Y, map.K.Y, map.Origin.Y,
        map.I.Z, map.J.Z, map.K.Z, map.Origin.Z,
        0, 0, 0, 1,
    ];
}
