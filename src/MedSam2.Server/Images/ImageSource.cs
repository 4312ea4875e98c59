namespace MedSam2.Server.Images;

/// <summary>An image that was found and is not in hand yet.</summary>
/// <param name="Join">Its volume where the cache has it or reads it already, which takes no memory of its own; else null.</param>
/// <param name="Load">Begins to bring its volume into memory, on a thread of its own: it neither blocks nor throws.</param>
/// <param name="IsRemote">Whether another machine is asked for it first, which may take any time.</param>
internal sealed record ImageSource(Func<Task<LoadedImage>?> Join, Func<Task<LoadedImage>> Load, bool IsRemote = false);
