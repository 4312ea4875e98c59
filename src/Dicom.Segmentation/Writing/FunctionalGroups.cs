using Dicom.Segmentation.Pixels;
using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>
/// Dimensions and the functional groups of each frame (PS3.3 C.7.6.16 and C.7.6.17). What all slices share is said once.
/// </summary>
internal sealed class FunctionalGroups(SourceSeries source, SegmentationEncoding encoding, DicomUID organization)
{
    private readonly bool _sharedOrientation =
        source.HasGeometry && source.Slices.All(slice => slice.Plane!.HasOrientationOf(source.Slices[0].Plane!));

    private readonly bool _sharedMeasures =
        source.HasGeometry && source.Slices.All(slice =>
            slice.Plane!.HasSpacingOf(source.Slices[0].Plane!) && slice.Thickness.Equals(source.Slices[0].Thickness));

    private readonly double? _spacingBetweenSlices = source.SpacingBetweenSlices();

    private bool BySegment => encoding == SegmentationEncoding.Binary;

    public void AddTo(DicomDataset dataset, IReadOnlyList<StoredFrame> frames)
    {
        AddDimensions(dataset);
        dataset.AddItem(DicomTag.SharedFunctionalGroupsSequence, Shared());
        var rank = RankOfSlices(frames);
        var items = new DicomDataset[frames.Count];
        for (var frame = 0; frame < items.Length; frame++)
            items[frame] = PerFrame(frames[frame], rank);
        dataset.Add(new DicomSequence(DicomTag.PerFrameFunctionalGroupsSequence, items));
    }

    /// <summary>For each slice that has a frame, its place among those, from 1.</summary>
    private Dictionary<int, uint> RankOfSlices(IReadOnlyList<StoredFrame> frames)
    {
        var rank = new Dictionary<int, uint>();
        foreach (var slice in frames.Select(frame => frame.Slice).Distinct().OrderBy(slice => source.StackOrder[slice]))
            rank.Add(slice, (uint)rank.Count + 1);
        return rank;
    }

    private void AddDimensions(DicomDataset dataset)
    {
        dataset.AddItem(
            DicomTag.DimensionOrganizationSequence,
            new DicomDataset().NotValidated().Add(DicomTag.DimensionOrganizationUID, organization));
        var dimensions = new List<DicomDataset>();
        if (BySegment)
            dimensions.Add(Dimension(DicomTag.ReferencedSegmentNumber, DicomTag.SegmentIdentificationSequence, "Segment Number"));
        if (source.IsSpatialStack)
        {
            dimensions.Add(Dimension(DicomTag.ImagePositionPatient, DicomTag.PlanePositionSequence, "Image Position (Patient)"));
        }
        else
        {
            dimensions.Add(Dimension(DicomTag.StackID, DicomTag.FrameContentSequence, "Stack ID"));
            dimensions.Add(Dimension(DicomTag.InStackPositionNumber, DicomTag.FrameContentSequence, "In-Stack Position Number"));
        }

        dataset.Add(new DicomSequence(DicomTag.DimensionIndexSequence, [.. dimensions]));
    }

    private DicomDataset Dimension(DicomTag pointer, DicomTag group, string label)
    {
        var item = new DicomDataset().NotValidated();
        item.Add(DicomTag.DimensionOrganizationUID, organization);
        item.Add(DicomTag.DimensionIndexPointer, pointer);
        item.Add(DicomTag.FunctionalGroupPointer, group);
        item.Add(DicomTag.DimensionDescriptionLabel, label);
        return item;
    }

    private DicomDataset Shared()
    {
        var item = new DicomDataset().NotValidated();
        if (_sharedOrientation)
            AddOrientation(item, source.Slices[0]);
        if (_sharedMeasures)
            AddMeasures(item, source.Slices[0]);
        return item;
    }

    private DicomDataset PerFrame(StoredFrame frame, Dictionary<int, uint> rank)
    {
        var slice = source.Slices[frame.Slice];
        var item = new DicomDataset().NotValidated();
        AddDerivation(item, slice);
        AddContent(item, frame, rank[frame.Slice]);
        if (slice.Plane is { } plane)
        {
            var position = new DicomDataset().NotValidated();
            position.AddNumbers(DicomTag.ImagePositionPatient, plane.Position.X, plane.Position.Y, plane.Position.Z);
            item.AddItem(DicomTag.PlanePositionSequence, position);
            if (!_sharedOrientation)
                AddOrientation(item, slice);
            if (!_sharedMeasures)
                AddMeasures(item, slice);
        }

        if (BySegment)
        {
            item.AddItem(
                DicomTag.SegmentIdentificationSequence,
                new DicomDataset().NotValidated().Add(DicomTag.ReferencedSegmentNumber, (ushort)frame.SegmentNumber));
        }

        return item;
    }

    private static void AddDerivation(DicomDataset item, SourceSlice slice)
    {
        var image = new DicomDataset().NotValidated();
        image.Add(DicomTag.ReferencedSOPClassUID, slice.SopClassUid);
        image.Add(DicomTag.ReferencedSOPInstanceUID, slice.SopInstanceUid);
        if (slice.FrameNumber is { } number)
            image.Add(DicomTag.ReferencedFrameNumber, number);
        image.Add(DicomTag.SpatialLocationsPreserved, "YES");
        image.AddCode(DicomTag.PurposeOfReferenceCodeSequence, CodedConcept.ProcessingSource);

        var derivation = new DicomDataset().NotValidated();
        derivation.AddItem(DicomTag.SourceImageSequence, image);
        derivation.AddCode(DicomTag.DerivationCodeSequence, CodedConcept.SegmentationDerivation);
        item.AddItem(DicomTag.DerivationImageSequence, derivation);
    }

    private void AddContent(DicomDataset item, StoredFrame frame, uint rank)
    {
        var content = new DicomDataset().NotValidated();
        var indices = new List<uint>();
        if (BySegment)
            indices.Add((uint)frame.SegmentNumber);
        if (source.IsSpatialStack)
        {
            indices.Add(rank);
        }
        else
        {
            content.Add(DicomTag.StackID, "1");
            content.Add(DicomTag.InStackPositionNumber, (uint)frame.Slice + 1);
            indices.AddRange([1, (uint)frame.Slice + 1]);
        }

        content.Add(DicomTag.DimensionIndexValues, indices.ToArray());
        item.AddItem(DicomTag.FrameContentSequence, content);
    }

    private static void AddOrientation(DicomDataset item, SourceSlice slice)
    {
        var (row, column) = (slice.Plane!.RowDirection, slice.Plane.ColumnDirection);
        var orientation = new DicomDataset().NotValidated();
        orientation.AddNumbers(DicomTag.ImageOrientationPatient, row.X, row.Y, row.Z, column.X, column.Y, column.Z);
        item.AddItem(DicomTag.PlaneOrientationSequence, orientation);
    }

    private void AddMeasures(DicomDataset item, SourceSlice slice)
    {
        var measures = new DicomDataset().NotValidated();
        if ((slice.Thickness ?? _spacingBetweenSlices) is { } thickness)
            measures.AddNumbers(DicomTag.SliceThickness, thickness);
        if (_spacingBetweenSlices is { } spacing)
            measures.AddNumbers(DicomTag.SpacingBetweenSlices, spacing);
        measures.AddNumbers(DicomTag.PixelSpacing, slice.Plane!.RowSpacing, slice.Plane.ColumnSpacing);
        item.AddItem(DicomTag.PixelMeasuresSequence, measures);
    }
}
