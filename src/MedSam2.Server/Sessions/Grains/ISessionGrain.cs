using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Grains;

/// <summary>
/// A session, by its id: exactly one of it is in memory in the whole cluster, and it comes back from what was kept when it is
/// called. Calls are those of the hub.
/// </summary>
internal interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Makes the session that this id is to be.</summary>
    Task<SessionInfo> Create([Immutable] OpenSessionRequest request, Caller caller, CancellationToken cancellation);

    Task<SessionInfo> Join([Immutable] OpenSessionRequest request, Caller caller, CancellationToken cancellation);

    Task<PromptAnswer> Prompt([Immutable] PromptRequest request, Caller caller, CancellationToken cancellation);

    IAsyncEnumerable<MaskFrame> Propagate([Immutable] PropagateRequest request, Caller caller, CancellationToken cancellation);

    Task<Change> Undo(Caller caller, CancellationToken cancellation);

    Task<Change> Redo(Caller caller, CancellationToken cancellation);

    Task<Change> RemoveObject([Immutable] ObjectRequest request, Caller caller, CancellationToken cancellation);

    Task<Change> RenameObject([Immutable] RenameObjectRequest request, Caller caller, CancellationToken cancellation);

    Task<Change> ClearSlice([Immutable] SliceRequest request, Caller caller, CancellationToken cancellation);

    Task<Change> Reset([Immutable] ObjectRequest request, Caller caller, CancellationToken cancellation);

    Task<Change> LoadLabel([Immutable] LoadLabelRequest request, Caller caller, CancellationToken cancellation);

    Task<SessionState> Mask([Immutable] ObjectRequest request, CancellationToken cancellation);

    Task<UncertaintyAnswer> Uncertainty([Immutable] SliceRequest request, CancellationToken cancellation);

    Task<StoredLabel> Commit([Immutable] CommitRequest request, Caller caller, CancellationToken cancellation);

    /// <summary>Leaves memory, or is forgotten for good.</summary>
    Task Close(bool discard);
}
