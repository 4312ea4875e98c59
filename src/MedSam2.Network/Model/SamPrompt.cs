using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>What a person pointed at, for B objects. All parts are optional; none at all is the prompt of a slice that is tracked.</summary>
public sealed record SamPrompt
{
    /// <summary>No point, no box, no mask.</summary>
    public static SamPrompt None { get; } = new();

    /// <summary><c>[B,P,2]</c>, x and y in pixels of the network's input image, where 0 is the first pixel's centre.</summary>
    public Tensor? PointCoords { get; init; }

    /// <summary><c>[B,P]</c>, int32: 1 inside, 0 outside, 2 and 3 top left and bottom right of a box, -1 no point (to fill up).</summary>
    public Tensor? PointLabels { get; init; }

    /// <summary>Mask logits <c>[B,1,H,W]</c>, usually an earlier answer's; shrunk to a quarter of the image's side if larger.</summary>
    public Tensor? MaskInputs { get; init; }

    /// <summary>Points of an object; a box counts as two.</summary>
    public int PointCount => PointLabels is null ? 0 : (int)PointLabels.size(1);
}
