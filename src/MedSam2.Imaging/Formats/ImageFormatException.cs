namespace MedSam2.Imaging.Formats;

/// <summary>An image file or an encoded mask cannot be read. The message names the cause and, where there is one, the way to mend it.</summary>
public sealed class ImageFormatException : Exception
{
    public ImageFormatException(string message)
        : base(message)
    {
    }

    public ImageFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
