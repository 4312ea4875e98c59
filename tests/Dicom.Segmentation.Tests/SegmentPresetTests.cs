namespace Dicom.Segmentation.Tests;

public sealed class SegmentPresetTests
{
    [Theory]
    [InlineData("liver", "10200004", "Liver", null)]
    [InlineData("Left Kidney", "64033007", "Left kidney", "Left")]
    [InlineData("kidney_right", "64033007", "Right kidney", "Right")]
    [InlineData("lung_upper_lobe_left", "45653009", "Left upper lobe of lung", "Left")]
    [InlineData("lung_middle_lobe_right", "72481006", "Middle lobe of right lung", null)]
    [InlineData("heart_atrium_left", "82471001", "Left atrium", null)]
    [InlineData("vertebrae_L3", "36470004", "L3 vertebra", null)]
    [InlineData("T12", "23215003", "T12 vertebra", null)]
    [InlineData("rib_left_7", "24915002", "Left seventh rib", "Left")]
    [InlineData("urinary-bladder", "89837001", "Urinary bladder", null)]
    public void Structure_is_found_by_name(string name, string code, string label, string? side)
    {
        Assert.True(SegmentPresets.TryFind(name, out var preset));
        Assert.Equal(code, preset.Property.Type.Value);
        Assert.Equal("SCT", preset.Property.Type.Scheme);
        Assert.Equal(label, preset.Label);
        Assert.Equal(side, preset.Property.TypeModifiers.SingleOrDefault()?.Meaning);
    }

    [Theory]
    [InlineData("left liver")]
    [InlineData("left")]
    [InlineData("")]
    [InlineData("flux capacitor")]
    public void What_is_no_structure_is_not_found(string name) => Assert.False(SegmentPresets.TryFind(name, out _));

    [Fact]
    public void Every_name_finds_its_own_structure_and_every_code_is_a_valid_snomed_number()
    {
        Assert.True(SegmentPresets.Names.Count > 100);
        foreach (var name in SegmentPresets.Names)
        {
            Assert.True(SegmentPresets.TryFind(name, out var preset), name);
            Assert.True(HasVerhoeffCheckDigit(preset.Property.Type.Value), $"{name}: {preset.Property.Type.Value}");
        }

        Assert.Equal(SegmentPresets.Names.Count, SegmentPresets.Names.Select(name => Find(name).Property.Type.Value).Distinct().Count());
    }

    [Fact]
    public void Preset_makes_a_segment()
    {
        var segment = Find("spleen").ToSegment(3, new SegmentAlgorithm(SegmentAlgorithmType.Automatic, "Tracker"));
        Assert.Equal((3, "Spleen"), (segment.Number, segment.Label));
        Assert.Equal("Tracker", segment.Algorithm.Name);
        Assert.NotNull(segment.Colour);
    }

    [Theory]
    [InlineData(255, 255, 255)]
    [InlineData(0, 0, 0)]
    [InlineData(255, 0, 0)]
    [InlineData(0, 255, 0)]
    [InlineData(0, 0, 255)]
    [InlineData(221, 130, 101)]
    [InlineData(1, 2, 3)]
    public void Colour_comes_back(byte red, byte green, byte blue) =>
        Assert.Equal((red, green, blue), DisplayColour.FromRgb(red, green, blue).ToRgb());

    [Fact]
    public void White_is_full_lightness_without_colour()
    {
        var white = DisplayColour.FromRgb(255, 255, 255);
        Assert.Equal(ushort.MaxValue, white.L);
        Assert.InRange(white.A, 32_800, 32_950);
        Assert.InRange(white.B, 32_800, 32_950);
    }

    private static SegmentPreset Find(string name) => SegmentPresets.TryFind(name, out var preset) ? preset : throw new KeyNotFoundException(name);

    /// <summary>SNOMED CT numbers end in a check digit by Verhoeff's scheme, so that a mistyped one shows.</summary>
    private static bool HasVerhoeffCheckDigit(string number)
    {
        const string product = "0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210";
        const string permutation = "01234567891576283094580379614289160435279453126870428657390127938064157046913258";
        var check = 0;
        for (var position = 0; position < number.Length; position++)
        {
            var digit = number[^(position + 1)] - '0';
            check = product[(check * 10) + (permutation[(position % 8 * 10) + digit] - '0')] - '0';
        }

        return check == 0;
    }
}
