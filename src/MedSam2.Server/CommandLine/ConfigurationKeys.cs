namespace MedSam2.Server.CommandLine;

/// <summary>Parts configuration keys, which .NET reads from the command line, from the words of our own verbs and options.</summary>
internal static class ConfigurationKeys
{
    /// <summary>Takes <c>--Section:Key=value</c> and <c>--Section:Key value</c> out of <paramref name="args"/>.</summary>
    public static (string[] Keys, string[] Others) Split(IReadOnlyList<string> args)
    {
        List<string> keys = [], others = [];
        for (var n = 0; n < args.Count; n++)
        {
            var name = args[n].Split('=', 2)[0];
            if (!name.StartsWith("--", StringComparison.Ordinal) || !name.Contains(':', StringComparison.Ordinal))
            {
                others.Add(args[n]);
                continue;
            }

            keys.Add(args[n]);
            if (name.Length == args[n].Length && n + 1 < args.Count)
                keys.Add(args[++n]);
        }

        return ([.. keys], [.. others]);
    }
}
