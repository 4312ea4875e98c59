using FellowOakDicom;
using MedSam2.Studies.Store;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Store;

/// <summary>Four studies, told apart by their StudyID.</summary>
public sealed class FourStudies : IAsyncLifetime
{
    private static readonly (string Id, string Name, string Date, string Time, string Modality)[] Studies =
    [
        ("1", "Doe^Jane", "20200101", "080000", "CT"),
        ("2", "Doe^John", "20200615", "093015.250", "MR"),
        ("3", "Müller^Jörg", "20211231", "1745", "CT"),
        ("4", "O_Neill^100%", "", "", "PT"),
    ];

    private readonly TemporaryFolder _folder = new();

    internal List<DicomFile> Files { get; } = [];

    internal StudyStore Store { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var study in Studies)
        {
            Files.AddRange(SyntheticSeries.Stack(3, change: (k, d) =>
            {
                d.AddOrUpdate(new DicomCodeString(DicomTag.SpecificCharacterSet, "ISO_IR 192"));
                d.AddOrUpdate(DicomTag.PatientName, study.Name);
                d.AddOrUpdate(DicomTag.PatientID, $"ID[{study.Id}]");
                d.AddOrUpdate(DicomTag.StudyID, study.Id);
                d.AddOrUpdate(DicomTag.StudyDate, study.Date);
                d.AddOrUpdate(DicomTag.StudyTime, study.Time);
                d.AddOrUpdate(DicomTag.Modality, study.Modality);
                d.AddOrUpdate(DicomTag.SeriesNumber, "7");
                d.AddOrUpdate(DicomTag.PatientWeight, "70");
            }));
        }

        Store = await StudyStore.OpenAsync(new() { DataFolder = _folder.Path });
        await StudyStoreTests.StoreAsync(Store, Files.Select(StudyStoreTests.Bytes).ToArray());
    }

    public ValueTask DisposeAsync()
    {
        Store.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
