namespace FellowOakDicom;

/// <summary>Group 0002 of a file: what it holds and how it is written.</summary>
public class DicomFileMetaInformation : DicomDataset
{
    public DicomFileMetaInformation() => ValidateItems = false;

    /// <exception cref="DicomDataException">The dataset lacks its SOP class or instance UID.</exception>
    public DicomFileMetaInformation(DicomDataset dataset)
    {
        ValidateItems = dataset.ValidateItems;
        Version = [0, 1];
        MediaStorageSOPClassUID = dataset.GetSingleValue<DicomUID>(DicomTag.SOPClassUID);
        MediaStorageSOPInstanceUID = dataset.GetSingleValue<DicomUID>(DicomTag.SOPInstanceUID);
        TransferSyntax = dataset.InternalTransferSyntax;
        ImplementationClassUID = DicomImplementation.ClassUID;
        ImplementationVersionName = DicomImplementation.Version;
        CopyOptional(dataset);
    }

    /// <exception cref="DicomDataException">A UID is there but empty, or the transfer syntax is none.</exception>
    internal DicomFileMetaInformation(DicomFileMetaInformation metaInfo)
    {
        ValidateItems = metaInfo.ValidateItems;
        Version = [0, 1];
        if (metaInfo.Contains(DicomTag.MediaStorageSOPClassUID))
            MediaStorageSOPClassUID = metaInfo.MediaStorageSOPClassUID;
        if (metaInfo.Contains(DicomTag.MediaStorageSOPInstanceUID))
            MediaStorageSOPInstanceUID = metaInfo.MediaStorageSOPInstanceUID;
        if (metaInfo.Contains(DicomTag.TransferSyntaxUID))
            TransferSyntax = metaInfo.TransferSyntax;
        ImplementationClassUID = DicomImplementation.ClassUID;
        ImplementationVersionName = DicomImplementation.Version;
        CopyOptional(metaInfo);
    }

    public byte[] Version
    {
        get => GetValues<byte>(DicomTag.FileMetaInformationVersion);
        set => AddOrUpdate(DicomTag.FileMetaInformationVersion, value);
    }

    public DicomUID MediaStorageSOPClassUID
    {
        get => GetSingleValue<DicomUID>(DicomTag.MediaStorageSOPClassUID);
        set => AddOrUpdate(DicomTag.MediaStorageSOPClassUID, value);
    }

    public DicomUID MediaStorageSOPInstanceUID
    {
        get => GetSingleValue<DicomUID>(DicomTag.MediaStorageSOPInstanceUID);
        set => AddOrUpdate(DicomTag.MediaStorageSOPInstanceUID, value);
    }

    public DicomTransferSyntax TransferSyntax
    {
        get => GetSingleValue<DicomTransferSyntax>(DicomTag.TransferSyntaxUID);
        set => AddOrUpdate(DicomTag.TransferSyntaxUID, value.UID);
    }

    public DicomUID ImplementationClassUID
    {
        get => GetSingleValue<DicomUID>(DicomTag.ImplementationClassUID);
        set => AddOrUpdate(DicomTag.ImplementationClassUID, value);
    }

    public string ImplementationVersionName
    {
        get => GetSingleValueOrDefault<string>(DicomTag.ImplementationVersionName, null);
        set => AddOrUpdate(DicomTag.ImplementationVersionName, value);
    }

    public string SourceApplicationEntityTitle
    {
        get => GetSingleValueOrDefault<string>(DicomTag.SourceApplicationEntityTitle, null);
        set => AddOrUpdate(DicomTag.SourceApplicationEntityTitle, value);
    }

    public override string ToString() => "DICOM File Meta Info";

    private protected override void CheckTag(DicomTag tag)
    {
        if (tag.Group != 2)
            throw new DicomDataException($"Tag with group ID {tag.Group} is not allowed in meta information.");
    }

    private void CopyOptional(DicomDataset source)
    {
        CopyText(source, DicomTag.SourceApplicationEntityTitle);
        CopyText(source, DicomTag.SendingApplicationEntityTitle);
        CopyText(source, DicomTag.ReceivingApplicationEntityTitle);
        CopyText(source, DicomTag.PrivateInformationCreatorUID);
        if (source.TryGetValues<byte>(DicomTag.PrivateInformation, out var information))
            AddOrUpdate(DicomTag.PrivateInformation, information);
    }

    private void CopyText(DicomDataset source, DicomTag tag)
    {
        if (source.TryGetSingleValue<string>(tag, out var text))
            AddOrUpdate(tag, text);
    }
}
