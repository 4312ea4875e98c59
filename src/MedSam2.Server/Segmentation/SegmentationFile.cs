using System.Text.Json.Nodes;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Datastore;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Segmentation;

/// <summary>A mask as DICOM SEG about its series.</summary>
internal static class SegmentationFile
{
    public const string Product = "MedSAM-2";

    /// <summary>Characters of DICOM's value representation LO, at most.</summary>
    private const int LongString = 64;

    public static readonly SegmentationEquipment Equipment = new() { Manufacturer = Product, ModelName = "MedSam2.Server", SoftwareVersions = ProductVersion.Text };

    /// <param name="model">The network that found it.</param>
    /// <param name="series">The images that the mask lies on.</param>
    /// <param name="mask">1 inside, 0 outside.</param>
    /// <param name="name">What the person calls it.</param>
    /// <param name="encoding">How it is stored.</param>
    /// <param name="method">How it was found, in words (<see cref="Method.MethodRecord"/>): it changes the answer, so it is told. Null where nothing was asked of the network.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <exception cref="SegmentationException">The mask is empty, the name is too long, or the headers cannot carry a segmentation.</exception>
    public static DicomFile Create(SegmentationModel model, SeriesVolume series, LabelMap mask, string name, SegmentationEncoding encoding, string? method, CancellationToken cancellation)
    {
        var known = SegmentPresets.TryFind(name, out var preset) ? preset : null;
        var segment = new Segment(1, name, known?.Property ?? SegmentedProperty.Tissue)
        {
            Algorithm = new SegmentAlgorithm(SegmentAlgorithmType.SemiAutomatic, Product)
            {
                Identification = new AlgorithmIdentification(model.Name, ProductVersion.Text) { Parameters = Parameters(model, method) },
            },
            Colour = known?.Colour ?? DisplayColour.FromRgb(230, 159, 0),
        };
        var options = new SegmentationOptions
        {
            SeriesDescription = Shorten($"{Product} {name}"),
            ContentDescription = "Research only",
            Equipment = Equipment,
            Encoding = encoding,
        };
        var slices = series.SlicesOfSourceFrames();
        return SegmentationWriter.Write(
            series.SourceHeaders,
            [segment],
            (_, frame, pixels) => slices[frame] is { } k && CopySlice(mask, k, pixels),
            options,
            cancellation);
    }

    /// <summary>A label volume that a client sent, with one segment a value.</summary>
    /// <param name="series">The images that it lies on.</param>
    /// <param name="labels">On the grid of the series.</param>
    /// <param name="info">What came with it: <c>label_info</c> names the values, <c>model</c> the model that proposed them.</param>
    /// <param name="encoding">How they are stored.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <exception cref="SegmentationException">A name is too long, or the headers cannot carry a segmentation.</exception>
    public static DicomFile Create(SeriesVolume series, LabelMap labels, JsonObject info, SegmentationEncoding encoding, CancellationToken cancellation)
    {
        int[] values = [.. Enumerable.Range(1, byte.MaxValue).Where(value => labels.Labels.AsSpan().Contains((byte)value))];
        var names = LabelNames.Of(info["label_info"], values);
        var model = info["model"] is JsonValue text && text.TryGetValue(out string? name) && !string.IsNullOrWhiteSpace(name) ? name : null;
        var segments = values.Select((value, n) =>
        {
            var known = SegmentPresets.TryFind(names[value], out var preset) ? preset : null;
            return new Segment(n + 1, names[value], known?.Property ?? SegmentedProperty.Tissue)
            {
                Algorithm = model is null ? SegmentAlgorithm.Manual : new SegmentAlgorithm(SegmentAlgorithmType.SemiAutomatic, model),
                Colour = known?.Colour ?? DisplayColour.FromRgb(230, 159, 0),
            };
        });
        var slices = series.SlicesOfSourceFrames();
        return SegmentationWriter.Write(
            series.SourceHeaders,
            [.. segments],
            (segment, frame, pixels) => slices[frame] is { } k && CopySlice(labels, k, (byte)values[segment - 1], pixels),
            new SegmentationOptions { SeriesDescription = $"{Product} {DatastoreLabel.Final}", Equipment = Equipment, Encoding = encoding },
            cancellation);
    }

    private static string Parameters(SegmentationModel model, string? method) => $"weights sha256 {model.Sha256}{(method is null ? "" : $"; {method}")}";

    /// <summary>A description is for people and may be cut; the segment itself keeps its whole name.</summary>
    private static string Shorten(string description) => description.Length <= LongString ? description : description[..LongString];

    private static bool CopySlice(LabelMap mask, int k, Span<byte> pixels)
    {
        var slice = mask.Labels.AsSpan((int)mask.Geometry.Offset(0, 0, k), pixels.Length);
        slice.CopyTo(pixels);
        return slice.ContainsAnyExcept((byte)0);
    }

    private static bool CopySlice(LabelMap labels, int k, byte value, Span<byte> pixels)
    {
        var slice = labels.Labels.AsSpan((int)labels.Geometry.Offset(0, 0, k), pixels.Length);
        var any = false;
        for (var n = 0; n < pixels.Length; n++)
        {
            var inside = slice[n] == value;
            pixels[n] = inside ? (byte)1 : (byte)0;
            any |= inside;
        }

        return any;
    }
}
