using System.Net;
using System.Security.Cryptography;
using System.Text;
using MedSam2.Server.Auth;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace MedSam2.Server.Tests.Auth;

public sealed class LoginTests(LoginServer login) : IClassFixture<LoginServer>
{
    private static readonly string[] Admin = ["monailabel-admin"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task C66_no_token_is_401_a_wrong_role_403_and_a_valid_token_200_also_of_a_higher_role()
    {
        using (var none = await login.SendAsync("GET", "info/", null))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
            Assert.Equal("Bearer", none.Headers.WwwAuthenticate.ToString());
            Assert.Contains("login", (await RunningServer.JsonAsync(none))["detail"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.Equal("*", Assert.Single(none.Headers.GetValues("Access-Control-Allow-Origin")));
        }

        foreach (var (role, statuses) in new (string, int[])[]
        {
            ("stranger", [403, 403, 403]),
            ("monailabel-user", [200, 403, 403]),
            ("monailabel-annotator", [200, 422, 403]),
            ("monailabel-admin", [200, 422, 200]),
        })
        {
            var token = login.Issuer.Token("anna", role);
            Assert.Equal(statuses[0], await StatusAsync("GET", "info/", token));
            // An annotator's request that is let in and then lacks its file.
            Assert.Equal(statuses[1], await StatusAsync("PUT", $"datastore/label?image={TestSeries.Uid}", token));
            Assert.Equal(statuses[2], await StatusAsync("GET", "logs/?text=true", token));
        }
    }

    [Fact]
    public async Task A_token_that_the_issuer_did_not_sign_or_that_is_over_is_refused()
    {
        using var other = RSA.Create(2048);
        var shared = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(login.Issuer.Rsa.ExportSubjectPublicKeyInfoPem())) { KeyId = "test" };
        var own = new SigningCredentials(TestIssuer.Key(login.Issuer.Rsa), SecurityAlgorithms.RsaSha256);
        foreach (var token in new[]
        {
            login.Issuer.Token("eve", Admin, new SigningCredentials(TestIssuer.Key(other), SecurityAlgorithms.RsaSha256)),
            login.Issuer.Token("eve", Admin, new SigningCredentials(shared, SecurityAlgorithms.HmacSha256)),
            login.Issuer.Token("eve", Admin, key: null),
            login.Issuer.Token("eve", Admin, own, expires: DateTime.UtcNow.AddMinutes(-10)),
            login.Issuer.Token("eve", Admin, own, issuer: "http://elsewhere"),
            login.Issuer.Token("eve", Admin)[..^4],
            "nonsense",
        })
        {
            using var answer = await login.SendAsync("GET", "info/", token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Bearer error=\"invalid_token\"", answer.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task Clients_find_out_how_to_log_in_and_do_so_by_name_and_password()
    {
        using (var how = await login.SendAsync("GET", "auth/", null))
            Assert.Equal($$"""{"enabled":true,"client_id":"monailabel-app","realm":"{{login.Issuer.Address}}"}""", await how.Content.ReadAsStringAsync(Stop));

        using var form = Form(("username", "anna"), ("password", TestIssuer.Password), ("grant_type", "password"));
        using var answer = await login.SendAsync("POST", "auth/token", null, form);
        var told = (await RunningServer.JsonAsync(answer)).AsObject();
        Assert.Equal(["access_token", "token_type"], told.Select(pair => pair.Key));
        Assert.Equal("Bearer", told["token_type"]!.GetValue<string>());

        using var valid = await login.SendAsync("GET", "auth/token/valid", told["access_token"]!.GetValue<string>());
        Assert.Equal(
            """{"username":"anna","email":"anna@example.org","name":"Dr. anna","roles":["monailabel-user","monailabel-annotator"]}""",
            await valid.Content.ReadAsStringAsync(Stop));
        Assert.Equal(401, await StatusAsync("GET", "auth/token/valid", null));
    }

    [Fact]
    public async Task A_login_with_a_wrong_password_or_without_one_is_refused()
    {
        using var wrong = Form(("username", "anna"), ("password", "wrong"), ("grant_type", "password"));
        Assert.Equal(401, await StatusAsync("POST", "auth/token", null, wrong));
        using var none = Form(("username", "anna"));
        Assert.Equal(422, await StatusAsync("POST", "auth/token", null, none));
    }

    [Fact]
    public async Task A_token_of_the_settings_works_by_itself_and_as_a_password()
    {
        Assert.Equal(200, await StatusAsync("GET", "info/", login.RobotToken));
        Assert.Equal(403, await StatusAsync("GET", "logs/", login.RobotToken));
        using var form = Form(("username", "robot"), ("password", login.RobotToken));
        using var answer = await login.SendAsync("POST", "auth/token", null, form);
        Assert.Equal(login.RobotToken, (await RunningServer.JsonAsync(answer))["access_token"]!.GetValue<string>());
        using var other = Form(("username", "anna"), ("password", login.RobotToken));
        Assert.Equal(401, await StatusAsync("POST", "auth/token", null, other));
    }

    [Fact]
    public async Task What_is_saved_carries_the_name_of_the_login()
    {
        using (var form = new MultipartFormDataContent { { new ByteArrayContent(TestVolumes.Nifti()), "file", "x.nii.gz" } })
            Assert.Equal(200, await StatusAsync("PUT", "datastore/?image=mine", login.RobotToken, form));
        using var info = await login.SendAsync("GET", "datastore/image/info?image=mine", login.RobotToken);
        Assert.Equal("robot", (await RunningServer.JsonAsync(info))["user"]!.GetValue<string>());
    }

    [Fact]
    public async Task Who_may_only_look_may_segment_but_keep_nothing()
    {
        var token = login.Issuer.Token("ursula", "monailabel-user");
        using var look = Form(("params", """{"roi":[60,83,10,25,4,4]}"""));
        Assert.Equal(200, await StatusAsync("POST", $"infer/medsam2_2d?image={TestSeries.Uid}&output=json", token, look));
        using var keep = Form(("params", """{"roi":[60,83,10,25,4,4],"save_label":true}"""));
        Assert.Equal(403, await StatusAsync("POST", $"infer/medsam2_2d?image={TestSeries.Uid}&output=json", token, keep));
    }

    [Fact]
    public async Task DICOMweb_and_its_other_name_ask_for_a_user_to_look_an_annotator_to_store_and_an_admin_to_delete()
    {
        var (user, annotator) = (login.Issuer.Token("ursula", "monailabel-user"), login.RobotToken);
        foreach (var root in new[] { "dicom-web", "proxy/dicom/wado", "proxy/dicom/qido" })
        {
            Assert.Equal(401, await StatusAsync("GET", $"{root}/studies", null));
            Assert.Equal(200, await StatusAsync("GET", $"{root}/studies", user));
            Assert.Equal(403, await StatusAsync("POST", $"{root}/studies", user));
            Assert.Equal(415, await StatusAsync("POST", $"{root}/studies", annotator));
            Assert.Equal(403, await StatusAsync("DELETE", $"{root}/studies/1.2.3", annotator));
        }
    }

    [Fact]
    public async Task The_hub_asks_for_a_token_in_its_header_or_in_its_query()
    {
        const string Hub = "hubs/segmentation/negotiate?negotiateVersion=1";
        Assert.Equal(401, await StatusAsync("POST", Hub, null));
        Assert.Equal(200, await StatusAsync("POST", Hub, login.RobotToken));
        Assert.Equal(200, await StatusAsync("POST", $"{Hub}&access_token={login.Issuer.Token("ursula", "monailabel-user")}", null));
        // Queries are written into logs of proxies: nowhere else does a token count there.
        Assert.Equal(401, await StatusAsync("GET", $"info/?access_token={login.RobotToken}", null));
    }

    [Fact]
    public async Task Every_route_but_the_named_ones_is_closed()
    {
        string[] open = ["GET /", "GET /docs", "GET /openapi.json", "GET /auth/", "POST /auth/token", "GET /health/live", "GET /health/ready"];
        var routes = login.Server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => (Method: method, Pattern: endpoint.RoutePattern.RawText!)))
            .Distinct().ToArray();

        Assert.True(routes.Length > 60);
        foreach (var (method, pattern) in routes.Where(route => !route.Pattern.StartsWith("/ohif", StringComparison.Ordinal) && route.Method is not ("OPTIONS" or "CONNECT")))
        {
            var address = System.Text.RegularExpressions.Regex.Replace(pattern, @"\{[^}]*\}", "x").TrimStart('/');
            var status = await StatusAsync(method, address, null);
            if (open.Contains($"{method} {(pattern is "" ? "/" : pattern)}"))
                Assert.True(status is not 401, $"{method} {pattern}");
            else
                Assert.True(status is 401, $"{method} {pattern}: {status}");
        }
    }

    [Theory]
    [InlineData("user", "User")]
    [InlineData("Admin", "Admin")]
    [InlineData("none", null)]
    [InlineData("4", null)]
    [InlineData("root", null)]
    public void A_tokens_setting_names_a_known_role(string role, string? expected) =>
        Assert.Equal(expected, ApiToken.Parse("x", $"{role}:{new string('a', 64)}")?.Role.ToString());

    private async Task<int> StatusAsync(string method, string address, string? token, HttpContent? content = null)
    {
        using var answer = await login.SendAsync(method, address, token, content);
        return (int)answer.StatusCode;
    }

    private static FormUrlEncodedContent Form(params (string Key, string Value)[] fields) => new(fields.ToDictionary(field => field.Key, field => field.Value));
}
