namespace Tare.Netlink;

/// <summary>Flags of a netlink message header (netlink(7)).</summary>
[Flags]
public enum MessageFlags
{
    None = 0,
    Request = 1,
    Multi = 2,
    Acknowledge = 4,
    Echo = 8,
    DumpInterrupted = 0x10,
    Replace = 0x100,
    Exclusive = 0x200,
    Create = 0x400,
    Append = 0x800,
    Dump = 0x300,
}
