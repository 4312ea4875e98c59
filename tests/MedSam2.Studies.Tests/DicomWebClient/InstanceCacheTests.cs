using MedSam2.Studies.DicomWebClient.Cache;
using Xunit;

namespace MedSam2.Studies.Tests.DicomWebClient;

public sealed class InstanceCacheTests : IDisposable
{
    private readonly TestSupport.TemporaryFolder _folder = new();

    [Fact]
    public void The_least_recently_used_go_first_and_those_in_use_stay()
    {
        var cache = new InstanceCache(_folder.Path, 250);
        Add(cache, "a");
        Add(cache, "b");
        cache.TryUse("a")!.Dispose();
        Add(cache, "c");
        Assert.Equal(["a", "c"], Present(cache, "a", "b", "c"));

        var held = cache.TryUse("a")!;
        Add(cache, "d");
        Add(cache, "e");
        Assert.Contains("a", Present(cache, "a"));
        Assert.True(File.Exists(held.Path));
        held.Dispose();
        Assert.InRange(cache.Bytes, 1, 250);
    }

    [Fact]
    public void An_entry_larger_than_the_cache_lives_as_long_as_it_is_used()
    {
        var cache = new InstanceCache(_folder.Path, 50);
        var held = cache.Add("a", Write(cache));
        Assert.Equal(100, new FileInfo(held.Path).Length);
        held.Dispose();
        Assert.Equal(0, cache.Bytes);
        Assert.False(File.Exists(held.Path));
    }

    [Fact]
    public void Another_start_finds_what_is_there_and_clears_what_was_unfinished()
    {
        var first = new InstanceCache(_folder.Path, 1000);
        Add(first, "a");
        var unfinished = Write(first);

        var second = new InstanceCache(_folder.Path, 1000);

        Assert.Equal(["a"], Present(second, "a", "b"));
        Assert.Equal(100, second.Bytes);
        Assert.False(File.Exists(unfinished));
    }

    [Fact]
    public void A_file_that_somebody_deleted_is_not_handed_out()
    {
        var cache = new InstanceCache(_folder.Path, 1000);
        using (var held = cache.Add("a", Write(cache)))
            File.Delete(held.Path);
        Assert.Null(cache.TryUse("a"));
        Assert.Equal(0, cache.Bytes);
    }

    public void Dispose() => _folder.Dispose();

    private static void Add(InstanceCache cache, string key) => cache.Add(key, Write(cache)).Dispose();

    private static string Write(InstanceCache cache)
    {
        var file = cache.NewFile();
        File.WriteAllBytes(file, new byte[100]);
        return file;
    }

    private static string[] Present(InstanceCache cache, params string[] keys) => [.. keys.Where(key =>
    {
        using var entry = cache.TryUse(key);
        return entry is not null;
    })];
}
