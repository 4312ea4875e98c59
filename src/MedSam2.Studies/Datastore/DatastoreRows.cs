namespace MedSam2.Studies.Datastore;

/// <summary>What is known of an image: a volume file of the folder, or a series of the study store.</summary>
internal sealed class ImageRow
{
    public required string Id { get; set; }

    /// <summary>The volume's file extension; null for a series.</summary>
    public string? Extension { get; set; }

    /// <summary>A JSON object.</summary>
    public string Info { get; set; } = "{}";

    /// <summary>The file that is still to be put in place, by its name among the incoming ones.</summary>
    public string? Incoming { get; set; }

    /// <summary>The extension of the file that the incoming one stands in for.</summary>
    public string? Replaces { get; set; }

    public List<LabelRow> Labels { get; } = [];
}

/// <summary>A label file of an image.</summary>
internal sealed class LabelRow
{
    public int Id { get; set; }

    public required string ImageId { get; set; }

    public ImageRow Image { get; set; } = null!;

    public required string Tag { get; set; }

    public required string Extension { get; set; }

    /// <inheritdoc cref="ImageRow.Info"/>
    public string Info { get; set; } = "{}";

    /// <inheritdoc cref="ImageRow.Incoming"/>
    public string? Incoming { get; set; }

    /// <inheritdoc cref="ImageRow.Replaces"/>
    public string? Replaces { get; set; }
}

/// <summary>Who was handed an image to label.</summary>
internal sealed class HoldRow
{
    public required string ImageId { get; set; }

    public required string Holder { get; set; }

    /// <summary>Unix seconds.</summary>
    public long Since { get; set; }
}

/// <summary>A remembered value.</summary>
internal sealed class NoteRow
{
    public required string Key { get; set; }

    public required string Value { get; set; }
}
