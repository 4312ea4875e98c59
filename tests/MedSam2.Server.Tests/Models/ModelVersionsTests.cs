using MedSam2.Inference;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Configuration;
using MedSam2.Server.Errors;
using MedSam2.Server.Models.Versions;
using MedSam2.TestSupport;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;
using MedSam2.Training.Tests;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Server.Tests.Models;

public sealed class ModelVersionsTests : IDisposable
{
    private static readonly ModelScore Good = new(0.6, 0.8, 5, 2), Better = new(0.7, 0.8, 5, 2), Mixed = new(0.9, 0.7, 5, 2);
    private readonly TemporaryFolder folder = new();
    private readonly ModelVersions versions;

    public ModelVersionsTests()
    {
        LabelledVolumes.SaveToy(folder.File("toy"));
        versions = new ModelVersions(new ServerOptions { Data = folder.File("data"), Model = folder.File("toy") });
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Versions_are_numbered_kept_and_found_again()
    {
        Assert.Empty(versions.List());
        Assert.Equal(folder.File("toy"), versions.PathOf(versions.Served));

        var first = Add("one", Good);
        var second = Add("two", Better);
        var again = Add("one", Better);

        Assert.Equal(first, again);
        Assert.Equal([first, second], versions.List());
        Assert.Equal(second.Sha256, Sam2Weights.Find(versions.PathOf(2)).Sha256);
        Assert.Equal(0, versions.Served);
        Assert.Equal("toy", versions.Model);
    }

    [Fact]
    public void What_was_served_before_is_gone_back_to_step_by_step()
    {
        Add("one", Good);
        Add("two", Better);
        versions.Serve(1);
        versions.Serve(2);
        versions.Serve(2);

        Assert.Equal(1, versions.RollBack());
        Assert.Equal(0, versions.RollBack());
        Assert.Equal(0, versions.Served);
        Assert.Throws<RequestException>(() => versions.RollBack());
        Assert.Throws<RequestException>(() => versions.Serve(3));
    }

    [Fact]
    public void Only_what_is_better_takes_the_place_of_another_unless_somebody_insists()
    {
        Assert.True(Better.Beats(Good));
        Assert.False(Good.Beats(Better));
        Assert.False(Good.Beats(Good));
        Assert.False(Mixed.Beats(Good));
        Add("one", Better);
        Add("two", Mixed);
        Add("three", null);

        VersionReports.Promote(versions, 1, force: false, json: true);
        Assert.Contains("does not beat version 0", Assert.Throws<VerbException>(() => VersionReports.Promote(versions, 2, force: false, json: true)).Message, StringComparison.Ordinal);
        Assert.Contains("never compared", Assert.Throws<VerbException>(() => VersionReports.Promote(versions, 3, force: false, json: true)).Message, StringComparison.Ordinal);
        Assert.Equal(1, versions.Served);
        VersionReports.Promote(versions, 2, force: true, json: true);
        Assert.Equal(2, versions.Served);
    }

    [Fact]
    public void What_was_compared_with_another_version_than_is_served_takes_its_place_only_if_somebody_insists()
    {
        Add("one", Better);
        Add("two", Better);
        versions.Serve(1);

        var refused = Assert.Throws<VerbException>(() => VersionReports.Promote(versions, 2, force: false, json: true));
        Assert.Contains("compared with version 0, not with version 1", refused.Message, StringComparison.Ordinal);
        Assert.False(versions.TryServe(2, former: 0));
        Assert.Equal(1, versions.Served);
        VersionReports.Promote(versions, 1, force: false, json: true); // which is served already
        Assert.True(versions.TryServe(2, former: 1));
        Assert.True(versions.TryServe(2, former: 0));
        Assert.Equal(1, versions.RollBack());
        VersionReports.Promote(versions, 2, force: true, json: true);
        Assert.Equal(2, versions.Served);
    }

    [Fact]
    public void What_comes_to_be_served_while_a_network_is_compared_is_what_it_is_compared_with()
    {
        Add("one", Better);
        Add("two", Better);
        List<string> loaded = [];
        var trial = new VersionTrial(
            path =>
            {
                loaded.Add(path);
                if (path == versions.PathOf(0))
                    versions.Serve(1);
                return SegmentationModel.Load(path);
            },
            OwnDevice.Instance);

        var comparison = trial.Compare(versions.PathOf(2), versions, [.. LabelledVolumes.Sources(1)], TestContext.Current.CancellationToken)!;

        Assert.Equal([versions.PathOf(2), versions.PathOf(0), versions.PathOf(1)], loaded);
        Assert.Equal(1, comparison.Against);
        // A run that goes on after its network was served finds what it had found.
        versions.Serve(2);
        Assert.Equal(new(0, Better, Good), trial.Compare(versions.PathOf(2), versions, [.. LabelledVolumes.Sources(1)], TestContext.Current.CancellationToken));
    }

    /// <summary>The toy with one number changed, as a version; compared with <see cref="Good"/>.</summary>
    private ModelVersion Add(string name, ModelScore? score)
    {
        var trained = folder.File(name);
        if (!Directory.Exists(trained))
        {
            Directory.CreateDirectory(trained);
            File.Copy(folder.File("toy", "config.yaml"), Path.Combine(trained, "config.yaml"));
            using var model = Sam2Weights.Find(folder.File("toy")).Load();
            using (no_grad())
                model.parameters().First().add_(name.Sum(c => c) / 1000.0);
            SafetensorsFile.Write(Path.Combine(trained, "weights.safetensors"), model.state_dict());
        }

        return versions.Add(trained, steps: 10, images: 3, from: 0, score is null ? null : new(0, score, Good));
    }
}
