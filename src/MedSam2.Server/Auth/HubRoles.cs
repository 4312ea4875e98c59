using MedSam2.Server.Hubs;
using Microsoft.AspNetCore.SignalR;

namespace MedSam2.Server.Auth;

/// <summary>Who may connect may look and segment; what is kept for others needs an annotator, as over HTTP.</summary>
internal sealed class HubRoles(RoleGuard guard, HubErrors errors) : IHubFilter
{
    private const string Commit = "Commit";

    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (invocationContext.HubMethodName is Commit)
        {
            try
            {
                guard.Require(invocationContext.Context.User, AccessRole.Annotator);
            }
            catch (Errors.RequestException exception)
            {
                throw errors.ToHubException(exception, Commit, invocationContext.Context.ConnectionAborted);
            }
        }

        return next(invocationContext);
    }
}
