namespace MedSam2.Inference;

/// <summary>A prompt or request that cannot be followed; the message names the cause. Nothing was changed.</summary>
public sealed class PromptException : Exception
{
    public PromptException(string message)
        : base(message)
    {
    }

    public PromptException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public PromptException()
        : base("The prompt cannot be followed.")
    {
    }
}
