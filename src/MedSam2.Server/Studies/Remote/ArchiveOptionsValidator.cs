using MedSam2.Server.Configuration;
using MedSam2.Studies.DicomWebClient;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Studies.Remote;

/// <summary>Reports all faults of the archive's settings at once.</summary>
internal sealed class ArchiveOptionsValidator(IOptions<ServerOptions> server) : IValidateOptions<ArchiveOptions>
{
    public const string Section = "MedSam2:Archive";

    public ValidateOptionsResult Validate(string? name, ArchiveOptions options)
    {
        List<string> faults = [.. ArchiveOptionsCheck.Faults(options, Section)];
        if (options.IsConfigured && server.Value.Studies is not "")
            faults.Add("Both an archive and a folder of studies are given: choose --archive or --studies.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
