using Spectre.Console;

namespace MedSam2.Server.CommandLine;

/// <summary>How a verb speaks: results on standard output, progress on standard error and only to a person.</summary>
internal static class VerbConsole
{
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(1);

    /// <summary>A table, its first column to the left and numbers to the right.</summary>
    public static void WriteTable(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, int textColumns = 1)
    {
        var table = new Table().Border(TableBorder.Markdown);
        for (var n = 0; n < columns.Count; n++)
            table.AddColumn(n < textColumns ? new TableColumn(Markup.Escape(columns[n])).NoWrap() : new TableColumn(Markup.Escape(columns[n])).RightAligned().NoWrap());
        foreach (var row in rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        if (Console.IsOutputRedirected)
            console.Profile.Width = 1000;
        console.Write(table);
    }

    /// <summary>Does something that may take long, with a bar once it has taken a second. Nothing is shown where standard error is no terminal.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="work">Is given where to report the share that is done, 0 to 1, and what is in hand.</param>
    public static async Task<T> WithProgressAsync<T>(string title, Func<IProgress<VerbProgress>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
            return await work(new Silent());
        var latest = new Latest(title);
        var running = Task.Run(() => work(latest));
        await Task.WhenAny(running, Task.Delay(Noticeable));
        if (!running.IsCompleted)
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
            await console.Progress().AutoClear(true).StartAsync(context => ShowAsync(context.AddTask(Markup.Escape(title)), latest, running));
        }

        return await running;
    }

    private static async Task ShowAsync(ProgressTask bar, Latest latest, Task running)
    {
        while (!running.IsCompleted)
        {
            (var done, var what) = latest.Value;
            bar.Value = 100 * done;
            bar.Description = Markup.Escape(what);
            await Task.WhenAny(running, Task.Delay(100));
        }
    }

    private sealed class Silent : IProgress<VerbProgress>
    {
        public void Report(VerbProgress value)
        {
        }
    }

    private sealed class Latest(string title) : IProgress<VerbProgress>
    {
        private volatile VerbProgress value = new(0, title);

        public VerbProgress Value => value;

        public void Report(VerbProgress progress) => value = progress;
    }
}

/// <param name="Done">Share of the whole, 0 to 1.</param>
/// <param name="What">What is in hand.</param>
internal sealed record VerbProgress(double Done, string What);
