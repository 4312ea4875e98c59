namespace MedSam2.Server.Auth;

/// <summary>
/// Who may do what (section <c>MedSam2:Auth</c>). Without an authority and without tokens nobody logs in, and everybody who
/// reaches the server may do everything: it then listens on this machine's own addresses alone.
/// </summary>
internal sealed class AuthOptions
{
    public const string Section = "MedSam2:Auth";

    /// <summary>Address of an OpenID Connect issuer, such as <c>https://login.example.org/realms/clinic</c>; empty for none.</summary>
    public string Authority { get; set; } = "";

    /// <summary>What tokens must be made out for (<c>aud</c>); empty does not look at it, since not every issuer writes it.</summary>
    public string Audience { get; set; } = "";

    /// <summary>What this server is called at the issuer, for logins by name and password.</summary>
    public string ClientId { get; set; } = "monailabel-app";

    /// <summary>Whether the issuer may be asked over plain HTTP. Only for an issuer on the same machine.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>
    /// Tokens of small teams that have no issuer: for each name <c>ROLE:SHA256</c>, the role one of user, annotator, reviewer,
    /// admin, and the SHA-256 of the token in hexadecimal. The verb <c>token</c> makes one.
    /// </summary>
    public Dictionary<string, string> Tokens { get; set; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Networks, as <c>10.1.0.0/16, 192.168.7.5</c>, whose requests without a token count as a user's. For clients that send
    /// none: Slicer's image download, its Reviewer, MONAI Label's OHIF plug-in.
    /// </summary>
    public string TrustedNetworks { get; set; } = "";

    /// <summary>Whether the server may listen on addresses that others reach although nobody logs in.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>The claim that is a user's name.</summary>
    public string UserClaim { get; set; } = "preferred_username";

    public string NameClaim { get; set; } = "name";

    public string EmailClaim { get; set; } = "email";

    /// <summary>The claim that lists roles; <c>#</c> leads into an object.</summary>
    public string RolesClaim { get; set; } = "realm_access#roles";

    /// <summary>What the issuer calls those who look and segment.</summary>
    public string UserRole { get; set; } = "monailabel-user";

    /// <summary>What the issuer calls those who also save images and labels.</summary>
    public string AnnotatorRole { get; set; } = "monailabel-annotator";

    public string ReviewerRole { get; set; } = "monailabel-reviewer";

    /// <summary>What the issuer calls those who may do everything.</summary>
    public string AdminRole { get; set; } = "monailabel-admin";

    public bool IsEnabled => Authority is not "" || Tokens.Count > 0;

    public IReadOnlyList<(AccessRole Role, string Name)> RoleNames =>
        [(AccessRole.User, UserRole), (AccessRole.Annotator, AnnotatorRole), (AccessRole.Reviewer, ReviewerRole), (AccessRole.Admin, AdminRole)];
}
