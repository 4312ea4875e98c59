using MedSam2.Server.Errors;
using MedSam2.Server.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class SessionSlotsTests
{
    private readonly SessionSlots _slots = new(Options.Create(new StreamingOptions { Sessions = 3, SessionsPerUser = 2, TotalMegabytes = 1 }));

    [Fact]
    public void A_user_has_a_share_and_the_server_an_end()
    {
        var first = _slots.Take("anna");
        _slots.Take("anna");
        Assert.Contains("SessionsPerUser", Refusal("anna"), StringComparison.Ordinal);

        _slots.Take("ben");
        Assert.Contains("3 sessions", Refusal("carl"), StringComparison.Ordinal);
        Assert.Contains("CloseSession", Refusal("carl"), StringComparison.Ordinal);

        first.Dispose();
        Assert.Equal(2, _slots.Count);
        _slots.Take("carl").Dispose();
    }

    [Fact]
    public void Sessions_that_hold_all_the_memory_there_is_let_nobody_in_until_they_give_some_back()
    {
        var first = _slots.Take("anna");
        first.Bytes = 1 << 20;
        Assert.Equal(1 << 20, _slots.Bytes);
        Assert.Contains("TotalMegabytes", Refusal("ben"), StringComparison.Ordinal);

        first.Bytes = 1 << 19;
        _slots.Take("ben").Dispose();
    }

    private string Refusal(string owner)
    {
        var refused = Assert.Throws<RequestException>(() => _slots.Take(owner));
        Assert.Equal(StatusCodes.Status429TooManyRequests, refused.Status);
        return refused.Message;
    }
}
