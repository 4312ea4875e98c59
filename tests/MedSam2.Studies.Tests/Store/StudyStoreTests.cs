using FellowOakDicom;
using MedSam2.Studies.Series;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;
using MedSam2.Studies.Tests.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Store;

public sealed class StudyStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stored_instances_are_found_and_read_back_byte_for_byte()
    {
        using var store = await OpenAsync();
        var files = SyntheticSeries.Stack(3);
        var key = KeyOf(files[0], level: 2);

        var bytes = files.Select(Bytes).ToArray();
        var outcomes = await StoreAsync(store, bytes);

        Assert.All(outcomes, o => Assert.True(o.IsStored, o.Message));
        var found = await store.FindInstancesAsync(key, Stop);
        Assert.Equal(3, found.Count);
        for (var n = 0; n < 3; n++)
            Assert.Equal(bytes[n], await File.ReadAllBytesAsync(found[n].Path, Stop));
        Assert.Equal(3, new SeriesReader().ReadFiles(found.Select(f => f.Path).ToArray(), Stop).Volume.Geometry.Slices);
        Assert.Empty(Directory.EnumerateFiles(_folder.File("incoming")));
    }

    [Fact]
    public async Task No_name_of_a_patient_reaches_a_file_name()
    {
        using var store = await OpenAsync();
        await StoreAsync(store, SyntheticSeries.Stack(1).Select(Bytes).ToArray());

        var names = Directory.EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories);

        Assert.DoesNotContain(names, n => n.Contains("Phantom", StringComparison.OrdinalIgnoreCase) || n.Contains("P1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_instance_again_is_no_failure_and_no_second_copy()
    {
        using var store = await OpenAsync();
        var bytes = Bytes(SyntheticSeries.Stack(1)[0]);

        await StoreAsync(store, bytes);
        var again = await StoreAsync(store, bytes, bytes);

        Assert.All(again, o => Assert.True(o.IsStored));
        Assert.Single(Directory.EnumerateFiles(_folder.File("dicom"), "*", SearchOption.AllDirectories));
        Assert.Single((await store.QueryAsync(new StudyQuery(QueryLevel.Instance), Stop)).Matches);
    }

    [Fact]
    public async Task Another_content_under_the_same_uid_is_refused_and_the_first_stays()
    {
        using var store = await OpenAsync();
        var file = SyntheticSeries.Stack(1)[0];
        var first = Bytes(file);
        file.Dataset.AddOrUpdate(DicomTag.SeriesDescription, "changed");

        await StoreAsync(store, first);
        var outcome = Assert.Single(await StoreAsync(store, Bytes(file)));

        Assert.Equal(StoreFailure.DuplicateInstance, outcome.Failure);
        Assert.Equal(first, await File.ReadAllBytesAsync((await store.FindInstancesAsync(KeyOf(file, 3), Stop))[0].Path, Stop));
    }

    [Fact]
    public async Task Bad_instances_fail_alone()
    {
        using var store = await OpenAsync();
        var good = Bytes(SyntheticSeries.Stack(1)[0]);
        var noUid = SyntheticSeries.Stack(1)[0];
        noUid.Dataset.Remove(DicomTag.StudyInstanceUID);
        var pathUid = SyntheticSeries.Stack(1)[0];
        pathUid.Dataset.NotValidated().AddOrUpdate(DicomTag.SeriesInstanceUID, "../../../../tmp/x");

        var outcomes = await StoreAsync(store, "no dicom at all"u8.ToArray(), good[..200], good[..^10], [], Bytes(noUid), Bytes(pathUid), good);

        Assert.Equal(
            [StoreFailure.CannotUnderstand, StoreFailure.CannotUnderstand, StoreFailure.CannotUnderstand, StoreFailure.CannotUnderstand, StoreFailure.CannotUnderstand, StoreFailure.CannotUnderstand, StoreFailure.None],
            outcomes.Select(o => o.Failure));
        Assert.Single((await store.QueryAsync(new StudyQuery(QueryLevel.Instance), Stop)).Matches);
        Assert.Empty(Directory.EnumerateFiles(_folder.File("incoming")));
    }

    [Fact]
    public async Task What_is_not_committed_leaves_no_trace()
    {
        using var store = await OpenAsync();
        await using (var batch = store.BeginBatch())
            await batch.AddAsync(new MemoryStream(Bytes(SyntheticSeries.Stack(1)[0])), null, Stop);

        Assert.Empty(Directory.EnumerateFiles(_folder.File("incoming")));
        Assert.Empty((await store.QueryAsync(new StudyQuery(QueryLevel.Study), Stop)).Matches);
    }

    [Fact]
    public async Task Too_large_an_instance_fails_and_too_large_a_batch_is_refused()
    {
        var limits = new StoreLimits(MaxInstanceBytes: 3000, MaxBatchBytes: 8000);
        using var store = await StudyStore.OpenAsync(new() { DataFolder = _folder.Path, Limits = limits }, Stop);

        var large = Assert.Single(await StoreAsync(store, new byte[5000]));
        var refusal = await Assert.ThrowsAsync<StudyStoreException>(() => StoreAsync(store, new byte[2500], new byte[2500], new byte[2500], new byte[2500]));

        Assert.Equal(StoreFailure.OutOfResources, large.Failure);
        Assert.Equal(StoreFault.TooLarge, refusal.Fault);
        Assert.Empty(Directory.EnumerateFiles(_folder.File("incoming")));
    }

    [Fact]
    public async Task Deleting_takes_files_rows_and_empty_folders()
    {
        using var store = await OpenAsync();
        var first = SyntheticSeries.Stack(2);
        var second = SyntheticSeries.Stack(2);
        await StoreAsync(store, first.Concat(second).Select(Bytes).ToArray());

        Assert.Equal(1, await store.DeleteAsync(KeyOf(first[0], 3), Stop));
        var series = (await store.QueryAsync(new StudyQuery(QueryLevel.Series) { StudyInstanceUid = KeyOf(first[0], 1).StudyInstanceUid }, Stop)).Matches;
        Assert.Equal("1", Assert.Single(series).GetString(DicomTag.NumberOfSeriesRelatedInstances));
        Assert.Equal(1, await store.DeleteAsync(KeyOf(first[0], 1), Stop));

        Assert.Single((await store.QueryAsync(new StudyQuery(QueryLevel.Study), Stop)).Matches);
        Assert.Single(Directory.EnumerateDirectories(_folder.File("dicom")));
        Assert.Equal(StoreFault.NotFound, (await Assert.ThrowsAsync<StudyStoreException>(() => store.DeleteAsync(KeyOf(first[0], 1), Stop))).Fault);
    }

    [Fact]
    public async Task Opening_again_finds_files_without_rows_and_drops_rows_without_files()
    {
        var files = SyntheticSeries.Stack(4);
        using (var store = await OpenAsync())
            await StoreAsync(store, files.Take(2).Select(Bytes).ToArray());
        // What a crash between rename and index leaves, and what a person with a file manager does.
        var folder = Directory.EnumerateFiles(_folder.File("dicom"), "*", SearchOption.AllDirectories).Select(f => Path.GetDirectoryName(f)!).First();
        foreach (var file in files.Skip(2))
            await File.WriteAllBytesAsync(Path.Combine(folder, file.Dataset.GetString(DicomTag.SOPInstanceUID) + ".dcm"), Bytes(file), Stop);
        File.Delete(Path.Combine(folder, files[0].Dataset.GetString(DicomTag.SOPInstanceUID) + ".dcm"));
        await File.WriteAllTextAsync(_folder.File("incoming", "half.part"), "half", Stop);

        using var again = await OpenAsync();

        Assert.Equal((3, 2, 1), (again.Found.Instances, again.Found.Added, again.Found.Removed));
        Assert.Equal(3, (await again.FindInstancesAsync(KeyOf(files[0], 2), Stop)).Count);
        Assert.Empty(Directory.EnumerateFiles(_folder.File("incoming")));
    }

    [Theory]
    [InlineData("no database")]
    [InlineData("")]
    public async Task A_damaged_index_is_made_again_from_the_files(string content)
    {
        using (var store = await OpenAsync())
            await StoreAsync(store, SyntheticSeries.Stack(3).Select(Bytes).ToArray());
        File.Delete(_folder.File("index.sqlite-wal"));
        await File.WriteAllTextAsync(_folder.File("index.sqlite"), content, Stop);

        using var again = await OpenAsync();

        Assert.Equal(3, again.Found.Added);
    }

    [Fact]
    public async Task A_second_process_is_refused()
    {
        using var store = await OpenAsync();

        var refusal = await Assert.ThrowsAsync<StudyStoreException>(OpenAsync);

        Assert.Equal(StoreFault.Unusable, refusal.Fault);
    }

    internal static InstanceKey KeyOf(DicomFile file, int level) => new(
        file.Dataset.GetString(DicomTag.StudyInstanceUID),
        level > 1 ? file.Dataset.GetString(DicomTag.SeriesInstanceUID) : null,
        level > 2 ? file.Dataset.GetString(DicomTag.SOPInstanceUID) : null);

    internal static byte[] Bytes(DicomFile file)
    {
        using var stream = new MemoryStream();
        file.Save(stream);
        return stream.ToArray();
    }

    internal static async Task<IReadOnlyList<StoreOutcome>> StoreAsync(StudyStore store, params byte[][] files)
    {
        await using var batch = store.BeginBatch();
        foreach (var file in files)
            await batch.AddAsync(new MemoryStream(file), null, Stop);
        return await batch.CommitAsync(Stop);
    }

    private Task<StudyStore> OpenAsync() => StudyStore.OpenAsync(new() { DataFolder = _folder.Path }, Stop);
}
