using MedSam2.Server.Auth;
using MedSam2.Server.Hosting;
using MedSam2.Server.Tests.StartUp;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace MedSam2.Server.Tests.Auth;

/// <summary>Where a server without a login listens, and whom it trusts with one.</summary>
public sealed class AddressTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_login_the_server_does_not_listen_where_others_reach_it_and_says_why_in_one_line()
    {
        var (code, _, error) = await ServerProcess.RunAsync("--urls", "http://0.0.0.0:0");

        Assert.Equal(1, code);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("http://0.0.0.0:0", line, StringComparison.Ordinal);
        Assert.Contains("MedSam2:Auth:AllowAnonymous=true", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urls", "http://127.0.0.1:8000", false)]
    [InlineData("urls", "http://localhost:8000;http://[::1]:8000", false)]
    [InlineData("urls", "http://unix:/tmp/x.sock", false)]
    [InlineData("urls", "http://127.0.0.1:8000;http://10.1.2.3:8000", true)]
    [InlineData("urls", "http://*:8000", true)]
    [InlineData("urls", "https://+:8000", true)]
    [InlineData("urls", "http://[::]:8000", true)]
    [InlineData("urls", "http://server.example:8000", true)]
    [InlineData("http_ports", "8000", true)]
    [InlineData("Kestrel:Endpoints:Here:Url", "http://0.0.0.0:8000", true)]
    [InlineData("Kestrel:Endpoints:Here:Url", "http://127.0.0.1:8000", false)]
    public void Addresses_that_others_reach_need_a_login_or_a_word(string key, string value, bool isPublic)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();
        if (isPublic)
            Assert.Throws<StartUpException>(() => PublicAddresses.Check(new AuthOptions(), configuration));
        else
            PublicAddresses.Check(new AuthOptions(), configuration);
        PublicAddresses.Check(new AuthOptions { AllowAnonymous = true }, configuration);
        PublicAddresses.Check(new AuthOptions { Authority = "https://login.example.org" }, configuration);
    }

    [Fact]
    public async Task Requests_of_a_trusted_network_may_look_without_a_token_but_not_save()
    {
        await using var server = new RunningServer();
        await server.StartAsync($"--MedSam2:Auth:Tokens:robot={ApiToken.Create(AccessRole.Admin).Setting}", "--MedSam2:Auth:TrustedNetworks=10.0.0.0/8, 127.0.0.1");

        using (var download = await server.Http.GetAsync($"datastore/image?image={TestSeries.Uid}", Stop))
            Assert.True(download.IsSuccessStatusCode);
        using (var save = await server.Http.PutAsync($"datastore/label?image={TestSeries.Uid}", null, Stop))
            Assert.Equal(401, (int)save.StatusCode);

        // A token that is wrong is no token less.
        using var request = new HttpRequestMessage(HttpMethod.Get, "info/");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer wrong");
        using var wrong = await server.Http.SendAsync(request, Stop);
        Assert.Equal(401, (int)wrong.StatusCode);
    }

    [Fact]
    public async Task Faults_of_the_settings_are_told_all_at_once()
    {
        var (code, _, error) = await ServerProcess.RunAsync(
            "--MedSam2:Auth:Authority=http://login.example.org", "--MedSam2:Auth:Tokens:robot=admin:123", "--MedSam2:Auth:TrustedNetworks=10.0.0.0/99");

        Assert.Equal(1, code);
        foreach (var word in new[] { "https", "Tokens:robot", "10.0.0.0/99" })
            Assert.Contains(word, error, StringComparison.Ordinal);
        Assert.Equal(3, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task The_verb_token_makes_a_token_whose_setting_lets_it_in()
    {
        var (code, output, _) = await ServerProcess.RunAsync("token", "anna", "--role", "admin");
        Assert.Equal(0, code);
        var lines = output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        var (token, setting) = (lines.Single(line => line is ["token", _])[1], lines.Single(line => line is ["setting", _])[1]);

        await using var server = new RunningServer();
        await server.StartAsync(setting);
        using var request = new HttpRequestMessage(HttpMethod.Get, "auth/token/valid");
        request.Headers.Add("Authorization", $"Bearer {token}");
        using var answer = await server.Http.SendAsync(request, Stop);
        Assert.Equal("anna", (await RunningServer.JsonAsync(answer))["username"]!.GetValue<string>());
    }
}
