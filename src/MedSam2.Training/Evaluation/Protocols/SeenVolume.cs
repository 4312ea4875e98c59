using MedSam2.Imaging.Volumes;
using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>A case as the network sees it: grey values of 0 to 255 within its window. The baselines get it so, too.</summary>
internal static class SeenVolume
{
    public static EvaluationCase Of(EvaluationCase image, SegmentationModel model, TrackingOptions tracking)
    {
        using var session = new VolumeSession(model, image.Volume, tracking);
        var window = session.Window;
        var values = new float[image.Volume.Voxels.Count];
        image.Volume.Voxels.Read(0, 1, values);
        var scale = 255 / (window.High - window.Low);
        foreach (ref var value in values.AsSpan())
        {
            var level = (value - window.Low) * scale;
            value = level > 0 ? Math.Min(level, 255) : 0; // what is no number is black
        }

        return image with { Volume = new Volume(image.Volume.Geometry, new Float32Voxels(values), image.Volume.Modality, new IntensityWindow(0, 255)) };
    }
}
