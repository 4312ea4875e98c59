using System.Text.Json.Nodes;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.Store;
using MedSam2.TestSupport;
using Microsoft.Data.Sqlite;
using Xunit;

namespace MedSam2.Studies.Tests.Datastore;

public sealed class ImageDatastoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.File("data");

    private string Served => _folder.File("served");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_of_MONAI_Label_opens_with_its_labels_and_what_is_known_of_them()
    {
        WriteServed();
        using var datastore = await ImageDatastore.OpenAsync(Data, Served);

        var image = Assert.Single(await datastore.ListAsync());
        Assert.Equal(("spleen_3", ".nii.gz"), (image.Id, image.Extension));
        Assert.Equal(1795407859, image.Info["ts"]!.GetValue<long>());
        Assert.Equal("medsam2", image.Label("final")!.Info["model"]!.GetValue<string>());
        Assert.Equal("label", await File.ReadAllTextAsync(image.Label("final")!.Path));
    }

    [Fact]
    public async Task What_is_written_to_such_a_folder_is_laid_out_as_MONAI_Label_reads_it()
    {
        WriteServed();
        using (var datastore = await ImageDatastore.OpenAsync(Data, Served))
        {
            await datastore.AddImageAsync("new", ".nrrd", Incoming(datastore, "image"), new JsonObject { ["name"] = "new.nrrd" });
            await datastore.SaveLabelAsync("new", isSeries: false, "final", ".nii.gz", Incoming(datastore, "first"), new JsonObject { ["name"] = "new.nii.gz" });
            await datastore.SaveLabelAsync("1.2.3", isSeries: true, "final", ".nii.gz", IncomingOfSeries(datastore, "of a series"), []);
        }

        var document = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Served, "datastore_v2.json")))!;
        Assert.Equal("an old name", document["name"]!.GetValue<string>());
        Assert.Equal(["picture", "spleen_3", "new"], document["objects"]!.AsObject().Select(entry => entry.Key));
        Assert.Equal("""{"image":{"ext":".nrrd","info":{"name":"new.nrrd"}},"labels":{"final":{"ext":".nii.gz","info":{"name":"new.nii.gz"}}}}""", document["objects"]!["new"]!.ToJsonString());
        Assert.Equal("image", await File.ReadAllTextAsync(Path.Combine(Served, "new.nrrd")));
        Assert.Equal("first", await File.ReadAllTextAsync(Path.Combine(Served, "labels", "final", "new.nii.gz")));
    }

    [Fact]
    public async Task Everything_is_there_again_after_a_restart()
    {
        using (var datastore = await ImageDatastore.OpenAsync(Data, null))
        {
            await datastore.AddImageAsync("one", ".nii.gz", Incoming(datastore, "image"), new JsonObject { ["client_id"] = "anna" });
            await datastore.SaveLabelAsync("one", isSeries: false, "final", ".nii.gz", Incoming(datastore, "label"), new JsonObject { ["model"] = "m" });
            await datastore.SaveLabelAsync("1.2.3", isSeries: true, "original", ".nrrd", IncomingOfSeries(datastore, "series"), []);
        }

        using var again = await ImageDatastore.OpenAsync(Data, null);
        Assert.Equal(["1.2.3", "one"], (await again.ListAsync()).Select(image => image.Id).Order(StringComparer.Ordinal));
        var one = (await again.FindAsync("one"))!;
        Assert.Equal("anna", one.Info["client_id"]!.GetValue<string>());
        Assert.Equal("m", one.Label("final")!.Info["model"]!.GetValue<string>());
        Assert.NotNull((await again.FindAsync("1.2.3"))!.Label("original"));
    }

    [Fact]
    public async Task A_label_whose_file_was_not_yet_in_place_at_a_crash_is_put_there_at_the_next_start()
    {
        using (var datastore = await ImageDatastore.OpenAsync(Data, null))
        {
            await datastore.AddImageAsync("one", ".nii.gz", Incoming(datastore, "image"), []);
            await datastore.SaveLabelAsync("one", isSeries: false, "final", ".nii.gz", Incoming(datastore, "old"), []);
        }

        // As a crash leaves it after the commit: the record speaks of the new file, which lies among the incoming ones.
        var incoming = Path.Combine(Data, "datastore", ".medsam2", "incoming");
        await File.WriteAllTextAsync(Path.Combine(incoming, "x.part"), "new");
        await File.WriteAllTextAsync(Path.Combine(incoming, "never committed.part"), "rest");
        Execute("UPDATE Labels SET Incoming = 'x.part', Replaces = '.nii.gz', Extension = '.nrrd', Info = '{\"n\":2}'");

        using var again = await ImageDatastore.OpenAsync(Data, null);
        var label = (await again.FindAsync("one"))!.Label("final")!;
        Assert.Equal(("new", 2), (await File.ReadAllTextAsync(label.Path), label.Info["n"]!.GetValue<int>()));
        Assert.Equal(["one.nrrd"], Directory.GetFiles(Path.Combine(Data, "datastore", "labels", "final")).Select(Path.GetFileName));
        Assert.Empty(Directory.GetFiles(incoming));
        var document = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "datastore", "datastore_v2.json")))!;
        Assert.Equal(".nrrd", document["objects"]!["one"]!["labels"]!["final"]!["ext"]!.GetValue<string>());
    }

    [Fact]
    public async Task Files_put_there_by_hand_are_found_and_deleted_ones_are_gone()
    {
        using var datastore = await ImageDatastore.OpenAsync(Data, null);
        var folder = Path.Combine(Data, "datastore");
        Assert.Empty(await datastore.ListAsync());

        await File.WriteAllTextAsync(Path.Combine(folder, "by hand.nii.gz"), "image");
        Directory.CreateDirectory(Path.Combine(folder, "labels", "final"));
        await File.WriteAllTextAsync(Path.Combine(folder, "labels", "final", "by hand.seg.nrrd"), "label");
        await File.WriteAllTextAsync(Path.Combine(folder, "notes.txt"), "no image");
        var image = Assert.Single(await datastore.ListAsync());
        Assert.Equal(("by hand", ".seg.nrrd"), (image.Id, image.Label("final")!.Extension));

        File.Delete(image.Path!);
        Assert.Empty(await datastore.ListAsync());
    }

    [Fact]
    public async Task What_another_program_wrote_into_the_document_meanwhile_is_taken_in()
    {
        WriteServed();
        using (var datastore = await ImageDatastore.OpenAsync(Data, Served))
            await datastore.ChangeLabelInfoAsync("spleen_3", "final", info => info["model"] = "ours");
        using (var datastore = await ImageDatastore.OpenAsync(Data, Served))
            Assert.Equal("ours", (await datastore.FindAsync("spleen_3"))!.Label("final")!.Info["model"]!.GetValue<string>());

        WriteServed();
        using var again = await ImageDatastore.OpenAsync(Data, Served);
        Assert.Equal("medsam2", (await again.FindAsync("spleen_3"))!.Label("final")!.Info["model"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_damaged_document_is_named_and_left_alone()
    {
        Directory.CreateDirectory(Served);
        await File.WriteAllTextAsync(Path.Combine(Served, "datastore_v2.json"), "{\"objects\":");

        var fault = await Assert.ThrowsAsync<StudyStoreException>(() => ImageDatastore.OpenAsync(Data, Served));
        Assert.Contains("datastore_v2.json", fault.Message, StringComparison.Ordinal);
        Assert.Equal("{\"objects\":", await File.ReadAllTextAsync(Path.Combine(Served, "datastore_v2.json")));
    }

    [Fact]
    public async Task A_hold_keeps_others_away_until_it_is_old()
    {
        using var datastore = await ImageDatastore.OpenAsync(Data, null);
        var start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var hour = TimeSpan.FromHours(1);

        Assert.True(await datastore.Holds.TryTakeAsync("one", "anna", start, start - hour));
        Assert.True(await datastore.Holds.TryTakeAsync("one", "anna", start.AddMinutes(1), start - hour));
        Assert.False(await datastore.Holds.TryTakeAsync("one", "ben", start.AddMinutes(2), start.AddMinutes(2) - hour));
        var (others, own) = await datastore.Holds.FindAsync("ben", start.AddMinutes(2) - hour);
        Assert.Equal("one", Assert.Single(others));
        Assert.Empty(own);
        Assert.True(await datastore.Holds.TryTakeAsync("one", "ben", start.AddMinutes(62), start.AddMinutes(62) - hour));
    }

    [Fact]
    public async Task A_shared_hold_stands_beside_another_and_keeps_a_third_one_away()
    {
        using var datastore = await ImageDatastore.OpenAsync(Data, null);
        var start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var oldest = start.AddHours(-1);

        Assert.True(await datastore.Holds.TryTakeAsync("one", "anna", start, oldest));
        Assert.True(await datastore.Holds.TryTakeAsync("one", "ben", start, oldest, shared: true));
        Assert.False(await datastore.Holds.TryTakeAsync("one", "carl", start, oldest));
        foreach (var holder in new[] { "anna", "ben" })
            Assert.Equal("one", Assert.Single((await datastore.Holds.FindAsync(holder, oldest)).Own));
    }

    [Fact]
    public async Task A_database_of_the_first_schema_is_brought_up_to_date_with_its_holds()
    {
        var start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        using (var datastore = await ImageDatastore.OpenAsync(Data, null))
            Assert.True(await datastore.Holds.TryTakeAsync("one", "anna", start, start.AddHours(-1)));
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(Data, "datastore.sqlite")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = """
                ALTER TABLE "Holds" RENAME TO "Now";
                CREATE TABLE "Holds" ("ImageId" TEXT NOT NULL CONSTRAINT "PK_Holds" PRIMARY KEY, "Holder" TEXT NOT NULL, "Since" INTEGER NOT NULL);
                INSERT INTO "Holds" SELECT "ImageId", "Holder", "Since" FROM "Now";
                DROP TABLE "Now";
                PRAGMA user_version=1;
                """;
            command.ExecuteNonQuery();
        }

        using var again = await ImageDatastore.OpenAsync(Data, null);

        Assert.False(await again.Holds.TryTakeAsync("one", "ben", start, start.AddHours(-1)));
        Assert.True(await again.Holds.TryTakeAsync("one", "ben", start, start.AddHours(-1), shared: true));
    }

    [Theory]
    [InlineData("a b", true)]
    [InlineData("a.b.c", true)]
    [InlineData("ä+1", true)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData("a..b", false)]
    [InlineData("a/b", false)]
    [InlineData("a\\b", false)]
    [InlineData("a\0", false)]
    [InlineData(" a", false)]
    [InlineData("a.", false)]
    [InlineData("\uD800", false)]
    public void Names_that_could_leave_the_folder_are_refused(string name, bool valid) => Assert.Equal(valid, DatastoreName.IsValid(name));

    private static string Incoming(ImageDatastore datastore, string content) => Written(datastore.NewIncomingPath(), content);

    private static string IncomingOfSeries(ImageDatastore datastore, string content) => Written(datastore.NewIncomingPath(ofSeries: true), content);

    private static string Written(string path, string content)
    {
        File.WriteAllText(path, content);
        return path;
    }

    private void WriteServed()
    {
        Written(Path.Combine(Directory.CreateDirectory(Served).FullName, "spleen_3.nii.gz"), "image");
        Written(Path.Combine(Directory.CreateDirectory(Path.Combine(Served, "labels", "final")).FullName, "spleen_3.nii.gz"), "label");
        Written(Path.Combine(Served, "datastore_v2.json"), """
            { "name": "an old name", "description": "d", "images_dir": ".", "labels_dir": "labels", "objects": {
              "picture": { "image": { "ext": ".jpg", "info": {} }, "labels": {} },
              "spleen_3": { "image": { "ext": ".nii.gz", "info": { "ts": 1795407859, "name": "spleen_3.nii.gz" } },
                            "labels": { "final": { "ext": ".nii.gz", "info": { "model": "medsam2" } } } } } }
            """);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Data, "datastore.sqlite")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
