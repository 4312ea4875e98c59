using System.Globalization;
using System.Text;

namespace MedSam2.Network.Checkpoints;

/// <summary>A weights file that cannot be read, or does not fit. The message names the file, the tensor where there is one, and the cause.</summary>
public class CheckpointException : Exception
{
    private const int LongestQuote = 120;

    public CheckpointException(string path, string cause, Exception? inner = null)
        : base($"{path}: {cause}", inner)
    {
        Path = path;
    }

    public CheckpointException(string path, string tensor, string cause, Exception? inner = null)
        : this(path, $"tensor {Quote(tensor)}: {cause}", inner)
    {
        Tensor = tensor;
    }

    public string Path { get; }

    /// <summary>The tensor at fault, if the fault lies with one.</summary>
    public string? Tensor { get; }

    /// <summary>A name out of an untrusted file, made fit for a log line: shortened, control characters escaped.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, LongestQuote)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                quoted.Append(c);
        }

        return quoted.Append(text.Length > LongestQuote ? "...'" : "'").ToString();
    }
}
