using System.Globalization;
using Tare.Engine.Containers.State;
using Tare.Errors;

namespace Tare.Engine.Containers.Users;

/// <summary>
/// The ids of a container with a user namespace of its own: its 0 is <paramref name="Base"/> on the host, and so on for <paramref name="Size"/> ids. Ranges of
/// containers never overlap, but for those that the engine's userns-remap gives to all.
/// </summary>
/// <param name="Base">First id on the host.</param>
/// <param name="Size">How many.</param>
public sealed record UserRange(uint Base, uint Size)
{
    internal const uint DefaultSize = 65536;
    private const uint MaxSize = 1 << 20;

    /// <summary>Above what distributions and systemd give to users and containers (0x0008_0000 to 0x6fff_ffff).</summary>
    private const uint First = 0x7000_0000;
    private const uint End = 0x7fff_0000;

    /// <summary>"", "host", "auto", "auto:size=N" or "private": how many ids are wanted; null for the host's own.</summary>
    internal static uint? Wanted(string mode)
    {
        string[] parts = mode.Split(':', 2);
        if (parts[0] is "" or "host" && parts.Length == 1)
            return null;
        if (parts[0] is not ("auto" or "private"))
            throw TareException.Invalid($"invalid user namespace mode: {mode}: use host, or auto[:size=N]");
        if (parts.Length == 1)
            return DefaultSize;
        return parts[1].StartsWith("size=", StringComparison.Ordinal) && uint.TryParse(parts[1][5..], NumberStyles.None, CultureInfo.InvariantCulture, out uint size) && size is > 0 and <= MaxSize
            ? size : throw TareException.Invalid($"invalid user namespace mode: {mode}: the size is a number of ids, {MaxSize} at most");
    }

    /// <summary>The lowest range that none of the containers has. The caller makes sure that nobody takes one meanwhile.</summary>
    internal static UserRange Free(IEnumerable<ContainerRecord> containers, uint size)
    {
        uint at = First;
        foreach (UserRange taken in containers.Select(record => record.Users).OfType<UserRange>().OrderBy(range => range.Base))
        {
            // Those of a user of the host may lie below.
            if (taken.Base >= at && taken.Base - at >= size)
                break;
            at = Math.Max(at, taken.Base + taken.Size);
        }
        return at <= End - size ? new UserRange(at, size) : throw new TareException(ErrorKind.Unavailable, "no range of user ids is left: remove containers with user namespaces");
    }
}
