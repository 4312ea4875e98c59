using FellowOakDicom;

namespace MedSam2.Studies.Series;

/// <summary>
/// Divides the slices of a series into what can be looked at as one: stacks of a multi-frame image, volumes of a 4D series by
/// time, echo or b-value, and pictures without a place one by one.
/// </summary>
internal static class SeriesParts
{
    /// <summary>Slices nearer than this, in millimetres, are at one place.</summary>
    private const double SamePlace = 1e-3;

    /// <param name="slices">As they came, at least one.</param>
    /// <returns>In order of time; at least one.</returns>
    /// <exception cref="SeriesException">Some slices have a place and some have none, or slices at one place cannot be told apart.</exception>
    public static IReadOnlyList<SeriesPart> Of(IReadOnlyList<SliceToRead> slices)
    {
        var placed = slices.Count(s => s.Header.Plane is not null);
        if (placed == 0)
            return Pictures(slices);
        if (placed < slices.Count)
        {
            throw new SeriesException(SeriesFault.NoPosition,
                $"{slices.Count - placed} of {slices.Count} slices do not say where in the patient they lie (position, orientation or pixel spacing is missing). Take the odd ones, often a scout or a screenshot, out of the series.");
        }

        var stacks = slices.GroupBy(s => s.Groups.Value(FrameAttribute.Content, DicomTag.StackID) ?? "").OrderBy(g => g.Key, FrameAttribute.Order);
        return [.. stacks.SelectMany(stack => ByTime([.. stack]))];
    }

    /// <summary>Each instance by itself: two views of a chest are no stack, but the frames of one instance follow each other.</summary>
    private static IReadOnlyList<SeriesPart> Pictures(IReadOnlyList<SliceToRead> slices) =>
    [
        .. slices.GroupBy(s => s.Instance)
            .OrderBy(g => HeaderValues.FirstText(g.Key.Header, DicomTag.InstanceNumber), FrameAttribute.Order)
            .ThenBy(g => HeaderValues.Text(g.Key.Header, DicomTag.SOPInstanceUID), StringComparer.Ordinal)
            .Select(g => new SeriesPart(g.Count() == 1 ? SeriesKind.Picture : SeriesKind.TimeSeries, [.. g.Select(Brighter)])),
    ];

    /// <summary>Pictures have no unit to keep: where low values are white they are turned over, so that bright is always high.</summary>
    private static SliceToRead Brighter(SliceToRead slice) => slice.Instance.LowIsWhite ? slice with { Header = slice.Header.Times(-1) } : slice;

    private static IEnumerable<SeriesPart> ByTime(SliceToRead[] slices)
    {
        var places = CountPlaces(slices);
        if (places == slices.Length || slices.Length % places != 0)
            return [new(SeriesKind.Volume, slices)];
        // One attribute tells the volumes apart, or two together do (time and echo).
        var usable = FrameAttribute.Discriminators.Select(a => Array.ConvertAll(slices, s => a.Of(s.Groups)))
            .Where(values => !values.Contains(null) && values.Distinct().Skip(1).Any()).ToArray();
        var pairs = usable.SelectMany((a, n) => usable.Skip(n + 1).Select(b => (a, b)));
        foreach (var (first, second) in usable.Select(a => (a, a)).Concat(pairs))
        {
            var volumes = Enumerable.Range(0, slices.Length)
                .GroupBy(n => (first[n], second[n]), n => slices[n])
                .OrderBy(v => v.Key.Item1, FrameAttribute.Order).ThenBy(v => v.Key.Item2, FrameAttribute.Order)
                .Select(v => v.ToArray()).ToArray();
            if (volumes.Length != slices.Length / places || volumes.Any(v => v.Length != places || CountPlaces(v) != places))
                continue;
            return places == 1
                ? [new(SeriesKind.TimeSeries, [.. volumes.SelectMany(v => v)])]
                : volumes.Select(v => new SeriesPart(SeriesKind.Volume, v));
        }

        return [new(SeriesKind.Volume, slices)];
    }

    /// <summary>How many places there are among parallel slices; all of them count where they are not parallel.</summary>
    private static int CountPlaces(SliceToRead[] slices)
    {
        var first = slices[0].Header.Plane!.Value;
        if (slices.Any(s => (s.Header.Plane!.Value.Normal - first.Normal).Length > 0.01))
            return slices.Length;
        var positions = slices.Select(s => s.Header.Plane!.Value.Position).OrderBy(p => p.Dot(first.Normal)).ToArray();
        return 1 + positions.Zip(positions.Skip(1)).Count(pair => (pair.Second - pair.First).Length > SamePlace);
    }
}
