using Tare.Errors;

namespace Tare.Engine.Containers.Users;

/// <summary>The user ids of containers that do not choose themselves: dockerd's userns-remap.</summary>
/// <param name="Shared">The ids that all of them have; null gives each its own.</param>
public sealed record UserRemap(UserRange? Shared)
{
    /// <summary>Reads the setting; null when it is off and containers have the host's ids.</summary>
    internal static UserRemap? Read(string? setting) => string.IsNullOrEmpty(setting) ? null : new UserRemap(SubordinateIds.Of(setting));

    /// <summary>What a container with a user namespace mode gets: the host's ids (both null), ids of its own, so many, or those that are shared.</summary>
    internal static (uint? Own, UserRange? Shared) Choose(UserRemap? remap, string mode)
    {
        if (remap is null || mode.Length > 0)
            return (UserRange.Wanted(mode), null);
        return remap.Shared is { } shared ? (null, shared) : (UserRange.DefaultSize, null);
    }
}
