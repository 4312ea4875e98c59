using System.Text.Json.Nodes;
using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Datastore;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Studies;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.DicomWebClient;

namespace MedSam2.Server.Sessions.Labels;

/// <summary>Stored segmentations of an image: which there are, into a session, and out of one.</summary>
internal sealed partial class SessionLabels(ImageDatastore datastore, StoredLabels labels, LabelKeeper keeper, IStudySource studies, ILogger<SessionLabels> logger)
{
    public async Task<IReadOnlyList<KnownLabel>> ListAsync(string imageId, CancellationToken cancellation) =>
        [.. (await datastore.FindAsync(imageId, cancellation))?.Labels.Select(Describe) ?? []];

    /// <summary>Reads a stored segmentation.</summary>
    /// <exception cref="RequestException">There is none, or it lies elsewhere than the image.</exception>
    public async Task<IReadOnlyList<LoadedObject>> LoadAsync(SessionSource source, LoadLabelRequest request, CancellationToken cancellation)
    {
        // Not by the catalog: an archive that is away for a moment is not needed for what lies here.
        var record = await datastore.FindAsync(source.ImageId, cancellation);
        var (label, segmentation) = await FindAsync(source, record, request, cancellation);
        if (segmentation is not null && source.Image.Series is { } series)
            return await Task.Run(() => SessionSegmentation.Read(series, segmentation.Dataset, cancellation), cancellation);
        if (label is null)
            throw RequestException.NotFound("There is no such label of this image. OpenSession lists them.");
        var (map, names) = await labels.ReadAsync(new CatalogImage(source.ImageId, null, record), label, cancellation);
        return await Task.Run(() => Split(map, names), cancellation);
    }

    /// <summary>Stores objects as a label of their image, and for a DICOM series as a SEG beside it.</summary>
    public async Task<StoredLabel> StoreAsync(SessionSource source, CommitPlan plan, IReadOnlyList<CommittedObject> objects, Provenance provenance, CancellationToken cancellation)
    {
        if (objects.Count > byte.MaxValue)
            throw new PromptException($"One label holds {byte.MaxValue} objects at most; {objects.Count} were to be committed.");
        var segmentation = source.Image.Series is { } series
            ? await Task.Run(() => SessionSegmentation.Create(series, objects, plan, provenance, cancellation), cancellation)
            : null;
        var map = await Task.Run(() => Paint(source.Image.Volume.Geometry, objects), cancellation);
        if (!map.Labels.AsSpan().ContainsAnyExcept((byte)0))
            throw new PromptException("There is nothing to commit: the objects are on no slice.");
        var info = LabelInfo.Of(provenance.Model.Name, objects.Select((o, n) => (o.Label.Name, Value: n + 1)).ToDictionary(o => o.Value, o => o.Name));
        info["provenance"] = new JsonObject
        {
            ["algorithm"] = Segmentation.SegmentationFile.Product,
            ["version"] = ProductVersion.Text,
            ["model"] = provenance.Model.Name,
            ["weights_sha256"] = provenance.Model.Sha256,
            ["method"] = provenance.Method,
            ["prompts_sha256"] = provenance.LogHash,
            ["operator"] = provenance.User,
            ["session"] = provenance.SessionId,
        };
        var kept = await keeper.SaveAsync(source.ImageId, source.Image.Series is not null, plan.Tag, map, info, provenance.User, segmentation, cancellation);
        return new()
        {
            LabelId = plan.Tag,
            Tag = plan.Tag,
            SopInstanceUid = kept?.Key.SopInstanceUid ?? "",
            SeriesInstanceUid = kept?.Key.SeriesInstanceUid ?? "",
            Waiting = kept?.Waiting,
            Objects = [.. objects.Select(o => o.Id)],
        };
    }

    /// <summary>The label, and the SEG that it is kept as or was also stored as: in a SEG segments may overlap. A SEG that nobody made a label of has none.</summary>
    private async Task<(DatastoreLabel? Label, DicomFile? Segmentation)> FindAsync(
        SessionSource source, DatastoreImage? record, LoadLabelRequest request, CancellationToken cancellation)
    {
        if (request.LabelId is null && request.SopInstanceUid is null)
            throw RequestException.BadRequest("Name the label by 'labelId' or 'sopInstanceUid'.");
        var label = request.LabelId is { } id ? record?.Label(id) : record?.Labels.FirstOrDefault(known => SopInstanceUid(known) == request.SopInstanceUid);
        if (label?.Extension is ".dcm")
            return (label, await DicomFile.OpenAsync(label.Path));
        var uid = label is null ? request.SopInstanceUid : SopInstanceUid(label);
        if (string.IsNullOrEmpty(uid) || source.Image.Series is not { } series)
            return (label, null);
        try
        {
            return (label, await studies.FindInstanceAsync(series.Slices[0].Header.GetString(DicomTag.StudyInstanceUID), uid, cancellation));
        }
        catch (ArchiveException e) when (label is not null)
        {
            // The label lies here, and is all that the archive has but for overlaps.
            LogAway(logger, e.Message);
            return (label, null);
        }
    }

    [LoggerMessage(EventId = 4201, Level = LogLevel.Warning, Message = "A label is read from this server's copy, where its objects do not overlap: the archive did not give the segmentation. {Failure}")]
    private static partial void LogAway(ILogger logger, string failure);

    private static KnownLabel Describe(DatastoreLabel label) => new()
    {
        Id = label.Tag,
        Tag = label.Tag,
        Names = [.. (label.Info["label_info"] as JsonArray ?? []).OfType<JsonObject>().Select(entry => entry["name"] is JsonValue name && name.TryGetValue(out string? text) ? text : "")],
        SopInstanceUid = SopInstanceUid(label),
    };

    private static string SopInstanceUid(DatastoreLabel label) =>
        label.Info[LabelArchive.Key] is JsonObject archived && archived["SOPInstanceUID"] is JsonValue uid && uid.TryGetValue(out string? text) ? text : "";

    private static List<LoadedObject> Split(LabelMap map, IReadOnlyDictionary<int, string> names)
    {
        List<LoadedObject> objects = [];
        foreach (var value in StoredLabels.ValuesOf(map))
        {
            var slices = new Dictionary<int, Mask>();
            for (var k = 0; k < map.Geometry.Slices; k++)
            {
                var mask = map.ReadSlice(SliceAxis.K, k, (byte)value);
                if (mask.Pixels.AsSpan().Contains((byte)1))
                    slices[k] = mask;
            }

            objects.Add(new(new ObjectLabel(names.GetValueOrDefault(value) ?? $"Segment {value}"), slices));
        }

        return objects.Count > 0 ? objects : throw new PromptException("The label is empty: there is nothing to load.");
    }

    private static LabelMap Paint(VolumeGeometry geometry, IReadOnlyList<CommittedObject> objects)
    {
        var map = new LabelMap(geometry);
        var mask = new byte[geometry.Columns * geometry.Rows];
        for (var n = objects.Count - 1; n >= 0; n--)
        {
            for (var k = 0; k < geometry.Slices; k++)
            {
                if (objects[n].Slices[k].Box.IsEmpty)
                    continue;
                objects[n].Slices[k].Decode(mask, geometry.Columns, geometry.Rows);
                var target = map.Labels.AsSpan((int)geometry.Offset(0, 0, k), mask.Length);
                for (var p = 0; p < mask.Length; p++)
                    target[p] = mask[p] == 0 ? target[p] : (byte)(n + 1);
            }
        }

        return map;
    }
}
