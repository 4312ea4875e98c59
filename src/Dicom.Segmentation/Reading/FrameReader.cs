using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>Reads the functional groups of each frame.</summary>
internal static class FrameReader
{
    public static SegmentationFrame[] Read(DicomDataset dataset, int frames, bool labelMap, IReadOnlySet<int> segmentNumbers)
    {
        var perFrame = dataset.Items(DicomTag.PerFrameFunctionalGroupsSequence);
        if (perFrame.Count != frames)
            throw new SegmentationException($"The segmentation says {frames} frames and describes {perFrame.Count}.");
        var shared = dataset.FirstItem(DicomTag.SharedFunctionalGroupsSequence);
        var result = new SegmentationFrame[frames];
        for (var frame = 0; frame < frames; frame++)
        {
            var own = perFrame[frame];
            int? number = null;
            if (!labelMap)
            {
                number = PlaneReader.Group(own, shared, DicomTag.SegmentIdentificationSequence)?.Integer(DicomTag.ReferencedSegmentNumber)
                    ?? throw new SegmentationException($"Frame {frame + 1} does not say which segment it shows.");
                if (!segmentNumbers.Contains(number.Value))
                    throw new SegmentationException($"Frame {frame + 1} shows segment {number}, which is not described.");
            }

            result[frame] = new SegmentationFrame(frame, number, PlaneReader.Read(own, shared), References(own, shared));
        }

        return result;
    }

    private static SourceReference[] References(DicomDataset own, DicomDataset? shared)
    {
        var derivations = own.Items(DicomTag.DerivationImageSequence);
        if (derivations.Count == 0 && shared is not null)
            derivations = shared.Items(DicomTag.DerivationImageSequence);
        var references = new List<SourceReference>(1);
        foreach (var image in derivations.SelectMany(derivation => derivation.Items(DicomTag.SourceImageSequence)))
        {
            if (image.Text(DicomTag.ReferencedSOPInstanceUID) is not { } uid)
                continue;
            if (image.TryGetValues<int>(DicomTag.ReferencedFrameNumber, out var numbers) && numbers.Length > 0)
                references.AddRange(numbers.Select(number => new SourceReference(uid, number)));
            else
                references.Add(new SourceReference(uid, null));
        }

        return [.. references];
    }
}
