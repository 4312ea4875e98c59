using MedSam2.Server.Images;
using MedSam2.Server.Observability;

namespace MedSam2.Server.Segmentation;

internal static class SegmentationExtensions
{
    /// <summary>Images in memory, masks from prompts, masks as DICOM SEG.</summary>
    public static void AddSegmentation(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<VolumeCache>();
        builder.Services.AddSingleton<VolumeGate>();
        builder.Services.AddSingleton<IFeatureMeter, VolumeCacheMeter>();
        builder.Services.AddSingleton<ImageLoader>();
        builder.Services.AddSingleton<WarmSessions>();
        builder.Services.AddSingleton<VolumeSegmenter>();
        builder.Services.AddSingleton<OnePromptSegmenter>();
        builder.Services.AddSingleton<Templates>();
        builder.Services.AddSingleton<SegmentationObjects>();
    }
}
