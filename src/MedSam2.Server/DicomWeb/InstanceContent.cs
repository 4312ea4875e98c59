using FellowOakDicom;
using MedSam2.Server.Errors;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>An instance's bytes in a transfer syntax that the sender takes: the stored file itself, or a transcoded copy in memory.</summary>
internal sealed class InstanceContent
{
    private readonly StoredInstance _instance;
    private readonly MemoryStream? _transcoded;

    private InstanceContent(StoredInstance instance, string transferSyntax, MemoryStream? transcoded)
    {
        _instance = instance;
        _transcoded = transcoded;
        TransferSyntax = transferSyntax;
    }

    public string TransferSyntax { get; }

    public long Length => _transcoded?.Length ?? _instance.Length;

    public static bool IsTakenAsStored(StoredInstance instance, IEnumerable<AcceptedMedia> accepted) =>
        accepted.Any(m => m.TakesStored || m.TransferSyntax == instance.TransferSyntaxUid);

    /// <exception cref="RequestException">None of the transfer syntaxes taken can be made.</exception>
    public static InstanceContent Choose(StoredInstance instance, IReadOnlyList<AcceptedMedia> accepted)
    {
        if (IsTakenAsStored(instance, accepted))
            return new(instance, instance.TransferSyntaxUid, null);
        if (accepted.Any(m => m.TransferSyntax == DicomTransferSyntax.ExplicitVRLittleEndian.UID.UID))
            return Transcode(instance);
        throw RequestException.NotAcceptable(
            $"The instance is stored in transfer syntax {instance.TransferSyntaxUid}; it can be had in that one (transfer-syntax=*) or in Explicit VR Little Endian (1.2.840.10008.1.2.1).");
    }

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        if (_transcoded is null)
            await response.SendFileAsync(_instance.Path, cancellationToken);
        else
            await _transcoded.CopyToAsync(response.Body, cancellationToken);
    }

    private static InstanceContent Transcode(StoredInstance instance)
    {
        var file = InstanceHeader.ReadWhole(instance.Path);
        try
        {
            var plain = PixelTranscoder.ToExplicitLittleEndian(file);
            var content = new MemoryStream();
            plain.Save(content);
            content.Position = 0;
            return new(instance, DicomTransferSyntax.ExplicitVRLittleEndian.UID.UID, content);
        }
        catch (Exception e) when (PixelFault.Is(e))
        {
            throw RequestException.NotAcceptable($"The instance is stored in transfer syntax {instance.TransferSyntaxUid} and could not be decoded. Ask for transfer-syntax=* to have it as it is.", e);
        }
    }
}
