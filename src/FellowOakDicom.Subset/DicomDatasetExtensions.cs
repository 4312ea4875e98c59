namespace FellowOakDicom;

public static class DicomDatasetExtensions
{
    /// <summary>A dataset with the same elements and copies of the sequences' datasets.</summary>
    public static DicomDataset Clone(this DicomDataset dataset) => new(dataset, validate: false)
    {
        InternalTransferSyntax = dataset.InternalTransferSyntax,
        FallbackEncodings = dataset.FallbackEncodings,
    };

    /// <summary>The same dataset, which from now on takes values as they are.</summary>
    public static DicomDataset NotValidated(this DicomDataset dataset)
    {
        dataset.ValidateItems = false;
        return dataset;
    }

    /// <summary>The same dataset, which from now on validates what is added.</summary>
    public static DicomDataset Validated(this DicomDataset dataset)
    {
        dataset.ValidateItems = true;
        return dataset;
    }
}
