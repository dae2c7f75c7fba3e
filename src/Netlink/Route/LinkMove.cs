using Tare.Linux;

namespace Tare.Netlink.Route;

/// <summary>Moving a link to another network namespace.</summary>
public static class LinkMove
{
    private const int LinkNamespaceFd = 28;

    /// <summary>Moves a link that is down, giving it a name there in the same step; addresses do not come along.</summary>
    public static MessageBuilder MoveLink(this MessageBuilder messages, int index, string newName, FileDescriptor networkNamespace) =>
        messages.Begin(RouteMessages.NewLink, MessageFlags.Acknowledge, RouteMessages.LinkHeader(index, 0, 1 /* down */))
            .Put(RouteMessages.LinkName, newName).PutInt(LinkNamespaceFd, networkNamespace.Number);
}
