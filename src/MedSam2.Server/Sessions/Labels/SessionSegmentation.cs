using System.Globalization;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Segmentation;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Sessions.Labels;

/// <summary>Objects of a session as DICOM SEG about their series, with how they came about.</summary>
internal static class SessionSegmentation
{
    private static readonly DisplayColour[] Colours =
    [
        DisplayColour.FromRgb(230, 159, 0), DisplayColour.FromRgb(86, 180, 233), DisplayColour.FromRgb(0, 158, 115), DisplayColour.FromRgb(240, 228, 66),
        DisplayColour.FromRgb(0, 114, 178), DisplayColour.FromRgb(213, 94, 0), DisplayColour.FromRgb(204, 121, 167),
    ];

    /// <exception cref="SegmentationException">All objects are empty, a name is too long, or the headers cannot carry a segmentation.</exception>
    public static DicomFile Create(SeriesVolume series, IReadOnlyList<CommittedObject> objects, CommitPlan plan, Provenance provenance, CancellationToken cancellation)
    {
        var (width, height) = (series.Volume.Geometry.Columns, series.Volume.Geometry.Rows);
        var slices = series.SlicesOfSourceFrames();
        var options = new SegmentationOptions
        {
            Encoding = plan.Encoding,
            SeriesDescription = $"{SegmentationFile.Product} {plan.Tag}"[..Math.Min(64, SegmentationFile.Product.Length + 1 + plan.Tag.Length)],
            ContentDescription = "Research only",
            ContentCreatorName = provenance.User[..Math.Min(64, provenance.User.Length)],
            Equipment = SegmentationFile.Equipment,
        };
        Segment[] segments = [.. objects.Select((o, n) => ToSegment(o, n, provenance))];
        if (plan.Encoding is SegmentationEncoding.LabelMap)
            return SegmentationWriter.WriteLabels(series.SourceHeaders, segments, ReadLabels, options, cancellation);
        return SegmentationWriter.Write(series.SourceHeaders, segments, ReadMask, options, cancellation);

        bool ReadMask(int segment, int frame, Span<byte> pixels)
        {
            if (slices[frame] is not { } k || objects[segment - 1].Slices[k] is not { Box.IsEmpty: false } runs)
                return false;
            runs.Decode(pixels, width, height);
            return true;
        }

        bool ReadLabels(int frame, Span<ushort> labels)
        {
            if (slices[frame] is not { } k)
                return false;
            var any = false;
            var mask = new byte[width * height];
            // A label map has one label a pixel: the first of the objects that are there.
            for (var n = objects.Count - 1; n >= 0; n--)
            {
                if (objects[n].Slices[k].Box.IsEmpty)
                    continue;
                any = true;
                objects[n].Slices[k].Decode(mask, width, height);
                for (var p = 0; p < mask.Length; p++)
                    labels[p] = mask[p] == 0 ? labels[p] : (ushort)(n + 1);
            }

            return any;
        }
    }

    /// <summary>The segments of a stored SEG, each whole: a label map would keep one of those that overlap.</summary>
    /// <exception cref="SegmentationException">It is damaged, or about another series.</exception>
    public static IReadOnlyList<LoadedObject> Read(SeriesVolume series, DicomDataset segmentation, CancellationToken cancellation)
    {
        var (width, height) = (series.Volume.Geometry.Columns, series.Volume.Geometry.Rows);
        var slices = series.SlicesOfSourceFrames();
        var aligned = SegmentationFrames.Open(segmentation).AlignTo(series.SourceHeaders);
        List<LoadedObject> objects = [];
        foreach (var segment in aligned.Segments)
        {
            var found = new Dictionary<int, Mask>();
            for (var frame = 0; frame < aligned.SliceCount; frame++)
            {
                cancellation.ThrowIfCancellationRequested();
                var mask = new Mask(width, height);
                if (slices[frame] is { } k && aligned.ReadMask(segment.Number, frame, mask.Pixels) && mask.Pixels.AsSpan().Contains((byte)1))
                    found[k] = mask;
            }

            if (found.Count > 0)
                objects.Add(new(ToLabel(segment), found));
        }

        return objects.Count > 0 ? objects : throw new PromptException("The label is empty: there is nothing to load.");
    }

    private static ObjectLabel ToLabel(Segment segment)
    {
        var type = segment.Property.Type;
        return new(
            segment.Label,
            type == CodedConcept.Tissue ? null : new() { Scheme = type.Scheme, Value = type.Value, Meaning = type.Meaning },
            segment.Colour is { } colour ? WriteColour(colour.ToRgb()) : null);
    }

    private static string WriteColour((byte Red, byte Green, byte Blue) colour) =>
        string.Create(CultureInfo.InvariantCulture, $"#{colour.Red:x2}{colour.Green:x2}{colour.Blue:x2}");

    private static Segment ToSegment(CommittedObject item, int place, Provenance provenance)
    {
        var known = SegmentPresets.TryFind(item.Label.Name, out var preset) ? preset : null;
        var property = known?.Property ?? SegmentedProperty.Tissue;
        if (item.Label.Code is { Scheme: { } scheme, Value: { } value, Meaning: { } meaning })
            property = new(known?.Property.Category ?? CodedConcept.AnatomicalStructure, new CodedConcept(value, scheme, meaning));
        return new Segment(place + 1, item.Label.Name, property)
        {
            Algorithm = item.IsPainted ? SegmentAlgorithm.Manual : new SegmentAlgorithm(SegmentAlgorithmType.SemiAutomatic, SegmentationFile.Product)
            {
                Identification = new AlgorithmIdentification(provenance.Model.Name, ProductVersion.Text)
                {
                    Parameters = string.Create(
                        CultureInfo.InvariantCulture,
                        $"weights sha256 {provenance.Model.Sha256}; {provenance.Method}; prompts sha256 {provenance.LogHash}; session {provenance.SessionId}"),
                },
            },
            Colour = ReadColour(item.Label.Colour) ?? known?.Colour ?? Colours[place % Colours.Length],
        };
    }

    private static DisplayColour? ReadColour(string? colour) =>
        colour is { Length: 7 } && int.TryParse(colour.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var rgb)
            ? DisplayColour.FromRgb((byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb)
            : null;
}
