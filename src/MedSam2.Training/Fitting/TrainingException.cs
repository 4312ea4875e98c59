namespace MedSam2.Training.Fitting;

/// <summary>Training cannot go on; the message says why and what to do, and the last checkpoint is good.</summary>
public sealed class TrainingException : Exception
{
    public TrainingException()
    {
    }

    public TrainingException(string message)
        : base(message)
    {
    }

    public TrainingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
