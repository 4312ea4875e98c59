using System.Net.Http.Headers;

namespace MedSam2.Network.Catalog;

/// <summary>What an unfinished download left, and beside it the server's tag of the file that it is a part of.</summary>
internal sealed class PartialFile(string path)
{
    private readonly string tagPath = path + ".tag";

    public string Path { get; } = path;

    public long Length => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>The strong entity tag that the download began with.</summary>
    public EntityTagHeaderValue? Tag =>
        File.Exists(tagPath) && EntityTagHeaderValue.TryParse(File.ReadAllText(tagPath), out var tag) && !tag.IsWeak ? tag : null;

    /// <summary>Whether a mixture of two versions of the file would be noticed.</summary>
    public bool CanResume(bool hashIsKnown) => Length > 0 && (hashIsKnown || Tag is not null);

    /// <summary>Goes on after the first <paramref name="start"/> bytes.</summary>
    public FileStream Open(long start, EntityTagHeaderValue? tag)
    {
        if (start == 0)
        {
            File.Delete(tagPath);
            if (tag is { IsWeak: false })
                File.WriteAllText(tagPath, tag.ToString());
        }

        var file = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        file.SetLength(start);
        file.Position = start;
        return file;
    }

    public void Delete()
    {
        File.Delete(Path);
        File.Delete(tagPath);
    }
}
