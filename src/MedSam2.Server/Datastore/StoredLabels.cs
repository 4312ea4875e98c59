using System.Text.Json.Nodes;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Datastore;

/// <summary>Reads labels of the datastore, whatever file they are kept as.</summary>
internal sealed class StoredLabels(ImageLoader images)
{
    /// <summary>A label on the grid of its image.</summary>
    /// <exception cref="RequestException">It is no volume, or lies elsewhere than its image.</exception>
    /// <exception cref="Imaging.Formats.ImageFormatException">The file is damaged.</exception>
    public async Task<NamedLabels> ReadAsync(CatalogImage image, DatastoreLabel label, CancellationToken cancellation)
    {
        var loaded = await images.LoadAsync(image.Id, cancellation);
        if (label.Extension is ".json")
            throw RequestException.BadRequest($"The label '{label.Tag}' holds boxes, no voxels.");
        if (label.Extension is ".dcm")
            return await ReadSegmentationAsync(loaded, label, cancellation);
        return await Task.Run(
            () =>
            {
                var map = Imaging.Formats.ImageFile.ReadLabelMap(label.Path, cancellation: cancellation).LayOnto(loaded.Volume.Geometry);
                return new NamedLabels(map, NamesOf(label.Info, ValuesOf(map)));
            },
            cancellation);
    }

    /// <summary>The values that a label volume holds, but for 0.</summary>
    public static IReadOnlyList<int> ValuesOf(LabelMap labels)
    {
        var seen = new bool[byte.MaxValue + 1];
        foreach (var value in labels.Labels)
            seen[value] = true;
        return [.. Enumerable.Range(1, byte.MaxValue).Where(value => seen[value])];
    }

    /// <summary>After <c>label_info</c>, as clients send it, or <c>params.label_names</c>, as models leave it.</summary>
    private static IReadOnlyDictionary<int, string> NamesOf(JsonObject info, IReadOnlyList<int> values)
    {
        if (info["label_info"] is not JsonArray && (info["params"] as JsonObject)?["label_names"] is JsonObject named)
        {
            var known = named.Where(pair => pair.Value is JsonValue value && value.TryGetValue(out int _)).ToLookup(pair => pair.Value!.GetValue<int>(), pair => pair.Key);
            return values.ToDictionary(value => value, value => known[value].FirstOrDefault($"Segment_{value}"));
        }

        return LabelNames.Of(info["label_info"], values);
    }

    private static async Task<NamedLabels> ReadSegmentationAsync(LoadedImage image, DatastoreLabel label, CancellationToken cancellation)
    {
        if (image.Series is not { } series)
            throw RequestException.BadRequest($"The label '{label.Tag}' is a DICOM SEG, but its image is no DICOM series.");
        var file = await DicomFile.OpenAsync(label.Path);
        return await Task.Run(
            () =>
            {
                var aligned = SegmentationReader.Open(file.Dataset).AlignTo(series.SourceHeaders);
                var map = new LabelMap(image.Volume.Geometry);
                var slice = new byte[map.Geometry.Columns * map.Geometry.Rows];
                var names = new Dictionary<int, string>();
                foreach (var segment in aligned.Segments.Where(segment => segment.Number <= byte.MaxValue))
                {
                    names[segment.Number] = segment.Label;
                    for (var k = 0; k < map.Geometry.Slices; k++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        if (!aligned.ReadMask(segment.Number, k, slice))
                            continue;
                        var target = map.Labels.AsSpan((int)map.Geometry.Offset(0, 0, k), slice.Length);
                        for (var n = 0; n < slice.Length; n++)
                        {
                            if (slice[n] != 0 && target[n] == 0)
                                target[n] = (byte)segment.Number;
                        }
                    }
                }

                return new NamedLabels(map, names);
            },
            cancellation);
    }
}

/// <summary>Labels and what their values are called.</summary>
internal sealed record NamedLabels(LabelMap Map, IReadOnlyDictionary<int, string> Names);
