namespace MedSam2.Server.Viewer;

/// <summary>The OHIF viewer under <c>/ohif/</c> (section <c>MedSam2:Viewer</c>).</summary>
internal sealed class ViewerOptions
{
    public const string Section = "MedSam2:Viewer";

    /// <summary>
    /// Folder with <c>site</c> and <c>plugin</c>, as <c>clients/ohif/scripts/build.mjs</c> makes them; empty takes the one
    /// beside the program, or in a source tree that of <c>clients/ohif</c>.
    /// </summary>
    public string Folder { get; set; } = "";

    /// <summary>Whether a server that runs from a source tree builds the viewer where it is missing or out of date. Needs Node.js.</summary>
    public bool Build { get; set; } = true;
}
