namespace MedSam2.Network;

/// <summary>
/// What makes one published SAM 2 differ from another: the constructor arguments of the reference's <c>SAM2Base</c>, with its defaults.
/// Read from the official YAML layout by <see cref="Sam2ConfigurationReader"/>; immutable.
/// </summary>
/// <remarks>
/// The YAML files say nothing of the stability fallback and of binarised memories: the reference switches them on when it builds a
/// predictor. <see cref="WithStabilityFallback"/> and <see cref="WithTrackingDefaults"/> do the same.
/// </remarks>
public sealed record Sam2Configuration
{
    public required ImageEncoderConfiguration ImageEncoder { get; init; }

    public required MemoryAttentionConfiguration MemoryAttention { get; init; }

    public required MemoryEncoderConfiguration MemoryEncoder { get; init; }

    /// <summary>Rows of the temporal table: the prompted (conditioning) memory takes the last, the one just before takes the first.</summary>
    public int NumMaskmem { get; init; } = 7;

    /// <summary>Side of the square input image, pixels.</summary>
    public int ImageSize { get; init; } = 512;

    /// <summary>Pixels per token of the features that memory attention and the mask decoder work on.</summary>
    public int BackboneStride { get; init; } = 16;

    public double SigmoidScaleForMemEnc { get; init; } = 1;

    public double SigmoidBiasForMemEnc { get; init; }

    /// <summary>Masks of prompted slices are cut at 0 before they are encoded as memories.</summary>
    public bool BinarizeMaskFromPtsForMemEnc { get; init; }

    /// <summary>A mask prompt becomes the slice's output as it is, without the decoder.</summary>
    public bool UseMaskInputAsOutputWithoutSam { get; init; }

    /// <summary>Most conditioning memories that attention sees (the nearest in time); -1 for no limit.</summary>
    public int MaxCondFramesInAttn { get; init; } = -1;

    /// <summary>With no memory yet, the no-memory vector is added to the features instead of attending to it.</summary>
    public bool DirectlyAddNoMemEmbed { get; init; }

    /// <summary>The decoder receives the features of strides 4 and 8.</summary>
    public bool UseHighResFeaturesInSam { get; init; }

    public bool MultimaskOutputInSam { get; init; }

    /// <summary>Fewest points of a prompt that yields three candidate masks (a box counts as two).</summary>
    public int MultimaskMinPtNum { get; init; } = 1;

    /// <summary>Most points of a prompt that yields three candidate masks.</summary>
    public int MultimaskMaxPtNum { get; init; } = 1;

    public bool MultimaskOutputForTracking { get; init; }

    public bool UseMultimaskTokenForObjPtr { get; init; }

    public bool IouPredictionUseSigmoid { get; init; }

    /// <summary>Every how many slices a non-conditioning memory is taken when tracking.</summary>
    public int MemoryTemporalStrideForEval { get; init; } = 1;

    public bool NonOverlapMasksForMemEnc { get; init; }

    public bool UseObjPtrsInEncoder { get; init; }

    public int MaxObjPtrsInEncoder { get; init; } = 16;

    public bool AddTposEncToObjPtrs { get; init; } = true;

    public bool ProjTposEncInObjPtrs { get; init; }

    public bool UseSignedTposEncToObjPtrs { get; init; }

    public bool OnlyObjPtrsInThePastForEval { get; init; }

    /// <summary>The decoder has an occlusion head.</summary>
    public bool PredObjScores { get; init; }

    public bool PredObjScoresMlp { get; init; }

    public bool FixedNoObjPtr { get; init; }

    public bool SoftNoObjPtr { get; init; }

    public bool UseMlpForObjPtrProj { get; init; }

    /// <summary>A learned vector is added to the memory of a slice on which the object is absent (SAM 2.1).</summary>
    public bool NoObjEmbedSpatial { get; init; }

    /// <summary>The decoder replaces an unstable single mask by the best of the three candidates.</summary>
    public StabilityFallback SamMaskDecoderExtraArgs { get; init; } = new();

    /// <summary>
    /// The file itself says whether the decoder falls back, so no predictor's default replaces it: for weights whose IoU head is
    /// no good judge of candidates.
    /// </summary>
    public bool StatesStabilityFallback { get; init; }

    /// <summary>Channels of the features, tokens and pointers.</summary>
    public int HiddenDim => MemoryAttention.DModel;

    /// <summary>Channels of a memory.</summary>
    public int MemDim => MemoryEncoder.OutDim;

    /// <summary>Tokens along a side of the stride 16 features.</summary>
    public int EmbeddingSize => ImageSize / BackboneStride;

    /// <summary>Side of the decoder's mask logits, a quarter of the image's.</summary>
    public int LowResolutionMaskSize => EmbeddingSize * 4;

    /// <summary>
    /// The configuration as the reference's predictors run it: with the stability fallback at 0.05 and 0.98, unless the file states its own.
    /// </summary>
    public Sam2Configuration WithStabilityFallback() => StatesStabilityFallback ? this : this with
    {
        SamMaskDecoderExtraArgs = new StabilityFallback { DynamicMultimaskViaStability = true, DynamicMultimaskStabilityDelta = 0.05, DynamicMultimaskStabilityThresh = 0.98 },
    };

    /// <summary>As the reference's video predictor runs it: <see cref="WithStabilityFallback"/> and binarised masks of prompted slices.</summary>
    public Sam2Configuration WithTrackingDefaults() => WithStabilityFallback() with { BinarizeMaskFromPtsForMemEnc = true };
}

/// <summary>
/// The single mask is stable when the area above <c>+delta</c> is at least <c>thresh</c> of the area above <c>-delta</c>.
/// An unstable one gives way to the candidate with the best predicted IoU. Never in training.
/// </summary>
public sealed record StabilityFallback
{
    public bool DynamicMultimaskViaStability { get; init; }

    /// <summary>Logits.</summary>
    public double DynamicMultimaskStabilityDelta { get; init; } = 0.05;

    /// <summary>Share, 0 to 1.</summary>
    public double DynamicMultimaskStabilityThresh { get; init; } = 0.98;
}
