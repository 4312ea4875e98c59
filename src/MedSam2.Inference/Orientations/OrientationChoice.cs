namespace MedSam2.Inference;

/// <summary>Along which stacks a volume is tracked.</summary>
public enum OrientationChoice
{
    /// <summary>The prompt's own stack, both ways by turns: what streams live.</summary>
    PromptPlane,

    /// <summary>The prompt's stack, then the two others; the three answers are fused.</summary>
    Triplanar,

    /// <summary>All three stacks, upward and downward each as a pass of its own: MedSAM-2's six orientations, fused.</summary>
    Six,

    /// <summary>The prompt's stack upward and downward; the two others only where these passes disagree.</summary>
    Auto,
}
