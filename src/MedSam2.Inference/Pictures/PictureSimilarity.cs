using MedSam2.Inference.Memory;
using static TorchSharp.torch;

namespace MedSam2.Inference.Pictures;

/// <summary>
/// How alike the pictures of a set are: the cosine of their image features F. Keeps one map a picture in bfloat16, and
/// each cosine once it has been asked for.
/// </summary>
internal sealed class PictureSimilarity(int count, Func<int, Tensor> imageEmbedding) : IDisposable
{
    private readonly Tensor?[] embeddings = new Tensor?[count];
    private readonly Dictionary<(int, int), double> cosines = [];

    /// <summary>Of the candidates, the one most like any of the known pictures; of equals the first.</summary>
    public int Nearest(IReadOnlyCollection<int> candidates, IReadOnlyCollection<int> known) =>
        candidates.MaxBy(c => (known.Max(k => Cosine(c, k)), -c));

    public void Dispose()
    {
        foreach (var embedding in embeddings)
            embedding?.Dispose();
    }

    private double Cosine(int a, int b)
    {
        var pair = (Math.Min(a, b), Math.Max(a, b));
        if (!cosines.TryGetValue(pair, out var cosine))
            cosines.Add(pair, cosine = Similarity.Cosine(Embedding(a), Embedding(b)));
        return cosine;
    }

    private Tensor Embedding(int picture) =>
        embeddings[picture] ??= imageEmbedding(picture).to(ScalarType.BFloat16, copy: true).DetachFromDisposeScope();
}
