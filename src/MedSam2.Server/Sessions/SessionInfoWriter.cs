using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions;

/// <summary>Tells a client what its session is about.</summary>
internal static class SessionInfoWriter
{
    public static SessionInfo Describe(LiveSession live, IReadOnlyList<LabelInfo> labels, bool created)
    {
        var geometry = live.Image.Volume.Geometry;
        var (x, y, z) = geometry.Spacing;
        var window = live.Session.Volume.Window;
        var series = live.Image.Series;
        var state = live.Session.State(objectId: null);
        return new()
        {
            SessionId = live.Id,
            Image = live.ImageId,
            Model = live.Model.Name,
            ModelSha256 = live.Model.Sha256,
            Created = created,
            Dimensions = [geometry.Columns, geometry.Rows, geometry.Slices],
            Spacing = [x, y, z],
            Affine = Matrix(geometry.IjkToLps),
            Window = new() { Low = window.Low, High = window.High },
            SeriesInstanceUid = series?.SeriesInstanceUid ?? "",
            Instances = series is null ? [] : [.. series.Slices.Select(slice => slice.Header.GetString(DicomTag.SOPInstanceUID))],
            Frames = series is null ? [] : [.. series.Slices.Select(slice => slice.Frame + 1)],
            Objects = state.Objects,
            Labels = labels,
            Sequence = state.Sequence,
            History = state.History,
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
