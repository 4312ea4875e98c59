using System.Text;

namespace MedSam2.Network.Checkpoints;

/// <summary>A checkpoint that does not fit a module, with everything that does not fit.</summary>
public sealed class StateDictException : CheckpointException
{
    private const int MostNames = 1000;

    internal StateDictException(
        string path, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<StateDictMismatch> mismatched)
        : base(path, Describe(missing, unexpected, mismatched))
    {
        Missing = missing;
        Unexpected = unexpected;
        Mismatched = mismatched;
    }

    /// <summary>Keys of the module that the checkpoint lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Keys of the checkpoint that the module lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Keys of both with another shape or kind of number.</summary>
    public IReadOnlyList<StateDictMismatch> Mismatched { get; }

    private static string Describe(
        IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<StateDictMismatch> mismatched)
    {
        var text = new StringBuilder("the weights do not fit the network: is this the configuration they were made with?");
        Append(text, "missing", missing, Quote);
        Append(text, "unexpected", unexpected, Quote);
        Append(text, "wrong shape or type", mismatched, m => $"{Quote(m.Name)} ({m.Actual} where {m.Expected} is due)");
        return text.ToString();
    }

    private static void Append<T>(StringBuilder text, string heading, IReadOnlyList<T> items, Func<T, string> describe)
    {
        if (items.Count == 0)
            return;
        text.Append($" {heading} ({items.Count}): ").AppendJoin(", ", items.Take(MostNames).Select(describe));
        text.Append(items.Count > MostNames ? $" and {items.Count - MostNames} more." : ".");
    }
}

/// <summary>A tensor that is not what the module has under its name; types and shapes in words.</summary>
public sealed record StateDictMismatch(string Name, string Expected, string Actual);
