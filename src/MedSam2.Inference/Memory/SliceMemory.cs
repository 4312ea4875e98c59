using MedSam2.Imaging.Geometry;
using static TorchSharp.torch;

namespace MedSam2.Inference.Memory;

/// <summary>What one slice of one object leaves behind for the slices that come after it. Owns its tensors.</summary>
internal sealed class SliceMemory : IDisposable
{
    private Tensor? imageEmbedding;
    private bool? holdsObject;

    /// <summary>The stack that the slice belongs to.</summary>
    public SliceAxis Axis { get; init; }

    /// <summary>Index of the slice in its stack.</summary>
    public required int Slice { get; init; }

    /// <summary>Middle of the object's mask on the slice, in mm along the volume's grid axes.</summary>
    public Vector3D Center { get; init; }

    /// <summary>E: the memory encoder's map, <c>[1, Cm, h, w]</c> in bfloat16. Null until the slice has been encoded.</summary>
    public Tensor? Features { get; set; }

    /// <summary>The object pointer, <c>[1, d]</c>.</summary>
    public required Tensor Pointer { get; init; }

    /// <summary>F: the stride 16 image features before memory conditioning, <c>[1, d, h, w]</c>.</summary>
    public Tensor ImageEmbedding
    {
        get => imageEmbedding ??= (EncodeImage ?? throw new InvalidOperationException("The memory has no image embedding."))();
        init => imageEmbedding = value;
    }

    /// <summary>Makes <see cref="ImageEmbedding"/> when it is asked for: a memory that was kept on disk is kept without it.</summary>
    public Func<Tensor>? EncodeImage { get; init; }

    /// <summary>The chosen mask's logits, <c>[1, 1, S/4, S/4]</c>.</summary>
    public required Tensor MaskLogits { get; init; }

    /// <summary>c: the predicted IoU of the chosen mask.</summary>
    public required float Confidence { get; init; }

    /// <summary>The occlusion head's logit; the object is on the slice where it is positive.</summary>
    public required float ObjectScore { get; init; }

    /// <summary>
    /// Whether a person only corrected by clicks what had been tracked there: such a slice tells of its neighbourhood
    /// (<see cref="BankMemory"/>), one with a box, a painted mask or the first click of the whole object.
    /// </summary>
    public bool IsCorrection { get; set; }

    public bool IsPresent => ObjectScore > 0;

    /// <summary>Whether the slice has any of the object: the occlusion head says so, and the mask is not empty.</summary>
    public bool HoldsObject => holdsObject ??= IsPresent && HasPixels();

    private bool HasPixels()
    {
        using var most = MaskLogits.max();
        return most.item<float>() > 0;
    }

    public void Dispose()
    {
        Features?.Dispose();
        Pointer.Dispose();
        imageEmbedding?.Dispose();
        MaskLogits.Dispose();
    }
}
