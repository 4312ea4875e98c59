using MedSam2.Studies.Store;

namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>What the archive says of a series.</summary>
/// <param name="Key">Its study and series.</param>
/// <param name="Instances">In the archive's order.</param>
/// <param name="Fingerprint">Changes with any instance, and with their number.</param>
public sealed record SeriesListing(InstanceKey Key, IReadOnlyList<ListedInstance> Instances, string Fingerprint);

/// <summary>An instance of a series in the archive.</summary>
/// <param name="SopInstanceUid">Its UID.</param>
/// <param name="Fingerprint">A digest of its attributes: an instance that was changed under its old UID has another one.</param>
public readonly record struct ListedInstance(string SopInstanceUid, string Fingerprint);
