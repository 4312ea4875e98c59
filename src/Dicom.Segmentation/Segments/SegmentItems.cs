using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>Items of the Segment Sequence (PS3.3 C.8.20.2 and C.8.20.4).</summary>
internal static class SegmentItems
{
    /// <summary>LABELMAP wants every pixel value described, the background's too.</summary>
    public static readonly Segment Background =
        new(0, "Background", new SegmentedProperty(CodedConcept.SpatialConcept, CodedConcept.Background));

    public static DicomDataset ToItem(Segment segment)
    {
        var item = new DicomDataset().NotValidated();
        var property = segment.Property;
        item.AddCode(DicomTag.SegmentedPropertyCategoryCodeSequence, property.Category);
        item.AddCode(DicomTag.SegmentedPropertyTypeCodeSequence, property.Type);
        if (property.TypeModifiers.Count > 0)
            item.GetSequence(DicomTag.SegmentedPropertyTypeCodeSequence).Items[0]
                .AddCodes(DicomTag.SegmentedPropertyTypeModifierCodeSequence, property.TypeModifiers);
        if (property.AnatomicRegion is { } region)
        {
            item.AddCode(DicomTag.AnatomicRegionSequence, region);
            item.GetSequence(DicomTag.AnatomicRegionSequence).Items[0]
                .AddCodes(DicomTag.AnatomicRegionModifierSequence, property.AnatomicRegionModifiers);
        }

        item.Add(DicomTag.SegmentNumber, (ushort)segment.Number);
        item.Add(DicomTag.SegmentLabel, Checked.Text(segment.Label, 64, "segment label"));
        if (segment.Description is { } description)
            item.Add(DicomTag.SegmentDescription, Checked.Text(description, 1024, "segment description"));
        AddAlgorithm(item, segment.Algorithm);
        if (segment.Colour is { } colour)
            item.Add(DicomTag.RecommendedDisplayCIELabValue, colour.L, colour.A, colour.B);
        if ((segment.TrackingId is null) != (segment.TrackingUid is null))
            throw new SegmentationException($"Segment {segment.Number} has only one of tracking ID and tracking UID; give both or none.");
        if (segment.TrackingId is { } trackingId)
        {
            item.Add(DicomTag.TrackingID, Checked.Text(trackingId, 1024, "tracking ID"));
            item.Add(DicomTag.TrackingUID, Checked.Uid(new DicomUID(segment.TrackingUid, "Tracking", DicomUidType.Unknown), "tracking UID"));
        }

        return item;
    }

    public static Segment FromItem(DicomDataset item)
    {
        var number = item.Integer(DicomTag.SegmentNumber);
        if (number is null or < 0 or > ushort.MaxValue)
            throw new SegmentationException("A segment has no Segment Number from 0 to 65535.");
        var type = item.FirstItem(DicomTag.SegmentedPropertyTypeCodeSequence);
        var region = item.FirstItem(DicomTag.AnatomicRegionSequence);
        var property = new SegmentedProperty(
            item.Code(DicomTag.SegmentedPropertyCategoryCodeSequence) ?? CodedConcept.Tissue,
            item.Code(DicomTag.SegmentedPropertyTypeCodeSequence) ?? CodedConcept.Tissue)
        {
            TypeModifiers = type?.Codes(DicomTag.SegmentedPropertyTypeModifierCodeSequence) ?? [],
            AnatomicRegion = item.Code(DicomTag.AnatomicRegionSequence),
            AnatomicRegionModifiers = region?.Codes(DicomTag.AnatomicRegionModifierSequence) ?? [],
        };
        return new Segment(number.Value, item.Text(DicomTag.SegmentLabel) ?? $"Segment {number}", property)
        {
            Description = item.Text(DicomTag.SegmentDescription),
            Algorithm = ReadAlgorithm(item),
            Colour = item.TryGetValues<ushort>(DicomTag.RecommendedDisplayCIELabValue, out var lab) && lab.Length == 3
                ? new DisplayColour(lab[0], lab[1], lab[2])
                : null,
            TrackingId = item.Text(DicomTag.TrackingID),
            TrackingUid = item.Text(DicomTag.TrackingUID),
        };
    }

    private static void AddAlgorithm(DicomDataset item, SegmentAlgorithm algorithm)
    {
        item.Add(DicomTag.SegmentAlgorithmType, algorithm.Type switch
        {
            SegmentAlgorithmType.Manual => "MANUAL",
            SegmentAlgorithmType.SemiAutomatic => "SEMIAUTOMATIC",
            _ => "AUTOMATIC",
        });
        if (algorithm.Type != SegmentAlgorithmType.Manual)
            item.Add(DicomTag.SegmentAlgorithmName, Checked.Text(algorithm.Name ?? "", 64, "segment algorithm name"));
        if (algorithm.Identification is not { } identification)
            return;

        var sequence = new DicomDataset().NotValidated();
        sequence.AddCode(DicomTag.AlgorithmFamilyCodeSequence, identification.Family);
        sequence.Add(DicomTag.AlgorithmName, Checked.Text(identification.Name, 64, "algorithm name"));
        sequence.Add(DicomTag.AlgorithmVersion, Checked.Text(identification.Version, 64, "algorithm version"));
        if (identification.Source is { } source)
            sequence.Add(DicomTag.AlgorithmSource, Checked.Text(source, 64, "algorithm source"));
        if (identification.Parameters is { } parameters)
            sequence.Add(DicomTag.AlgorithmParameters, Checked.Text(parameters, 10240, "algorithm parameters"));
        item.AddItem(DicomTag.SegmentationAlgorithmIdentificationSequence, sequence);
    }

    private static SegmentAlgorithm ReadAlgorithm(DicomDataset item)
    {
        var type = item.Text(DicomTag.SegmentAlgorithmType) switch
        {
            "AUTOMATIC" => SegmentAlgorithmType.Automatic,
            "SEMIAUTOMATIC" => SegmentAlgorithmType.SemiAutomatic,
            _ => SegmentAlgorithmType.Manual,
        };
        var identification = item.FirstItem(DicomTag.SegmentationAlgorithmIdentificationSequence);
        return new SegmentAlgorithm(type, item.Text(DicomTag.SegmentAlgorithmName))
        {
            Identification = identification?.Text(DicomTag.AlgorithmName) is not { } name
                ? null
                : new AlgorithmIdentification(name, identification.Text(DicomTag.AlgorithmVersion) ?? "")
                {
                    Family = identification.Code(DicomTag.AlgorithmFamilyCodeSequence) ?? CodedConcept.ArtificialIntelligence,
                    Source = identification.Text(DicomTag.AlgorithmSource),
                    Parameters = identification.Text(DicomTag.AlgorithmParameters),
                },
        };
    }
}
