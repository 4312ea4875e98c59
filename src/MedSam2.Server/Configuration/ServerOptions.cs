using MedSam2.Inference;
using MedSam2.Network.Catalog;

namespace MedSam2.Server.Configuration;

/// <summary>Where things are and what runs the network (section <c>MedSam2</c>).</summary>
internal sealed class ServerOptions
{
    public const string Section = "MedSam2";
    private const string EmbeddedName = "medsam2-nano";

    /// <summary>Folder for stored studies and results; empty takes <see cref="UserDataFolder"/>.</summary>
    public string Data { get; set; } = "";

    /// <summary>A folder of DICOM files that is served in place; empty serves the data folder's own studies.</summary>
    public string Studies { get; set; } = "";

    /// <summary>A model folder or weights file, or the name of a model that <c>models get</c> fetched; empty takes the embedded model.</summary>
    public string Model { get; set; } = "";

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>
    /// Number format of the network: <c>float32</c>, <c>bfloat16</c> or <c>float16</c>. The default is what the published results were
    /// made with, and what every reference number is met in; the others halve the memory and cost about two digits.
    /// </summary>
    public string Precision { get; set; } = "float32";

    /// <summary>
    /// Whether objects are also looked at in closer views where a request does not say: better masks of a small network, for three
    /// times the work (<see cref="TrackingOptions.CloserLook"/>).
    /// </summary>
    public bool CloserLook { get; set; }

    /// <summary>Web pages of these origins may call the server; <c>*</c> means any.</summary>
    public string AllowedOrigins { get; set; } = "*";

    /// <summary>
    /// Names of the structures that viewers offer as segments. Any structure can be prompted: a name only says what the
    /// person means by it.
    /// </summary>
    public string Labels { get; set; } = "liver, spleen, left kidney, right kidney, aorta, spine, tumor, other";

    /// <summary>
    /// How segmentations are stored: <c>BINARY</c>, which every archive and viewer reads, or <c>LABELMAP</c>, smaller and without overlap,
    /// for those that know the storage class of 2024.
    /// </summary>
    public string SegmentationType { get; set; } = "BINARY";

    /// <summary>The format that <see cref="Precision"/> names; null where it names none.</summary>
    public ModelPrecision? ModelPrecision => Precision switch
    {
        "float32" => Inference.ModelPrecision.Float32,
        "bfloat16" => Inference.ModelPrecision.BFloat16,
        "float16" => Inference.ModelPrecision.Float16,
        _ => null,
    };

    public string DataFolder => Path.GetFullPath(Data is "" ? UserDataFolder : Data);

    public string ModelPath =>
        Model is "" || (Model == EmbeddedName && !Path.Exists(Model)) ? EmbeddedModel : Path.Exists(Model) || !Directory.Exists(InstalledModel) ? Path.GetFullPath(Model) : InstalledModel;

    /// <summary>Where <c>models get</c> puts what it fetches.</summary>
    public string InstalledModels => Path.Combine(DataFolder, "models");

    public IReadOnlyList<string> LabelNames => Split(Labels);

    public IReadOnlyList<string> Origins => Split(AllowedOrigins);

    /// <summary>The user's own data folder: <c>$XDG_DATA_HOME/medsam2</c> on Linux, its like elsewhere; empty where there is no home.</summary>
    public static string UserDataFolder
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return home is "" ? "" : Path.Combine(home, "medsam2");
        }
    }

    public static string EmbeddedModel => Path.Combine(AppContext.BaseDirectory, "models", EmbeddedName);

    /// <summary>What is wrong with <see cref="Model"/>, with its mend; null where there is such a file or folder.</summary>
    public string? ModelFault => Path.Exists(ModelPath) ? null
        : PublishedModel.Find(Model) is { } known ? $"The model '{known.Name}' is not fetched yet: 'models get {known.Name}' does that."
        : $"The model '{Model}' does not exist: name a model folder or weights file with --model, or one that 'models list' shows.";

    // A name, never a way out of the folder.
    private string InstalledModel => Path.Combine(InstalledModels, Path.GetFileName(Model));

    // One text, not a list: a list from two configuration sources would be merged entry by entry.
    private static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
