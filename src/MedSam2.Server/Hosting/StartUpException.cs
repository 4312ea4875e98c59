namespace MedSam2.Server.Hosting;

/// <summary>Why the server cannot start, in one line for the person who started it.</summary>
internal sealed class StartUpException(string message, Exception? inner = null) : Exception(message, inner);
