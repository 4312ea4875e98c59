using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Preprocessing;
using Xunit;

namespace MedSam2.Inference.Tests;

/// <summary>Which grey window the network sees a volume through.</summary>
public sealed class WindowTests
{
    private const int Count = 1000;

    [Theory]
    [InlineData("CT", -160, 240)] // soft tissue
    [InlineData("MR", 5, 994)] // percentiles of what is not zero
    [InlineData("", 5, 994)]
    [InlineData("PT", 0, 994)] // no uptake is black
    public void A_volume_without_a_window_gets_one_by_its_modality(string modality, float low, float high)
    {
        var volume = Ramp(modality, window: null);

        Assert.Equal(new IntensityWindow(low, high), WindowSelection.For(volume));
    }

    [Theory]
    [InlineData("CT")]
    [InlineData("MR")]
    [InlineData("PT")]
    public void The_window_of_the_file_goes_first(string modality) =>
        Assert.Equal(new IntensityWindow(10, 20), WindowSelection.For(Ramp(modality, new IntensityWindow(10, 20))));

    [Theory]
    [InlineData("lung", -1350, 150)]
    [InlineData("Soft-Tissue", -160, 240)]
    [InlineData("bone", -500, 1300)]
    [InlineData("brain", 0, 80)]
    [InlineData("liver", -20, 140)]
    [InlineData("suv", 0, 10)]
    [InlineData("40,400", -160, 240)]
    [InlineData("-0.5,1", -1, 0)]
    public void A_window_is_known_by_its_name_or_its_centre_and_width(string text, float low, float high)
    {
        Assert.True(WindowPresets.TryParse(text, out var window));
        Assert.Equal(new IntensityWindow(low, high), window);
    }

    [Theory]
    [InlineData("")]
    [InlineData("milk")]
    [InlineData("40")]
    [InlineData("40,0")]
    [InlineData("40,-1")]
    [InlineData("NaN,400")]
    [InlineData("40,Infinity")]
    [InlineData("1,2,3")]
    public void What_is_no_window_is_refused(string text) => Assert.False(WindowPresets.TryParse(text, out _));

    [Fact]
    public void Every_preset_has_its_own_name_and_a_width()
    {
        Assert.Equal(WindowPresets.All.Count, WindowPresets.Names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(WindowPresets.All, preset => Assert.True(preset.Window.High > preset.Window.Low, preset.Name));
    }

    /// <summary>0, 1, 2, ... 999.</summary>
    private static Volume Ramp(string modality, IntensityWindow? window) => new(
        new VolumeGeometry(Count, 1, 1, Affine.Identity), new Float32Voxels([.. Enumerable.Range(0, Count).Select(n => (float)n)]), modality, window);
}
