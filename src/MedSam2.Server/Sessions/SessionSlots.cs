using MedSam2.Server.Errors;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Sessions;

/// <summary>Counts the sessions in memory, whose they are, and what they hold. Safe for any number of threads.</summary>
internal sealed class SessionSlots(IOptions<StreamingOptions> options)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Slot> _taken = [];

    /// <summary>How many sessions are in memory.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _taken.Count;
        }
    }

    /// <summary>Bytes of encoded slices that all sessions hold.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _taken.Sum(slot => slot.Bytes);
        }
    }

    /// <summary>A place in memory for a session, until it is disposed.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public Slot Take(string owner)
    {
        var limits = options.Value;
        lock (_lock)
        {
            if (_taken.Count >= limits.Sessions)
                throw Busy($"This server holds {_taken.Count} sessions, which is all that it can ({nameof(limits.Sessions)}). Close one with CloseSession, or wait until one has been idle for {limits.IdleMinutes} minutes.");
            if (_taken.Count(slot => slot.Owner == owner) is var own && own >= limits.SessionsPerUser)
                throw Busy($"{own} sessions of yours are open, which is all that one user can have ({nameof(limits.SessionsPerUser)}). Close one with CloseSession.");
            if (_taken.Sum(slot => slot.Bytes) is var bytes && bytes >= limits.TotalBytes)
                throw Busy($"The sessions hold {bytes >> 20} MiB of encoded slices, which is all that they can ({nameof(limits.TotalMegabytes)}). Close one with CloseSession, or try again later.");
            var slot = new Slot(this, owner);
            _taken.Add(slot);
            return slot;
        }
    }

    private static RequestException Busy(string message) => new(StatusCodes.Status429TooManyRequests, message);

    private void Free(Slot slot)
    {
        lock (_lock)
            _taken.Remove(slot);
    }

    /// <summary>A session's place.</summary>
    internal sealed class Slot(SessionSlots slots, string owner) : IDisposable
    {
        private long _bytes;

        public string Owner { get; } = owner;

        /// <summary>Bytes of encoded slices that the session holds.</summary>
        public long Bytes
        {
            get => Interlocked.Read(ref _bytes);
            set => Interlocked.Exchange(ref _bytes, value);
        }

        public void Dispose() => slots.Free(this);
    }
}
