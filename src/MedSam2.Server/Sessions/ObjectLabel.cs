using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions;

/// <summary>What people call an object. It outlives the object's removal, so that taking the removal back brings it back.</summary>
internal sealed record ObjectLabel(string Name, CodeInfo? Code = null, string? Colour = null, bool Locked = false)
{
    public static ObjectLabel Default(int objectId) => new($"Object {objectId}");
}
