namespace MedSam2.Inference.Tests.Golden;

/// <summary>Largest absolute differences that are arithmetic, not error (tests/golden/README.md, section 6).</summary>
/// <param name="Masks">Of mask logits in tracking.</param>
internal sealed record GoldenTolerance(double Masks)
{
    /// <summary>Share of a stored memory's elements that may round to a neighbouring bfloat16.</summary>
    public const double ChangedMemories = 0.01;

    /// <summary>Share of a mask's pixels that may change sides.</summary>
    public const double ChangedSigns = 0.0005;

    public static GoldenTolerance Toy { get; } = new(5e-3);

    public static GoldenTolerance FullSize { get; } = new(2e-2);

    public double Of(string kind) => kind switch
    {
        "ious" or "object_score_logits" => 1e-4,
        "memory_pos" => 1e-5,
        "maskmem_features" or "memory" => 0.0625, // one bfloat16 step at this scale
        "obj_ptr" => Masks == Toy.Masks ? 1e-4 : 5e-4,
        "memory_attention_out" => 1e-3,
        _ => Masks,
    };
}
