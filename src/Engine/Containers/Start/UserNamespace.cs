using Tare.Engine.Containers.State;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Engine.Containers.Start;

/// <summary>
/// The user namespace of a container, made before it, with a network namespace that belongs to it; and mounts seen through its ids. Owns the descriptors
/// until the start is over.
/// </summary>
internal sealed class UserNamespace : IDisposable
{
    private UserNamespace(FileDescriptor users, FileDescriptor network) => (Users, Network) = (users, network);

    /// <summary>The user namespace.</summary>
    internal FileDescriptor Users { get; }

    /// <summary>A network namespace with a loopback only.</summary>
    internal FileDescriptor Network { get; }

    /// <summary>Null for a container with the host's ids.</summary>
    internal static UserNamespace? Create(ContainerRecord record)
    {
        if (record.Users is not { } range)
            return null;
        IdMapping[] map = [new IdMapping { ContainerId = 0, HostId = range.Base, Size = range.Size }];
        (FileDescriptor users, FileDescriptor network) = UserNamespaceFile.CreateWithNetwork(map, map);
        return new UserNamespace(users, network);
    }

    /// <summary>A tree whose files belong to the container as they belong to the host: its root owns what root owns.</summary>
    internal void MapIds(FileDescriptor tree, string what)
    {
        Errno errno = Mount.TryMapIds(tree, Users, recursive: true);
        if (errno != Errno.None)
        {
            throw new TareException(ErrorKind.NotSupported,
                $"map the ids of {what} (its file system must support id-mapped mounts; --userns host does without)", new SyscallException("mount_setattr", errno, what));
        }
    }

    /// <summary>A part of the host's tree, mapped.</summary>
    internal FileDescriptor Map(string path, bool recursive)
    {
        FileDescriptor tree = Mount.CloneTree(path, recursive);
        try
        {
            MapIds(tree, path);
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Users.Dispose();
        Network.Dispose();
    }
}
