using System.Text.Json;
using MedSam2.Inference.Tests.Golden;
using MedSam2.Network;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport.Formula;
using Xunit;
using GoldenFile = MedSam2.Inference.Tests.Golden.GoldenFile;

namespace MedSam2.Inference.Tests;

/// <summary>With SAM 2's own memory the tracker equals SAM 2: every mask, memory, pointer and score of every stored sequence.</summary>
public sealed class TrackingGoldenTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("toy", "track_point")]
    [InlineData("toy", "track_two_objects")]
    [InlineData("toy", "track_box_mid_frame")]
    [InlineData("toy", "track_mask_prompt")]
    [InlineData("toy", "track_correct")]
    [InlineData("toy", "track_correct_as_cond")]
    [InlineData("toy", "track_correct_legacy")]
    [InlineData("toy", "track_long20")]
    [InlineData("toy", "track_stride2")]
    [InlineData("toy", "track_max_cond2")]
    [InlineData("toy", "track_object_lost")]
    [InlineData("toy", "track_video_res_mask")]
    [InlineData("toy", "track_video_res_nonoverlap")]
    [InlineData("toy20", "track_point")]
    [InlineData("toy20", "track_object_lost")]
    public void Toy_sequence_equals_the_reference(string folder, string name) => Compare(folder, name, GoldenTolerance.Toy);

    [Theory]
    [InlineData("sam2.1_hiera_tiny", "track_point_box")]
    [InlineData("medsam2_t512", "track_point_box")]
    [InlineData("medsam2_t512", "track_mask_bidirectional_legacy")]
    [InlineData("sam2_hiera_small", "track_point_box")]
    public void Full_size_sequence_equals_the_reference(string folder, string name) => Compare(folder, name, GoldenTolerance.FullSize);

    private void Compare(string folder, string name, GoldenTolerance tolerance)
    {
        using var golden = new GoldenFile(folder, name + ".safetensors");
        using var model = FormulaModel.Create(folder, c => Override(c.WithTrackingDefaults(), golden.Json("config_overrides")));
        foreach (var weight in golden.Json("weight_overrides").EnumerateObject())
            FormulaModel.Override(model, weight.Name, weight.Value.GetDouble());
        using var video = new GoldenVideo(golden, model, Frames(golden, model.Configuration.ImageSize), tolerance);

        video.Run();

        Assert.NotEmpty(video.Differences);
        output.WriteLine(string.Join(", ", video.Differences.Select(d => $"{d.Key} {d.Value:g2}")));
    }

    private static Sam2Configuration Override(Sam2Configuration configuration, JsonElement overrides) => configuration with
    {
        MaxCondFramesInAttn = overrides.TryGetProperty("max_cond_frames_in_attn", out var most)
            ? most.GetInt32() : configuration.MaxCondFramesInAttn,
        MemoryTemporalStrideForEval = overrides.TryGetProperty("memory_temporal_stride_for_eval", out var stride)
            ? stride.GetInt32() : configuration.MemoryTemporalStrideForEval,
    };

    /// <summary>Frames 0 to 7 there and back, and there again.</summary>
    private static byte[][] Frames(GoldenFile golden, int size)
    {
        var count = int.Parse(golden.Text("num_frames"), System.Globalization.CultureInfo.InvariantCulture);
        int[] indices = [.. Enumerable.Range(0, 8), .. Enumerable.Range(0, 8).Reverse(), .. Enumerable.Range(0, 4)];
        var frames = indices.Take(count).Distinct().ToDictionary(f => f, f => FormulaImage.VideoFrame(f, size));
        return [.. indices.Take(count).Select(f => frames[f])];
    }
}
