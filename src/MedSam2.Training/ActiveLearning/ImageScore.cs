namespace MedSam2.Training.ActiveLearning;

/// <summary>What the network makes of an image that nobody has labelled yet.</summary>
/// <param name="PredictedIou">How good it thinks its answers are, 0 to 1.</param>
/// <param name="Entropy">How undecided their pixels are, 0 to 1 bit.</param>
/// <param name="Disagreement">How far the passes along the three planes contradict each other, 0 to 1; of a picture, the answers to a click and to a box.</param>
/// <param name="Objects">How many things it was asked about; with none it found nothing that could be one.</param>
/// <param name="Embedding">Where the image lies among others, by the encoder: of length one.</param>
public sealed record ImageScore(double PredictedIou, double Entropy, double Disagreement, int Objects, IReadOnlyList<float> Embedding)
{
    /// <summary>How much a person's answer is needed, 0 to 1: the mean of what its three parts say.</summary>
    public double Uncertainty => ((1 - PredictedIou) + Entropy + Disagreement) / 3;
}
