using FellowOakDicom;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Store;

public sealed class ServedFolderTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TemporaryFolder _served = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _data.Dispose();
        _served.Dispose();
    }

    [Fact]
    public async Task A_folder_is_served_in_place_and_other_files_in_it_are_passed_over()
    {
        var files = SyntheticSeries.Stack(3);
        Directory.CreateDirectory(_served.File("sub", "deep"));
        for (var n = 0; n < 3; n++)
            await files[n].SaveAsync(_served.File("sub", "deep", $"image {n}"));
        await File.WriteAllTextAsync(_served.File("readme.txt"), "not dicom", Stop);
        var before = Snapshot();

        using var store = await OpenAsync();

        Assert.Equal((3, 3, 1), (store.Found.Instances, store.Found.Added, store.Found.Skipped));
        var found = await store.FindInstancesAsync(StudyStoreTests.KeyOf(files[0], 2), Stop);
        Assert.All(found, f => Assert.StartsWith(_served.Path, f.Path, StringComparison.Ordinal));
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public async Task New_instances_go_beside_the_served_ones_and_stay()
    {
        var files = SyntheticSeries.Stack(2);
        await files[0].SaveAsync(_served.File("a"));
        var before = Snapshot();

        using (var store = await OpenAsync())
            Assert.True((await store.StoreAsync(files[1], Stop)).IsStored);
        using var again = await OpenAsync();

        Assert.Equal((2, 0), (again.Found.Instances, again.Found.Added));
        Assert.Equal(2, (await again.FindInstancesAsync(StudyStoreTests.KeyOf(files[0], 2), Stop)).Count);
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public async Task Served_instances_cannot_be_deleted()
    {
        var file = SyntheticSeries.Stack(1)[0];
        await file.SaveAsync(_served.File("a"));
        using var store = await OpenAsync();

        var refusal = await Assert.ThrowsAsync<StudyStoreException>(() => store.DeleteAsync(StudyStoreTests.KeyOf(file, 1), Stop));

        Assert.Equal(StoreFault.ReadOnly, refusal.Fault);
        Assert.True(File.Exists(_served.File("a")));
    }

    [Fact]
    public async Task Changed_and_removed_files_are_noticed_at_the_next_start()
    {
        var files = SyntheticSeries.Stack(2);
        await files[0].SaveAsync(_served.File("a"));
        await files[1].SaveAsync(_served.File("b"));
        using (await OpenAsync())
        {
        }

        files[0].Dataset.AddOrUpdate(DicomTag.SeriesDescription, "a longer description than before");
        await files[0].SaveAsync(_served.File("a"));
        File.Delete(_served.File("b"));
        using var again = await OpenAsync();

        Assert.Equal((1, 1, 2), (again.Found.Instances, again.Found.Added, again.Found.Removed));
        var series = Assert.Single((await again.QueryAsync(new StudyQuery(QueryLevel.Series), Stop)).Matches);
        Assert.Equal("a longer description than before", series.GetString(DicomTag.SeriesDescription));
    }

    [Fact]
    public async Task A_missing_folder_is_named()
    {
        var refusal = await Assert.ThrowsAsync<StudyStoreException>(() =>
            StudyStore.OpenAsync(new() { DataFolder = _data.Path, ServedFolder = "/no/such/folder" }, Stop));

        Assert.Contains("/no/such/folder", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_compressed_and_a_plain_copy_the_plain_one_is_served()
    {
        using var store = await StudyStore.OpenAsync(new() { DataFolder = _data.Path, ServedFolder = SharedData.Require("ct-abdomen-dicom") }, Stop);

        var ct = Assert.Single((await store.QueryAsync(new StudyQuery(QueryLevel.Series) { Filters = [new(DicomTag.Modality, "CT")] }, Stop)).Matches);

        Assert.Equal("20", ct.GetString(DicomTag.NumberOfSeriesRelatedInstances));
        Assert.Equal(20, store.Found.Copies);
        var found = await store.FindInstancesAsync(new(ct.GetString(DicomTag.StudyInstanceUID), ct.GetString(DicomTag.SeriesInstanceUID)), Stop);
        Assert.All(found, f => Assert.Equal(DicomTransferSyntax.ExplicitVRLittleEndian.UID.UID, f.TransferSyntaxUid));
    }

    [Theory]
    [InlineData("dicom-odd")]
    [InlineData("dicom-codecs")]
    public async Task Malformed_files_do_no_harm(string folder)
    {
        using var store = await StudyStore.OpenAsync(new() { DataFolder = _data.Path, ServedFolder = SharedData.Require(folder) }, Stop);

        var answer = await store.QueryAsync(new StudyQuery(QueryLevel.Instance) { IncludeAll = true }, Stop);

        Assert.Equal(store.Found.Instances, answer.Matches.Count);
        Assert.True(store.Found.Instances > 20, $"only {store.Found.Instances} instances were found");
    }

    private string Snapshot() => string.Join('\n', new DirectoryInfo(_served.Path).EnumerateFiles("*", SearchOption.AllDirectories)
        .OrderBy(f => f.FullName, StringComparer.Ordinal).Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"));

    private Task<StudyStore> OpenAsync() => StudyStore.OpenAsync(new() { DataFolder = _data.Path, ServedFolder = _served.Path }, Stop);
}
