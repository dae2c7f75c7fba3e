using Tare.Errors;
using Tare.Linux;
using Tare.Netlink;
using Tare.Netlink.Route;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>linux.netDevices: moves devices of the host into a container's network namespace, with their addresses.</summary>
internal static class NetworkDevices
{
    public static void Move(IDictionary<string, NetDeviceSpec> devices, int pid)
    {
        using FileDescriptor target = Fcntl.Open($"/proc/{pid}/ns/net", Fcntl.O_RDONLY);
        using RouteSocket host = RouteSocket.Open();
        foreach ((string name, NetDeviceSpec device) in devices)
        {
            LinkRecord link = host.FindLink(name) ?? throw TareException.NotFound($"netDevices: the host has no network device \"{name}\"");
            List<AddressRecord> addresses = [.. host.Addresses().Where(a => a.LinkIndex == link.Index && !a.Address.IsIPv6LinkLocal)];
            string newName = string.IsNullOrEmpty(device.Name) ? name : device.Name;
            try
            {
                host.Send(new MessageBuilder().MoveLink(link.Index, newName, target), $"move network device {name} into the container as {newName}");
            }
            catch (NetlinkException e)
            {
                throw new TareException(ErrorKind.InvalidArgument, $"netDevices: {name}", e);
            }
            Inside(target, newName, addresses);
        }
    }

    private static void Inside(FileDescriptor target, string name, List<AddressRecord> addresses)
    {
        try
        {
            NamespaceThread.Run(target, Sched.CLONE_NEWNET, () =>
            {
                using RouteSocket socket = RouteSocket.Open();
                int index = socket.FindLink(name)!.Index;
                MessageBuilder messages = new();
                foreach (AddressRecord address in addresses)
                    _ = messages.AddAddress(index, address.Address, address.PrefixLength);
                socket.Send(messages.SetUp(index), $"set up {name} in the container");
            });
        }
        catch (Exception e) when (e is NetlinkException or SyscallException)
        {
            throw TareException.Internal($"netDevices: {name}", e);
        }
    }
}
