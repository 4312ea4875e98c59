using System.Globalization;

namespace MedSam2.Server.Endpoints.MonaiLabel.Server;

/// <summary>The last lines that the server logged, for people who have no terminal on it. Safe for any number of threads.</summary>
internal sealed class LogTail : ILoggerProvider
{
    /// <summary>Lines that are kept.</summary>
    public const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        lock (_lock)
            return [.. _lines.Skip(Math.Max(0, _lines.Count - count))];
    }

    public void Dispose()
    {
    }

    private void Add(string line)
    {
        lock (_lock)
        {
            if (_lines.Count == Most)
                _lines.Dequeue();
            _lines.Enqueue(line);
        }
    }

    private sealed class Writer(LogTail tail, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var cause = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
            var line = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss.fff}Z {logLevel} {category}: {formatter(state, exception)}{cause}");
            tail.Add(line.ReplaceLineEndings(" "));
        }
    }
}
