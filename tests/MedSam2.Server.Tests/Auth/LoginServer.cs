using System.Net.Http.Headers;
using Xunit;

namespace MedSam2.Server.Tests.Auth;

/// <summary>The whole server with a login at <see cref="TestIssuer"/>, and a token of the settings for <c>robot</c>.</summary>
public sealed class LoginServer : IAsyncLifetime
{
    private TestIssuer? _issuer;

    public RunningServer Server { get; } = new();

    public TestIssuer Issuer => _issuer!;

    public string RobotToken { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        var (token, setting) = MedSam2.Server.Auth.ApiToken.Create(MedSam2.Server.Auth.AccessRole.Annotator);
        RobotToken = token;
        await Server.StartAsync([.. _issuer.Settings, $"--MedSam2:Auth:Tokens:robot={setting}"]);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        if (_issuer is not null)
            await _issuer.DisposeAsync();
    }

    /// <summary>Sends a request without a body.</summary>
    public async Task<HttpResponseMessage> SendAsync(string method, string address, string? token, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Origin", "http://viewer.example:3000");
        return await Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
