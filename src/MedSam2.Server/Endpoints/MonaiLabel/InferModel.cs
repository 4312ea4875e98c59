namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A way to use the network, published as a model of the MONAI Label API.</summary>
/// <param name="Name">The last part of <c>/infer/{model}</c>.</param>
/// <param name="Dimension">3 for the whole volume, 2 for the prompted slice alone.</param>
/// <param name="Description">One line for people.</param>
internal sealed record InferModel(string Name, int Dimension, string Description)
{
    public static readonly IReadOnlyList<string> BankNames = ["self-sorting", "first-in-first-out"];

    public static readonly IReadOnlyList<InferModel> All =
    [
        new("medsam2", 3, "MedSAM-2: points or a box on a slice, carried through the whole volume"),
        new("medsam2_2d", 2, "MedSAM-2: points or a box on a slice, for that slice alone"),
    ];

    public static InferModel? Find(string name) => All.FirstOrDefault(model => model.Name == name);

    /// <summary>What clients show as options and send back as parameters. A list is a choice, its first entry the default.</summary>
    public Dictionary<string, object> Configuration(string device)
    {
        var configuration = new Dictionary<string, object> { ["device"] = new[] { device } };
        if (Dimension == 3)
        {
            configuration["bank"] = BankNames;
            configuration["max_slices"] = 0;
        }

        return configuration;
    }
}
