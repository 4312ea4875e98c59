namespace Dicom.Segmentation;

/// <summary>A segmentation cannot be written or read; the message names the cause and what to change. It holds no patient data.</summary>
public sealed class SegmentationException : Exception
{
    public SegmentationException(string message)
        : base(message)
    {
    }

    public SegmentationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
