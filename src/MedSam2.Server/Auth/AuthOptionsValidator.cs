using System.Net;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Auth;

/// <summary>Reports all faults of the settings at once, each with its mend.</summary>
internal sealed class AuthOptionsValidator : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        List<string> faults = [];
        if (options.Authority is not "" && !(Uri.TryCreate(options.Authority, UriKind.Absolute, out var authority) && (authority.Scheme == Uri.UriSchemeHttps || authority.Scheme == Uri.UriSchemeHttp)))
            faults.Add($"MedSam2:Auth:Authority is '{options.Authority}', but must be the address of an issuer like https://login.example.org/realms/clinic.");
        else if (options is { Authority: not "", AllowHttp: false } && !options.Authority.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            faults.Add("MedSam2:Auth:Authority must be an https address; MedSam2:Auth:AllowHttp=true allows one on the same machine to be asked over http.");
        foreach (var (user, token) in options.Tokens)
        {
            if (ApiToken.Parse(user, token) is null)
                faults.Add($"MedSam2:Auth:Tokens:{user} must be ROLE:SHA256 with a role of user, annotator, reviewer or admin; the verb 'token' makes one.");
        }

        foreach (var network in TrustedNetworks.Split(options.TrustedNetworks))
        {
            if (!TrustedNetworks.TryParse(network, out _))
                faults.Add($"MedSam2:Auth:TrustedNetworks: '{network}' is no address or network; write it like 192.168.7.5 or 10.1.0.0/16.");
        }

        if (options is { TrustedNetworks: not "", IsEnabled: false })
            faults.Add("MedSam2:Auth:TrustedNetworks means nothing without a login: set an Authority or Tokens too.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

/// <summary>Networks whose requests need no token to look at things.</summary>
internal sealed class TrustedNetworks(IOptions<AuthOptions> options)
{
    private readonly IPNetwork[] _networks = [.. Split(options.Value.TrustedNetworks).Select(text => TryParse(text, out var network) ? network : throw new FormatException(text))];

    public bool Contains(IPAddress? address)
    {
        if (address is null)
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(_networks, network => network.Contains(plain));
    }

    public static string[] Split(string networks) => networks.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public static bool TryParse(string text, out IPNetwork network)
    {
        if (text.Contains('/', StringComparison.Ordinal) || !IPAddress.TryParse(text, out var single))
            return IPNetwork.TryParse(text, out network);
        network = new IPNetwork(single, 8 * single.GetAddressBytes().Length);
        return true;
    }
}
