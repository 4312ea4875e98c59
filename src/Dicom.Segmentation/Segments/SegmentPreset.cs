namespace Dicom.Segmentation;

/// <summary>A structure by its everyday name: codes, laterality and a colour.</summary>
/// <param name="Label">A label for people, such as "Left kidney".</param>
/// <param name="Property">Its codes.</param>
/// <param name="Colour">A colour near the tissue's own.</param>
public sealed record SegmentPreset(string Label, SegmentedProperty Property, DisplayColour Colour)
{
    public Segment ToSegment(int number, SegmentAlgorithm? algorithm = null) => new(number, Label, Property)
    {
        Colour = Colour,
        Algorithm = algorithm ?? SegmentAlgorithm.Manual,
    };
}
