using MedSam2.Network.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>
/// SAM 2 and SAM 2.1 whole (the reference's <c>SAM2Base</c>): every part and the wiring between them, for a batch of B objects on one slice.
/// Which slices are remembered, and how, is the caller's matter.
/// </summary>
/// <remarks>
/// The forward of a slice: <see cref="EncodeImage"/>, then <see cref="ConditionOnMemory(ImageFeatures, MemoryContext)"/> or
/// <see cref="ConditionWithoutMemory"/>, then <see cref="ForwardSamHeads"/> or <see cref="UseMaskAsOutput"/>, then <see cref="EncodeMemory"/>.
/// Features of one image serve any number of objects: a batch of 1 meets a batch of B.
/// Methods open a dispose scope of their own; results belong to the caller's scope. They run with or without gradients: inference wraps them in
/// <see cref="InferenceScope"/>. Reading is safe from several threads; moving the model, loading and training are not.
/// State-dict keys are the official ones.
/// </remarks>
public sealed class Sam2Model : nn.Module
{
    /// <summary>Mask logit of an absent object.</summary>
    public const float NoObjectScore = -1024;

    internal readonly ImageEncoder image_encoder;
    internal readonly MemoryAttention memory_attention;
    internal readonly MemoryEncoder memory_encoder;
    internal readonly PromptEncoder sam_prompt_encoder;
    internal readonly MaskDecoder sam_mask_decoder;
    internal readonly Parameter maskmem_tpos_enc;
    internal readonly Parameter no_mem_embed;
    internal readonly Parameter no_mem_pos_enc;
    internal readonly Parameter? no_obj_ptr;
    internal readonly Parameter? no_obj_embed_spatial;
    internal readonly Conv2d? mask_downsample;
    internal readonly nn.Module<Tensor, Tensor>? obj_ptr_proj;
    internal readonly Linear? obj_ptr_tpos_proj;
    private readonly PositionEmbeddingSine sine;

    /// <exception cref="ConfigurationException">The configuration's parts do not fit together.</exception>
    public Sam2Model(Sam2Configuration configuration)
        : base(nameof(Sam2Model))
    {
        configuration.Validate();
        Configuration = configuration;
        OneDnnMatmul.Enable();
        using var scope = NewDisposeScope();
        using var plain = inference_mode(false);
        var (hidden, memory) = (configuration.HiddenDim, configuration.MemDim);
        image_encoder = new ImageEncoder(configuration.ImageEncoder);
        memory_attention = new MemoryAttention(configuration.MemoryAttention);
        memory_encoder = new MemoryEncoder(configuration.MemoryEncoder);
        sam_prompt_encoder = new PromptEncoder(hidden, configuration.EmbeddingSize, configuration.ImageSize);
        sam_mask_decoder = new MaskDecoder(configuration);
        sine = new PositionEmbeddingSine(configuration.ImageEncoder.Neck.PositionEncoding);
        maskmem_tpos_enc = Vector(configuration.NumMaskmem, 1, 1, memory);
        no_mem_embed = Vector(1, 1, hidden);
        no_mem_pos_enc = Vector(1, 1, hidden);
        if (configuration.NoObjEmbedSpatial)
            no_obj_embed_spatial = Vector(1, memory);
        if (configuration.UseObjPtrsInEncoder)
        {
            mask_downsample = nn.Conv2d(1, 1, 4L, stride: 4L);
            obj_ptr_proj = configuration.UseMlpForObjPtrProj ? new MLP(hidden, hidden, hidden, 3) : nn.Linear(hidden, hidden);
            no_obj_ptr = configuration.PredObjScores ? Vector(1, hidden) : null;
        }

        obj_ptr_tpos_proj = configuration.ProjTposEncInObjPtrs ? nn.Linear(hidden, memory) : null;
        RegisterComponents();

        // Wherever a model is made, it outlives the scope, and it can be trained.
        foreach (var tensor in state_dict().Values)
            tensor.DetachFromDisposeScope();
    }

    public Sam2Configuration Configuration { get; }

    /// <summary>Where the parameters are.</summary>
    public Device Device => maskmem_tpos_enc.device;

    /// <summary>Type of the parameters.</summary>
    public ScalarType Type => maskmem_tpos_enc.dtype;

    public ImageEncoder ImageEncoder => image_encoder;

    public PromptEncoder PromptEncoder => sam_prompt_encoder;

