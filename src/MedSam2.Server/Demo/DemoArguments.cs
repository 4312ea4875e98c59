namespace MedSam2.Server.Demo;

/// <summary>What the demo is asked to do.</summary>
/// <param name="Configuration">The server's configuration keys, as on its command line.</param>
/// <param name="Labels">True labels of the series; null takes the demo study's own.</param>
/// <param name="Label">Which of them to segment; null takes the liver of the demo study.</param>
/// <param name="Output">Where to write the picture; null takes <c>demo.png</c> here.</param>
internal sealed record DemoArguments(string[] Configuration, string? Labels, byte? Label, string? Output)
{
    public bool NamesData => Names("--MedSam2:Data");

    public bool NamesStudies => Names("--MedSam2:Studies");

    public string Picture => Path.GetFullPath(Output ?? "demo.png");

    private bool Names(string setting) =>
        Configuration.Any(key => key.Split('=', 2)[0].Equals(setting, StringComparison.OrdinalIgnoreCase));
}
