using System.CommandLine;
using MedSam2.Server.Auth;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>token</c>: a token for one person or program, and the setting that lets it in.</summary>
internal static class TokenCommand
{
    private static readonly string[] Roles = ["user", "annotator", "reviewer", "admin"];

    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Whose it is; written into what they save." };
        var role = new Option<string>("--role") { HelpName = "ROLE", Description = "user (look and segment), annotator (also save), reviewer, or admin (everything).", DefaultValueFactory = _ => Roles[1] };
        role.AcceptOnlyFromAmong(Roles);
        var command = new Command("token", "Make an access token for a person or program, for teams without a login service. It is shown once; the setting holds only its hash.") { name, role };
        command.SetAction(parsed =>
        {
            var user = parsed.GetValue(name)!;
            if (!user.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@'))
            {
                Console.Error.WriteLine("The name may have letters, digits and '-', '_', '.', '@'.");
                return 1;
            }

            var (token, setting) = ApiToken.Create(Enum.Parse<AccessRole>(parsed.GetValue(role)!, ignoreCase: true));
            Console.WriteLine($"""
                token    {token}
                setting  --{AuthOptions.Section}:Tokens:{user}={setting}

                Give the token to {user}; clients send it as 'Authorization: Bearer TOKEN', and 3D Slicer asks for {user} and the token as password.
                Start the server with the setting, or put it into appsettings.json.
                """);
            return 0;
        });
        return command;
    }
}
