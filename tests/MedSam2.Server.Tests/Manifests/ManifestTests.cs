using System.Text.Json;
using System.Text.RegularExpressions;
using MedSam2.Server.Configuration;
using MedSam2.TestSupport;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.Manifests;

/// <summary>Every path, port, option and metric that a manifest names is one that the server has.</summary>
public sealed partial class ManifestTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "manifests");

    public static TheoryData<string> FilesWithSettings => [.. Files().Append("../README.md").Where(file => SettingNames.In(Read(file)).Any())];

    public static TheoryData<string> Clients => [.. Files().Where(file => Path.GetDirectoryName(file) is "ohif" or "slicer" or "monai-label" && file.EndsWith(".json", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(FilesWithSettings))]
    public void Every_setting_that_a_file_names_exists(string file) => Assert.All(SettingNames.In(Read(file)), name =>
        Assert.True(SettingNames.Exists(name), $"{name} is no setting."));

    [Fact]
    public void The_settings_are_found_at_all()
    {
        Assert.Contains("MedSam2:Limits:UploadMegabytes", SettingNames.All);
        Assert.Contains("MedSam2:Archive:Url", SettingNames.In(Read("docker/compose.yaml")));
        Assert.True(SettingNames.Exists("MedSam2:Auth:Tokens:anna"));
        Assert.False(SettingNames.Exists("MedSam2:Archive:Address"));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Every_endpoint_of_a_client_is_a_route_and_every_file_is_there(string file)
    {
        using var manifest = JsonDocument.Parse(Read(file));
        var routes = Routes();
        foreach (var endpoint in manifest.RootElement.GetProperty("endpoints").EnumerateArray().Select(e => e.GetString()!))
            Assert.Contains(Normalised(endpoint), routes);
        if (manifest.RootElement.TryGetProperty("files", out var files))
        {
            foreach (var named in files.EnumerateArray().Select(f => f.GetString()!))
                Assert.True(File.Exists(Path.Combine(RepositoryPaths.Root, named)), $"{file} names {named}, which is not there.");
        }
    }

    [Theory]
    [InlineData("helm/medsam2/templates/deployment.yaml")]
    [InlineData("docker/Dockerfile")]
    [InlineData("docker/Dockerfile.cuda")]
    [InlineData("docker/compose.yaml")]
    [InlineData("systemd/medsam2.env")]
    public void Probes_and_ports_are_the_servers(string file)
    {
        var text = Read(file);
        var port = new Uri(ServerOptionsExtensions.DefaultAddress).Port;
        Assert.Contains($"{port}", text, StringComparison.Ordinal);
        var routes = Routes();
        foreach (Match path in Probe().Matches(text))
            Assert.Contains(path.Value, routes);
        foreach (Match verb in Verb().Matches(text))
            Assert.Equal("health", verb.Groups[1].Value);
    }

    [Fact]
    public void All_manifests_are_of_this_version()
    {
        Assert.Contains($"appVersion: {ProductVersion.Text}\n", Read("helm/medsam2/Chart.yaml"), StringComparison.Ordinal);
        Assert.Contains($"image: medsam2:{ProductVersion.Text}\n", Read("docker/compose.yaml"), StringComparison.Ordinal);
        Assert.Contains($"-t medsam2:{ProductVersion.Text} .", Read("docker/Dockerfile"), StringComparison.Ordinal);
        Assert.Contains($"-t medsam2:{ProductVersion.Text}-cuda .", Read("docker/Dockerfile.cuda"), StringComparison.Ordinal);
        Assert.Contains($"## {ProductVersion.Text}", Read("../CHANGELOG.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_metric_on_the_dashboard_is_one_that_the_server_gives()
    {
        (await server.InferAsync(new { foreground = new[] { new[] { 20, 20, 4 } } })).Dispose();
        var given = await server.Http.GetStringAsync("metrics", TestContext.Current.CancellationToken);
        string[] drawn = [.. Metric().Matches(Read("grafana/medsam2.json")).Select(match => match.Value).Distinct(StringComparer.Ordinal)];

        Assert.True(drawn.Length > 5);
        foreach (var metric in drawn)
            Assert.Contains($"\n{metric}{{", given, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
        .Where(file => !file.EndsWith(".safetensors", StringComparison.Ordinal) && !file.EndsWith(".png", StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(Folder, file))
        .Order(StringComparer.Ordinal);

    private static string Read(string file) => File.ReadAllText(Path.Combine(Folder, file));

    private HashSet<string> Routes() => server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
        .OfType<RouteEndpoint>().Select(endpoint => Normalised(endpoint.RoutePattern.RawText!)).ToHashSet(StringComparer.OrdinalIgnoreCase);

    // A parameter's name and a slash at the end say nothing of where a request goes.
    private static string Normalised(string route) => '/' + Parameter().Replace(route.Trim('/'), match => match.Value.StartsWith("{*", StringComparison.Ordinal) ? "{*}" : "{}");

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"(?<=path: )/(?:health|metrics)[a-z/]*|(?<=prometheus\.io/path: )/[a-z]+")]
    private static partial Regex Probe();

    [GeneratedRegex("HEALTHCHECK.*\"/opt/medsam2/MedSam2.Server\", \"([a-z]+)\"")]
    private static partial Regex Verb();

    [GeneratedRegex(@"\b(?:medsam2|dotnet|http_server|kestrel)_[a-z0-9_]+(?=\{)")]
    private static partial Regex Metric();
}
