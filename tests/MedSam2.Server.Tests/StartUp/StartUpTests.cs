using System.Net;
using System.Net.Sockets;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.StartUp;

public sealed class StartUpTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("medsam2-start-tests-");

    public StartUpTests() => TestSeries.WriteTo(Studies);

    private string Studies => _folder.CreateSubdirectory("studies").FullName;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_taken_port_is_told_in_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        await AssertFailsAsync(["in use", "--urls"], "--studies", Studies, "--urls", $"http://127.0.0.1:{port}");
    }

    [Theory]
    [InlineData("--studies", "/does/not/exist")]
    [InlineData("--model", "/no/model")]
    [InlineData("--device", "tpu")]
    [InlineData("--device", "cuda:255")]
    [InlineData("--precision", "half")]
    [InlineData("--archive", "http://127.0.0.1:1/dicom-web")]
    [InlineData("--urls", "http://127.0.0.1:99999")]
    [InlineData("--urls", "nowhere")]
    public async Task A_setting_that_cannot_be_used_is_told_in_one_line(string option, string value)
    {
        string[] studies = option == "--studies" ? [] : ["--studies", Studies];
        await AssertFailsAsync([option], [option, value, .. studies]);
    }

    [Theory]
    [InlineData("weights.safetensors")]
    [InlineData("weights.pt")]
    public async Task A_model_file_cut_short_is_told_in_one_line(string name)
    {
        var model = _folder.CreateSubdirectory("model").FullName;
        File.Copy(Path.Combine(RepositoryPaths.NanoModel, "config.yaml"), Path.Combine(model, "config.yaml"));
        var bytes = await File.ReadAllBytesAsync(Path.Combine(RepositoryPaths.NanoModel, "medsam2-nano.safetensors"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(model, name), bytes[..100_000], TestContext.Current.CancellationToken);

        await AssertFailsAsync(["model"], "--model", model, "--studies", Studies);
    }

    [Fact]
    public async Task A_server_that_is_stopped_as_soon_as_it_answers_ends_without_a_word()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("There is no SIGTERM on Windows.");
        using var server = ServerProcess.Start("--studies", Studies, "--urls", "http://127.0.0.1:0");
        await server.ReadBlockAsync();

        var (exitCode, error) = await server.StopAsync();

        Assert.Equal((0, ""), (exitCode, error));
    }

    [Fact]
    public async Task A_word_that_is_no_option_is_told_without_a_stack_trace()
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync("--studise", Studies);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("--studise", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--studies")]
    [InlineData("--data")]
    public async Task A_setting_without_a_value_is_told(string option)
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(option, "");

        Assert.Equal(1, exitCode);
        Assert.Contains($"{option} is empty", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_studies_that_holds_none_is_told_in_the_start_block()
    {
        using var server = ServerProcess.Start("--studies", _folder.CreateSubdirectory("empty").FullName, "--urls", "http://127.0.0.1:0");

        Assert.Contains("the folder holds no DICOM images", await server.ReadBlockAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_told_in_one_line()
    {
        var data = _folder.CreateSubdirectory("data").FullName;
        using var first = ServerProcess.Start("--data", data, "--studies", Studies, "--urls", "http://127.0.0.1:0");
        await first.ReadBlockAsync();

        await AssertFailsAsync(["in use by another server", "--data"], "--data", data, "--studies", Studies, "--urls", "http://127.0.0.1:0");
    }

    [Fact]
    public async Task All_faults_of_the_settings_are_told_at_once()
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(
            "--studies", "/does/not/exist", "--model", "/no/model", "--MedSam2:Limits:Points=0", "--MedSam2:Inference:Threads", "999");

        Assert.Equal(1, exitCode);
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        foreach (var cause in new[] { "/does/not/exist", "/no/model", "MedSam2:Limits:Points", "MedSam2:Inference:Threads" })
            Assert.Contains(lines, line => line.Contains(cause, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_names_every_option_and_verb()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--help");

        Assert.Equal(0, exitCode);
        foreach (var word in new[] { "--data", "--studies", "--urls", "--model", "--device", "demo", "127.0.0.1:8000", "research" })
            Assert.Contains(word, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ready_server_says_where_it_is_and_what_it_serves()
    {
        using var server = ServerProcess.Start("--studies", Studies, "--urls", "http://127.0.0.1:0");
        var block = await server.ReadBlockAsync();

        foreach (var text in new[] { "http://127.0.0.1:", Studies, "medsam2-nano", "cpu", "Next" })
            Assert.Contains(text, block, StringComparison.Ordinal);
        Assert.Equal(1, await CountSeriesAsync(block));
    }

    [Fact]
    public async Task Settings_may_come_from_the_environment()
    {
        using var server = ServerProcess.Start(new Dictionary<string, string> { ["MedSam2__Studies"] = Studies, ["ASPNETCORE_URLS"] = "http://127.0.0.1:0" });

        Assert.Equal(1, await CountSeriesAsync(await server.ReadBlockAsync()));
    }

    private static async Task<int> CountSeriesAsync(string block)
    {
        var address = block.Split('\n').First(line => line.Contains("http://", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        using var info = await http.GetAsync("info/", TestContext.Current.CancellationToken);
        return (await RunningServer.JsonAsync(info))["datastore"]!["total"]!.GetValue<int>();
    }

    private static async Task AssertFailsAsync(string[] causes, params string[] arguments)
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(arguments);

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var cause in causes)
            Assert.Contains(cause, line, StringComparison.Ordinal);
    }
}
