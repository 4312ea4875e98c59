using MedSam2.Inference;
using MedSam2.Inference.Preprocessing;
using MedSam2.Server.Errors;
using MedSam2.Server.Method;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A way to use the network, published as a model of the MONAI Label API.</summary>
/// <param name="Name">The last part of <c>/infer/{model}</c>.</param>
/// <param name="Dimension">3 for the whole volume, 2 for the prompted slice alone.</param>
/// <param name="Type">What clients take it for: <c>deepgrow</c> is prompted, <c>segmentation</c> is not.</param>
/// <param name="Description">One line for people.</param>
internal sealed record InferModel(string Name, int Dimension, string Type, string Description)
{
    private static readonly TrackingOptions Defaults = new();

    private const string Prompted = "deepgrow", Automatic = "segmentation";

    /// <summary>The first leaves the window to the image and its modality.</summary>
    public static readonly IReadOnlyList<string> WindowNames = ["automatic", .. WindowPresets.Names];

    public static readonly IReadOnlyList<InferModel> All =
    [
        new("medsam2", 3, Prompted, "MedSAM-2: points or a box on a slice, carried through the whole volume"),
        new("medsam2_2d", 2, Prompted, "MedSAM-2: points or a box on a slice, for that slice alone"),
        new("medsam2_set", 3, Automatic, "MedSAM-2 without a prompt: finds what the label approved last, or that of 'template', shows in another image"),
    ];

    public static InferModel? Find(string name) => All.FirstOrDefault(model => model.Name == name);

    /// <exception cref="RequestException">There is none of this name.</exception>
    public static InferModel Require(string name) =>
        Find(name) ?? throw RequestException.NotFound($"There is no model '{name}'. This server has {string.Join(", ", All.Select(known => known.Name))}.");

    /// <summary>Whether it finds what another image's label shows, instead of following prompts.</summary>
    public bool IsOnePrompt => Type == Automatic;

    /// <summary>What clients show as options and send back as parameters. A list is a choice, its first entry the default.</summary>
    public Dictionary<string, object> Configuration(string device, bool closerLook)
    {
        var configuration = new Dictionary<string, object> { ["device"] = new[] { device } };
        if (IsOnePrompt)
        {
            configuration["template"] = "";
            return configuration;
        }

        configuration["window"] = WindowNames;
        configuration["closer_look"] = closerLook;
        if (Dimension == 3)
        {
            configuration["bank"] = MethodNames.Banks.Names;
            configuration["capacity"] = Defaults.Capacity;
            configuration["threshold"] = Defaults.ConfidenceThreshold;
            configuration["resampling"] = MethodNames.Resamplings.Names;
            configuration["temperature"] = Defaults.Temperature;
            configuration["seed"] = Defaults.Seed;
            configuration["orientations"] = MethodNames.Orientations.Names;
            configuration["max_slices"] = 0;
        }

        return configuration;
    }
}
