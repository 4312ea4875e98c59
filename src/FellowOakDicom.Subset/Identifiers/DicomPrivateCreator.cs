namespace FellowOakDicom;

/// <summary>The name under which a vendor reserves a block of private attributes.</summary>
public sealed class DicomPrivateCreator(string creator) : IEquatable<DicomPrivateCreator>, IComparable<DicomPrivateCreator>
{
    public string Creator { get; } = creator;

    public int CompareTo(DicomPrivateCreator other) => string.CompareOrdinal(Creator, other.Creator);

    public bool Equals(DicomPrivateCreator other) => other is not null && Creator == other.Creator;

    public override bool Equals(object obj) => Equals(obj as DicomPrivateCreator);

    public override int GetHashCode() => Creator.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Creator;
}
