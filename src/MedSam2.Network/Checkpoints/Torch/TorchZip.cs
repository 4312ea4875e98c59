namespace MedSam2.Network.Checkpoints.Torch;

/// <summary>
/// The format of <c>torch.save</c> since 1.6: a zip archive with <c>NAME/data.pkl</c> and a member <c>NAME/data/KEY</c> for each storage.
/// </summary>
internal static class TorchZip
{
    private const string PickleName = "/data.pkl";

    public static ReadOnlySpan<byte> Magic => "PK\u0003\u0004"u8;

    /// <summary>The pickled value; every storage it names has its place in the file.</summary>
    public static object? Read(CheckpointStream file)
    {
        var zip = StoredZip.Read(file);
        var root = FindRoot(zip);
        if (zip.Find($"{root}/constants.pkl") is not null)
            throw new InvalidDataException("this is a TorchScript archive, which holds code: export its state dict with torch.save");
        RefuseBigEndian(file, zip, root);

        var objects = new TorchObjects();
        var (start, size) = zip.Find(root + PickleName)!.Value;
        var value = new PickleReader(objects).Read(new PickleCursor(file, start, start + size));
        foreach (var storage in objects.Storages.Values)
        {
            var (offset, available) = zip.Find($"{root}/data/{storage.Key}") ?? throw new InvalidDataException(
                $"the archive has no member for the storage {CheckpointException.Quote(storage.Key)}");
            if (available < storage.ByteCount)
            {
                throw new InvalidDataException(
                    $"the storage {CheckpointException.Quote(storage.Key)} says it has {storage.ByteCount} bytes, but its member has {available}");
            }

            storage.Offset = offset;
        }

        return value;
    }

    private static string FindRoot(StoredZip zip)
    {
        string? root = null;
        foreach (var name in zip.Names)
        {
            if (!name.EndsWith(PickleName, StringComparison.Ordinal) || name.IndexOf('/', StringComparison.Ordinal) != name.Length - PickleName.Length)
                continue;
            if (root is not null)
                throw new InvalidDataException("the archive holds two pickles");
            root = name[..^PickleName.Length];
        }

        return root ?? throw new InvalidDataException("this is a zip archive, but no torch checkpoint: it has no member data.pkl");
    }

    private static void RefuseBigEndian(CheckpointStream file, StoredZip zip, string root)
    {
        Span<byte> order = stackalloc byte[3];
        if (zip.Find($"{root}/byteorder") is not { Size: >= 3 } member)
            return;
        file.ReadExactly(member.Offset, order);
        if (order.SequenceEqual("big"u8))
            throw new InvalidDataException("its values are big-endian, which is not supported: save it again on a little-endian machine");
    }
}
