namespace MedSam2.Server.Configuration;

/// <summary>Handing out images to label (section <c>MedSam2:ActiveLearning</c>).</summary>
internal sealed class ActiveLearningOptions
{
    public const string Section = "MedSam2:ActiveLearning";

    /// <summary>For how many minutes nobody else is handed an image that somebody was handed (1 to 100,000).</summary>
    public int HoldMinutes { get; set; } = 120;

    public TimeSpan Hold => TimeSpan.FromMinutes(HoldMinutes);
}
