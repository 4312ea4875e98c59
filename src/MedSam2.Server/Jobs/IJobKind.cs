using System.Text.Json.Nodes;

namespace MedSam2.Server.Jobs;

/// <summary>
/// Work that goes on after its request is answered, and after the server was killed.
/// </summary>
/// <remarks>
/// To add a kind:
/// <list type="number">
/// <item>Write a class of this interface; its constructor may ask for any service.</item>
/// <item>Register it: <c>builder.Services.AddSingleton&lt;IJobKind, MyKind&gt;()</c>.</item>
/// <item>Start one with <see cref="JobService.SubmitAsync"/>; its parameters are a JSON object.</item>
/// <item>In <see cref="RunAsync"/> do the work item by item with <see cref="JobRun.ForEachAsync{T}"/>, which skips what an
/// earlier run has done; or keep your place with <see cref="JobRun.SaveStateAsync"/> and files in
/// <see cref="JobRun.Folder"/>, and look at <see cref="JobRun.State"/> first.</item>
/// <item>Say how far it is with <see cref="JobRun.Progress"/> and what happens with <see cref="JobRun.Log"/>.</item>
/// <item>Look at the token between items: it tells that somebody stopped the job, or that the server is going down.</item>
/// </list>
/// A run may be killed at any moment, and the next one starts from the beginning of <see cref="RunAsync"/>: whatever it did
/// to the world before its item was recorded must do no harm when done again.
/// <para>Jobs of one kind run one after another; those of different kinds side by side. What uses the device gives it
/// its work in small pieces, since people wait for it too.</para>
/// </remarks>
internal interface IJobKind
{
    /// <summary>In the database, in addresses of the hub and in logs.</summary>
    string Name { get; }

    /// <summary>Looks at parameters before a job is taken.</summary>
    /// <returns>The first lines of the job's log: what of them changes nothing.</returns>
    /// <exception cref="Errors.RequestException">A value cannot be.</exception>
    IReadOnlyList<string> Check(JsonObject parameters) => [];

    /// <summary>Does the work, or the rest of it.</summary>
    /// <returns>What <c>run_sync</c> answers and <see cref="JobRecord.Result"/> keeps; null for nothing.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="Exception">The job has failed; its message is told as any error of a request.</exception>
    Task<JsonNode?> RunAsync(JobRun run, CancellationToken cancellation);
}