    public MaskDecoder MaskDecoder => sam_mask_decoder;

    public MemoryAttention MemoryAttention => memory_attention;

    public MemoryEncoder MemoryEncoder => memory_encoder;

    /// <param name="image"><c>[B,3,S,S]</c>, normalised, of any floating type.</param>
    public ImageFeatures EncodeImage(Tensor image)
    {
        using var scope = NewDisposeScope();
        var size = Configuration.ImageSize;
        if (image.dim() != 4 || image.size(1) != 3 || image.size(2) != size || image.size(3) != size)
            throw new ArgumentException($"The image has the shape [{string.Join(",", image.shape)}]; the network takes [B,3,{size},{size}].", nameof(image));

        return ToFeatures(image_encoder.trunk.forward(image.to(Type, Device))).MoveToOuterDisposeScope();
    }

    /// <summary>From the trunk's stages to features.</summary>
    internal ImageFeatures ToFeatures(IReadOnlyList<Tensor> stages)
    {
        using var scope = NewDisposeScope();
        if (sam_mask_decoder is not { conv_s0: { } s0, conv_s1: { } s1 })
            return new ImageFeatures([image_encoder.ToLevels(stages)[^1]]).MoveToOuterDisposeScope();

        var neck = image_encoder.neck;
        var folded = neck.IsPlain(0) && neck.IsPlain(1);
        var levels = image_encoder.ToLevels(stages, folded ? 2 : 0);
        Tensor Project(int level, Conv2d projection) =>
            folded ? neck.ForwardFolded(stages[level], level, projection) : projection.forward(levels[level]);
        return new ImageFeatures([Project(0, s0), Project(1, s1), levels[^1]]).MoveToOuterDisposeScope();
    }

    /// <summary>The features of the first slice, when there is no memory yet.</summary>
    /// <returns><c>[B,d,h,w]</c>, for <see cref="ForwardSamHeads"/>.</returns>
    public Tensor ConditionWithoutMemory(ImageFeatures features)
    {
        using var scope = NewDisposeScope();
        if (Configuration.DirectlyAddNoMemEmbed)
            return (features.Top + no_mem_embed.view(1, -1, 1, 1)).MoveToOuterDisposeScope();

        // One dummy memory; it has no place on the map, so it goes where the pointers go.
        using var dummy = new MemorySequence(no_mem_embed.expand(features.Batch, -1, -1), no_mem_pos_enc.alias(), PointerTokens: 1);
        return ConditionOnMemory(features, dummy).MoveToOuterDisposeScope();
    }

