using MedSam2.Network;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Benchmarks;

/// <summary>
/// The image encoder as the reference's code reads, step by step in eager float32: windows cut out of a padded map and put together again,
/// the library's fused attention everywhere, every layer of the neck for itself. What the product's encoder is measured against.
/// </summary>
internal sealed class PlainEncoder(Sam2Model model)
{
    private readonly Dictionary<string, Tensor> weights = model.state_dict();
    private readonly ImageEncoderConfiguration configuration = model.Configuration.ImageEncoder;

    /// <returns>The maps at strides 4, 8 and 16 as the decoder takes them.</returns>
    public Tensor[] Encode(Tensor image)
    {
        using var scope = NewDisposeScope();
        var stages = Trunk(image);
        var maps = new Tensor[stages.Count];
        for (var level = stages.Count - 1; level >= 0; level--)
        {
            maps[level] = Conv($"image_encoder.neck.convs.{stages.Count - 1 - level}.conv", stages[level]);
            if (level < stages.Count - 1 && (configuration.Neck.FpnTopDownLevels?.Contains(level) ?? true))
                maps[level] = maps[level] + interpolate(maps[level + 1], scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        }

        Tensor[] features = [Conv("sam_mask_decoder.conv_s0", maps[0]), Conv("sam_mask_decoder.conv_s1", maps[1]), maps[2]];
        return [.. features.Select(f => f.MoveToOuterDisposeScope())];
    }

    private List<Tensor> Trunk(Tensor image)
    {
        const string name = "image_encoder.trunk";
        var trunk = configuration.Trunk;
        var x = conv2d(image, weights[$"{name}.patch_embed.proj.weight"], weights[$"{name}.patch_embed.proj.bias"], strides: [4, 4], padding: [3, 3]).permute(0, 2, 3, 1);
        var background = interpolate(weights[$"{name}.pos_embed"], [x.size(1), x.size(2)], mode: InterpolationMode.Bicubic, align_corners: false);
        var window = weights[$"{name}.pos_embed_window"];
        x = x + (background + window.tile([1, 1, x.size(1) / window.size(2), x.size(2) / window.size(3)])).permute(0, 2, 3, 1);

        List<Tensor> stages = [];
        var block = 0;
        for (var stage = 0; stage < trunk.Stages.Count; stage++)
        {
            for (var n = 0; n < trunk.Stages[stage]; n++, block++)
            {
                var first = n == 0 && stage > 0;
                var side = trunk.GlobalAttBlocks.Contains(block) ? 0 : trunk.WindowSpec[first ? stage - 1 : stage];
                x = Block($"{name}.blocks.{block}", x, side, Heads(stage), first && stage <= trunk.QPool, first);
            }

            stages.Add(x.permute(0, 3, 1, 2));
        }

        return stages;
    }

    private long Heads(int stage) => (long)Math.Round(configuration.Trunk.NumHeads * Math.Pow(configuration.Trunk.HeadMul, stage));

    private Tensor Block(string name, Tensor x, int window, long heads, bool pools, bool widens)
    {
        using var scope = NewDisposeScope();
        var normed = Norm($"{name}.norm1", x);
        var shortcut = widens ? Pool(Linear($"{name}.proj", normed), pools) : x;
        var (height, width) = (x.size(1), x.size(2));
        var (cut, padded) = window == 0 ? (normed, (height, width)) : Cut(normed, window);
        var y = Attention($"{name}.attn", cut, heads, pools);
        if (window > 0)
        {
            var side = pools ? window / 2 : window;
            var (h, w) = pools ? (padded.height / 2, padded.width / 2) : padded;
            y = PutTogether(y, side, h, w).narrow(1, 0, shortcut.size(1)).narrow(2, 0, shortcut.size(2));
        }

        x = shortcut + y;
        return (x + Linear($"{name}.mlp.layers.1", gelu(Linear($"{name}.mlp.layers.0", Norm($"{name}.norm2", x))))).MoveToOuterDisposeScope();
    }

    private Tensor Attention(string name, Tensor x, long heads, bool pools)
    {
        var (batch, height, width) = (x.size(0), x.size(1), x.size(2));
        var parts = Linear($"{name}.qkv", x).reshape(batch, height * width, 3, heads, -1).unbind(2);
        var q = parts[0];
        if (pools)
        {
            (height, width) = (height / 2, width / 2);
            q = Pool(q.reshape(batch, height * 2, width * 2, -1), true).reshape(batch, height * width, heads, -1);
        }

        var y = scaled_dot_product_attention(q.transpose(1, 2), parts[1].transpose(1, 2), parts[2].transpose(1, 2));
        return Linear($"{name}.proj", y.transpose(1, 2).reshape(batch, height, width, -1));
    }

    private static (Tensor Windows, (long height, long width) Padded) Cut(Tensor x, long side)
    {
        var (h, w) = ((x.size(1) + side - 1) / side * side, (x.size(2) + side - 1) / side * side);
        x = pad(x, [0, 0, 0, w - x.size(2), 0, h - x.size(1)]);
        var windows = x.view(x.size(0), h / side, side, w / side, side, x.size(3)).permute(0, 1, 3, 2, 4, 5).reshape(-1, side, side, x.size(3));
        return (windows, (h, w));
    }

    private static Tensor PutTogether(Tensor windows, long side, long height, long width) => windows
        .reshape(-1, height / side, width / side, side, side, windows.size(3)).permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, windows.size(3));

    private static Tensor Pool(Tensor x, bool pools) => pools ? max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1) : x;

    private Tensor Norm(string name, Tensor x) => layer_norm(x, [x.size(-1)], weights[$"{name}.weight"], weights[$"{name}.bias"], 1e-6);

    private Tensor Linear(string name, Tensor x) => linear(x, weights[$"{name}.weight"], weights[$"{name}.bias"]);

    private Tensor Conv(string name, Tensor x) => conv2d(x, weights[$"{name}.weight"], weights[$"{name}.bias"]);
}
