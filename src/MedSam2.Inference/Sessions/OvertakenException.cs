namespace MedSam2.Inference;

/// <summary>What was being done has no meaning any more, since the object was prompted, changed or removed meanwhile.</summary>
public sealed class OvertakenException : InvalidOperationException
{
    public OvertakenException(string message)
        : base(message)
    {
    }

    public OvertakenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public OvertakenException()
        : base("The object was changed meanwhile.")
    {
    }
}
