using MedSam2.Training.ActiveLearning;

namespace MedSam2.Server.Configuration;

/// <summary>Handing out images to label (section <c>MedSam2:ActiveLearning</c>).</summary>
internal sealed class ActiveLearningOptions
{
    public const string Section = "MedSam2:ActiveLearning";

    /// <summary>For how many minutes nobody else is handed an image that somebody was handed (0.01 to 100,000); kept to the second.</summary>
    public double HoldMinutes { get; set; } = 120;

    /// <summary>
    /// Seconds between looks for images without a score of the present network (1 to 86,400), once a strategy was asked for that needs them.
    /// </summary>
    public int RescoreSeconds { get; set; } = 30;

    /// <summary>
    /// How many slices an object is followed from where it starts, both ways and in each of the three planes, to see how far the planes disagree
    /// (1 to 100). More tells more, and costs some 14 encoded slices an image each; with another number all images are scored again.
    /// </summary>
    public int ScoreReach { get; set; } = new ImageScorerOptions().Reach;

    public TimeSpan Hold => TimeSpan.FromMinutes(HoldMinutes);
}
