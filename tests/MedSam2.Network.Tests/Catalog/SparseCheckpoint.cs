using System.Globalization;
using System.Text;
using System.Text.Json;
using MedSam2.TestSupport;

namespace MedSam2.Network.Tests.Catalog;

/// <summary>A weights file with the keys and shapes of a published network and nothing in it: its data is a hole in the file.</summary>
internal static class SparseCheckpoint
{
    /// <param name="folder">Where to write it.</param>
    /// <param name="name">File name.</param>
    /// <param name="golden">The folder of tests/golden whose keys.json says which.</param>
    public static string Write(TemporaryFolder folder, string name, string golden)
    {
        using var keys = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.Golden(golden, "keys.json")));
        var header = new StringBuilder("{");
        var offset = 0L;
        foreach (var key in keys.RootElement.GetProperty("keys").EnumerateObject())
        {
            var size = key.Value.EnumerateArray().Aggregate(1L, (product, d) => product * d.GetInt64());
            header.Append(header.Length > 1 ? "," : "").Append(
                CultureInfo.InvariantCulture,
                $"\"{key.Name}\":{{\"dtype\":\"U8\",\"shape\":{key.Value.GetRawText()},\"data_offsets\":[{offset},{offset + size}]}}");
            offset += size;
        }

        var head = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        var path = folder.File(name);
        using var stream = File.Create(path);
        stream.Write(BitConverter.GetBytes((ulong)head.Length));
        stream.Write(head);
        stream.SetLength(stream.Length + offset);
        return path;
    }
}
