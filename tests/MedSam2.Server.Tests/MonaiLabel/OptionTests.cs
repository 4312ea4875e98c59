using System.Text;
using System.Text.Json.Nodes;
using MedSam2.Server.Endpoints.MonaiLabel;
using MedSam2.Server.Errors;
using MedSam2.Server.FineTuning;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

/// <summary>What clients show in their tables of options does something, all of it.</summary>
public sealed class OptionTests(RunningServer server) : IClassFixture<RunningServer>
{
    /// <summary>A value of each model's option that is not its default.</summary>
    private static readonly Dictionary<string, string> OfModels = new()
    {
        ["device"] = "\"cuda\"",
        ["window"] = "\"lung\"",
        ["bank"] = "\"fifo\"",
        ["capacity"] = "4",
        ["threshold"] = "0.5",
        ["temperature"] = "2",
        ["resampling"] = "\"stochastic\"",
        ["seed"] = "7",
        ["orientations"] = "\"six\"",
        ["max_slices"] = "3",
        ["closer_look"] = "true",
        ["template"] = "\"other\"",
    };

    private static readonly Dictionary<string, string> OfTrainers = new()
    {
        ["max_epochs"] = "7",
        ["steps"] = "7",
        ["learning_rate"] = "0.5",
        ["parts"] = "\"adapters\"",
        ["val_split"] = "0.5",
        ["seed"] = "7",
        ["promote"] = "false",
    };

    [Fact]
    public async Task Every_option_of_a_model_is_read()
    {
        var shown = (await new PlainClient(server.Address).GetAsync("/info/")).Json!["models"]!.AsObject().SelectMany(model => model.Value!["config"]!.AsObject()).Select(option => option.Key).Distinct();
        Assert.Equal(OfModels.Keys.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));

        var reader = new InferParametersReader(maxPoints: 10);
        string Read(string json) => reader.Read(Encoding.UTF8.GetBytes(json)) is var read ? $"{read.Device} {read.Template} {read.Settings} {read.Settings.Tracking(new())}" : "";
        Assert.All(OfModels, option => Assert.NotEqual(Read("{}"), Read($$"""{"{{option.Key}}": {{option.Value}}}""")));
    }

    [Theory]
    [InlineData("capacity", "0", "1 to 64")]
    [InlineData("threshold", "1.5", "0 to 1")]
    [InlineData("temperature", "0", "0.001 to 1000")]
    [InlineData("bank", "\"largest\"", "\"self-sorting\", \"fifo\"")]
    public void A_value_that_cannot_be_is_refused_with_what_can(string option, string value, string range)
    {
        var fault = Assert.Throws<ParameterException>(() => new InferParametersReader(maxPoints: 10).Read(Encoding.UTF8.GetBytes($$"""{"{{option}}": {{value}}}""")));

        Assert.Contains(range, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_option_of_a_trainer_is_read()
    {
        var shown = (await new PlainClient(server.Address).GetAsync("/info/")).Json!["trainers"]!.AsObject().SelectMany(trainer => trainer.Value!["config"]!.AsObject()).Select(option => option.Key);
        Assert.Equal(OfTrainers.Keys.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));

        // The steps are what max_epochs and steps come to.
        static string Read(string json) => TrainParameters.Read(JsonNode.Parse(json)!.AsObject()) is var read ? $"{read} {read.For(trainingImages: 20)}" : "";
        Assert.All(OfTrainers, option => Assert.NotEqual(Read("{}"), Read($$"""{"{{option.Key}}": {{option.Value}}}""")));
    }

    [Fact]
    public async Task The_template_chooses_which_label_shows_what_to_look_for()
    {
        var client = new PlainClient(server.Address);
        foreach (var name in new[] { "liver", "spleen" })
        {
            Assert.Equal(200, (await client.MultipartAsync("PUT", $"/datastore/?image=with-{name}", [], ("file", "x.nii.gz", TestVolumes.Series()))).Status);
            var parameters = $$"""{"label_info":[{"name":"{{name}}","idx":1}]}""";
            Assert.Equal(200, (await client.MultipartAsync("PUT", $"/datastore/label?image=with-{name}&tag=final", [("params", parameters)], ("label", "x.nii.gz", TestVolumes.Nifti(TestVolumes.BlockLabel())))).Status);
        }

        foreach (var name in new[] { "liver", "spleen" })
        {
            using var answer = await server.InferAsync(new { template = $"with-{name}" }, "medsam2_set", "json");
            Assert.Equal($$"""{"{{name}}":1}""", (await RunningServer.JsonAsync(answer))["label_names"]!.ToJsonString());
        }
    }
}
