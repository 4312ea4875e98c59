using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Training.Prompts;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>Simulated prompts of the N objects of a batch; each object has as many points, filled up with "no point".</summary>
internal sealed class BatchPrompts
{
    private readonly Mask[] truth;
    private readonly List<(float X, float Y, int Label)>[] points;

    /// <param name="targets"><c>[N,1,S,S]</c>, 0 or 1.</param>
    public BatchPrompts(Tensor targets)
    {
        truth = ToMasks(targets);
        points = [.. truth.Select(_ => new List<(float, float, int)>())];
    }

    /// <summary>Points an object, a box counting as two.</summary>
    public int PointCount => points.Max(p => p.Count);

    public void AddClicks(Random random) => Each((n, add) => Add(add, PromptSimulator.RandomClick(truth[n], random)));

    public void AddBoxes(Random random, double jitter) => Each((n, add) =>
    {
        // How carefully a person draws varies: some boxes are tight, some loose.
        if (PromptSimulator.Box(truth[n], random, jitter * random.NextDouble()) is not { } box)
            return;
        add((float)box.X0, (float)box.Y0, 2);
        add((float)box.X1, (float)box.Y1, 3);
    });

    /// <param name="answer">Logits <c>[N,1,S,S]</c>.</param>
    /// <param name="random">Draws a place among the errors.</param>
    public void AddCorrections(Tensor answer, Random random)
    {
        using var cut = answer.detach().gt(0);
        var masks = ToMasks(cut);
        Each((n, add) => Add(add, PromptSimulator.CorrectiveClick(masks[n], truth[n], random)));
    }

    public SamPrompt ToPrompt(Device device)
    {
        var count = PointCount;
        var coords = new float[points.Length * count * 2];
        var labels = new int[points.Length * count];
        labels.AsSpan().Fill(-1);
        for (var n = 0; n < points.Length; n++)
        {
            for (var p = 0; p < points[n].Count; p++)
            {
                var at = (n * count) + p;
                (coords[at * 2], coords[(at * 2) + 1], labels[at]) = points[n][p];
            }
        }

        return new SamPrompt
        {
            PointCoords = tensor(coords, [points.Length, count, 2], device: device),
            PointLabels = tensor(labels, [points.Length, count], device: device),
        };
    }

    private static void Add(Action<float, float, int> add, PromptPoint? point)
    {
        if (point is { } p)
            add((float)p.X, (float)p.Y, p.Include ? 1 : 0);
    }

    private void Each(Action<int, Action<float, float, int>> prompt)
    {
        for (var n = 0; n < points.Length; n++)
            prompt(n, (x, y, label) => points[n].Add((x, y, label)));
    }

    private static Mask[] ToMasks(Tensor masks)
    {
        using var bytes = masks.to(ScalarType.Byte).cpu().contiguous();
        var (width, height) = ((int)masks.size(-1), (int)masks.size(-2));
        var all = bytes.bytes;
        var found = new Mask[all.Length / (width * height)];
        for (var n = 0; n < found.Length; n++)
            found[n] = new Mask(width, height, all.Slice(n * width * height, width * height).ToArray());
        return found;
    }
}
