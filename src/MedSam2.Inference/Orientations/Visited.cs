using MedSam2.Inference.Sessions;

namespace MedSam2.Inference.Orientations;

/// <summary>One step of a propagation: an object and the slice whose mask is known now, or a step that shows nothing.</summary>
internal readonly record struct Visited(SegmentedObject? Object, int Slice, int Pass = 1, int Passes = 1);