    /// <summary>The features as they look in the light of memories.</summary>
    /// <param name="features">Of one image for B objects, or of B images.</param>
    /// <param name="context">What the B objects remember.</param>
    /// <returns><c>[B,d,h,w]</c>, for <see cref="ForwardSamHeads"/>.</returns>
    public Tensor ConditionOnMemory(ImageFeatures features, MemoryContext context)
    {
        using var scope = NewDisposeScope();
        using var sequence = AssembleMemory(context);
        return ConditionOnMemory(features, sequence).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="ConditionOnMemory(ImageFeatures, MemoryContext)"/>
    public Tensor ConditionOnMemory(ImageFeatures features, MemorySequence sequence)
    {
        var (height, width) = (features.Top.size(2), features.Top.size(3));
        return memory_attention.forward(features.Top, sine.Table(height, width, Device, Type), sequence);
    }

    /// <summary>Memories and pointers as the one sequence that memory attention takes.</summary>
    /// <exception cref="ArgumentException">There is no memory, or shapes do not fit together.</exception>
    public MemorySequence AssembleMemory(MemoryContext context) => MemoryAssembly.Assemble(this, context);

    /// <summary>Whether a prompt yields three candidate masks: when it is as ambiguous as the configuration says.</summary>
    /// <param name="isInitialConditioning">The slice is prompted and was not tracked before.</param>
    /// <param name="pointCount">Points of the prompt, a box counting as two.</param>
    public bool UseMultimask(bool isInitialConditioning, int pointCount) =>
        Configuration.MultimaskOutputInSam
        && (isInitialConditioning || Configuration.MultimaskOutputForTracking)
        && pointCount >= Configuration.MultimaskMinPtNum
        && pointCount <= Configuration.MultimaskMaxPtNum;

    /// <summary>From features and prompt to masks, scores and pointer.</summary>
    /// <param name="features">For the high-resolution levels.</param>
    /// <param name="conditioned">Features in the light of memory <c>[B or 1,d,h,w]</c>.</param>
    /// <param name="prompt">Of B objects.</param>
    /// <param name="multimask">Three candidates instead of one.</param>
    /// <param name="presenceMargin">Taken off the occlusion head's logits <c>[B,1]</c>; null is SAM 2.</param>
    public SamOutput ForwardSamHeads(ImageFeatures features, Tensor conditioned, SamPrompt prompt, bool multimask, Tensor? presenceMargin = null)
    {
        using var scope = NewDisposeScope();
        var batch = new[] { conditioned.size(0), prompt.PointCoords?.size(0) ?? 1, prompt.MaskInputs?.size(0) ?? 1 }.Max();
        var sparse = EncodePoints(prompt, batch);
        var dense = EncodeMask(prompt.MaskInputs);
        using var all = sam_mask_decoder.PredictMasks(conditioned, sam_prompt_encoder.GetDensePe(), sparse, dense, features.HighRes);
        using var chosen = sam_mask_decoder.Select(all, multimask);
        return ToOutput(chosen, presenceMargin).MoveToOuterDisposeScope();
    }

    /// <summary>What a mask (0 and 1, of any shape) says, as logits: 10 and -10, which are probabilities of 1 and 0.</summary>
    public static Tensor LogitsOfMask(Tensor mask)
    {
        using var scaled = mask.mul(20);
        return scaled.sub(10);
    }

    /// <summary>A mask prompt as the slice's output: its logits follow from the mask, and only the pointer comes from the decoder.</summary>
    /// <param name="features">For the high-resolution levels.</param>
    /// <param name="conditioned">Features in the light of memory <c>[B or 1,d,h,w]</c>.</param>
    /// <param name="mask"><c>[B,1,S,S]</c>, 0 and 1.</param>
    public SamOutput UseMaskAsOutput(ImageFeatures features, Tensor conditioned, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var floats = mask.to(ScalarType.Float32, Device);
        var high = LogitsOfMask(floats);
        var low = interpolate(high, [high.size(2) / 4, high.size(3) / 4], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
        var present = floats.flatten(1).gt(0).any(1, keepdim: true).to(ScalarType.Float32); // B,1
        var ious = ones_like(present);
        return new SamOutput(
            LowResMultimasks: low.alias(),
            Ious: ious,
            BestMask: zeros_like(ious, ScalarType.Int64),
            LowResMasks: low,
            HighResMasks: high,
            ObjPtr: PointerOfMask(features, conditioned, floats, present),
            ObjectScoreLogits: LogitsOfMask(present)).MoveToOuterDisposeScope();
    }

    /// <summary>What will be remembered of a slice.</summary>
    /// <param name="features">The slice's raw features, of one image for B objects or of B images.</param>
    /// <param name="highResMasks">Mask logits <c>[B,1,S,S]</c>.</param>
    /// <param name="objectScoreLogits"><c>[B,1]</c>.</param>
    /// <param name="isMaskFromPoints">The slice was prompted: its masks are cut at 0 if the configuration says so.</param>
    /// <returns><c>[B,d_mem,h,w]</c>. (The reference keeps memories as bfloat16.)</returns>
    public Tensor EncodeMemory(ImageFeatures features, Tensor highResMasks, Tensor objectScoreLogits, bool isMaskFromPoints)
    {
        using var scope = NewDisposeScope();
        if (Configuration.NonOverlapMasksForMemEnc && !training)
            highResMasks = ApplyNonOverlappingConstraints(highResMasks);
        var probabilities = Configuration.BinarizeMaskFromPtsForMemEnc && isMaskFromPoints
            ? highResMasks.gt(0).to(ScalarType.Float32)
            : highResMasks.sigmoid();
        var mask = (probabilities * Configuration.SigmoidScaleForMemEnc) + Configuration.SigmoidBiasForMemEnc;
        var memory = memory_encoder.forward(features.Top, mask.to(Type, Device));
        if (no_obj_embed_spatial is not null)
        {
            var absent = objectScoreLogits.le(0).to(Type, Device); // B,1
            memory = memory + (absent * no_obj_embed_spatial).unsqueeze(-1).unsqueeze(-1);
        }

        return memory.MoveToOuterDisposeScope();
    }

    /// <summary>Where objects of one slice overlap, the one with the largest logit keeps the pixel; the others are pressed to at most -10.</summary>
    /// <param name="masks">Logits <c>[objects,1,H,W]</c>.</param>
    public static Tensor ApplyNonOverlappingConstraints(Tensor masks)
    {
        using var scope = NewDisposeScope();
        if (masks.size(0) == 1)
            return masks.alias().MoveToOuterDisposeScope();
        var owner = masks.argmax(0, keepdim: true); // 1,1,H,W
        var objects = arange(masks.size(0), ScalarType.Int64, masks.device).view(-1, 1, 1, 1);
        return masks.where(owner.eq(objects), masks.clamp(max: -10)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            sine.Dispose();
        base.Dispose(disposing);
    }

    private Tensor EncodePoints(SamPrompt prompt, long batch)
    {
        var device = Device;
        var (coords, labels) = prompt is { PointCoords: { } c, PointLabels: { } l }
            ? (c.to(device), l.to(device))
            : (zeros([batch, 1, 2], device: device), full([batch, 1], -1, ScalarType.Int32, device)); // no prompt is still a token for "no point"
        return sam_prompt_encoder.EncodePoints(coords, labels).expand(batch, -1, -1);
    }

    private Tensor EncodeMask(Tensor? mask)
    {
        if (mask is null)
            return sam_prompt_encoder.EncodeNoMask();
        var size = sam_prompt_encoder.MaskInputSize;
        mask = mask.to(ScalarType.Float32, Device);
        if (mask.size(2) != size || mask.size(3) != size)
            mask = interpolate(mask, [size, size], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
        return sam_prompt_encoder.EncodeMask(mask);
    }

    private SamOutput ToOutput(MaskDecoderOutput chosen, Tensor? presenceMargin)
    {
        var score = presenceMargin is null ? chosen.ObjectScoreLogits : chosen.ObjectScoreLogits - presenceMargin.to(chosen.ObjectScoreLogits);
        var masks = chosen.Masks.to(ScalarType.Float32);
        if (Configuration.PredObjScores)
            masks = masks.where(score.gt(0).unsqueeze(-1).unsqueeze(-1), full_like(masks.narrow(0, 0, 1).narrow(1, 0, 1), NoObjectScore));
        var ious = chosen.Ious.to(ScalarType.Float32);
        var best = ious.argmax(1, keepdim: true); // B,1
        var low = MaskSelection.Take(masks, best);
        var token = chosen.SamTokens.size(1) > 1 ? MaskSelection.Take(chosen.SamTokens, best) : chosen.SamTokens;
        return new SamOutput(
            LowResMultimasks: masks,
            Ious: ious,
            BestMask: best,
            LowResMasks: low,
            HighResMasks: interpolate(low, [Configuration.ImageSize, Configuration.ImageSize], mode: InterpolationMode.Bilinear, align_corners: false),
            ObjPtr: ToPointer(token.squeeze(1), score),
            ObjectScoreLogits: score.to(ScalarType.Float32));
    }

    /// <summary>A token becomes a pointer, or the pointer of an absent object.</summary>
    private Tensor ToPointer(Tensor token, Tensor score)
    {
        var pointer = obj_ptr_proj is null ? token : obj_ptr_proj.forward(token);
        if (no_obj_ptr is null)
            return pointer;
        var present = (Configuration.SoftNoObjPtr ? score.sigmoid() : score.gt(0)).to(pointer.dtype); // B,1
        return MixWithAbsent(pointer, present, no_obj_ptr);
    }

    private Tensor MixWithAbsent(Tensor pointer, Tensor present, Tensor noObject) =>
        (Configuration.FixedNoObjPtr ? present * pointer : pointer) + ((1 - present) * noObject);

    private Tensor PointerOfMask(ImageFeatures features, Tensor conditioned, Tensor mask, Tensor present)
    {
        if (mask_downsample is null)
            return zeros([mask.size(0), Configuration.HiddenDim], Type, Device);
        var prompt = new SamPrompt { MaskInputs = mask_downsample.Convolve(mask.to(Type)) };
        using var output = ForwardSamHeads(features, conditioned, prompt, multimask: false);
        return no_obj_ptr is null ? output.ObjPtr.alias() : MixWithAbsent(output.ObjPtr, present.to(Type), no_obj_ptr);
    }

    private static Parameter Vector(params long[] shape)
    {
        var vector = nn.Parameter(zeros(shape));
        nn.init.trunc_normal_(vector, std: 0.02);
        return vector;
    }
}
