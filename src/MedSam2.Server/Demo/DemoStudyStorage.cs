using MedSam2.Studies.Store;
using MedSam2.Training.Synthetic.Abdomen;

namespace MedSam2.Server.Demo;

/// <summary>
/// Puts the demo study into a store, all of it or nothing: a mark on the disk says that it is being stored, so that a start
/// after a crash knows that what is there is not whole, throws it away, and stores it anew.
/// </summary>
internal sealed class DemoStudyStorage(StudyStore store, AbdominalPhantomOptions? options = null)
{
    private string Mark => Path.Combine(store.Root, "demo-study-unfinished");

    /// <summary>Throws away what a crash left, and says whether the study is wanted: a store that is not empty keeps to its own studies.</summary>
    public async Task<bool> PrepareAsync(CancellationToken cancellation)
    {
        if (!File.Exists(Mark))
            return store.Found.Instances == 0;
        var series = DemoStudy.SeriesInstanceUidOf(options);
        if (await store.FindStudyOfSeriesAsync(series, cancellation) is { } study)
            await store.DeleteAsync(new InstanceKey(study, series), cancellation);
        return true;
    }

    /// <summary>Makes the study and stores it: some seconds of work.</summary>
    /// <exception cref="StudyStoreException">The store cannot take it.</exception>
    public async Task StoreAsync(CancellationToken cancellation)
    {
        using (var mark = File.Create(Mark))
            mark.Flush(flushToDisk: true);
        await using (var batch = store.BeginBatch())
        {
            foreach (var instance in DemoStudy.Create(options, cancellation).Instances())
            {
                using var content = new MemoryStream();
                await instance.SaveAsync(content);
                content.Position = 0;
                await batch.AddAsync(content, study: null, cancellation);
            }

            var outcomes = await batch.CommitAsync(cancellation);
            if (outcomes.FirstOrDefault(outcome => !outcome.IsStored) is { } refused)
                throw new StudyStoreException(StoreFault.Conflict, refused.Message);
        }

        File.Delete(Mark);
    }
}
