using System.Globalization;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>Namespaces that exist already, as files below /proc or wherever somebody has bound them.</summary>
internal static class NamespaceFile
{
    private static readonly Dictionary<string, ulong> Kinds = new(StringComparer.Ordinal)
    {
        ["cgroup"] = Sched.CLONE_NEWCGROUP,
        ["ipc"] = Sched.CLONE_NEWIPC,
        ["mount"] = Sched.CLONE_NEWNS,
        ["network"] = Sched.CLONE_NEWNET,
        ["pid"] = Sched.CLONE_NEWPID,
        ["time"] = Sched.CLONE_NEWTIME,
        ["user"] = Sched.CLONE_NEWUSER,
        ["uts"] = Sched.CLONE_NEWUTS,
    };

    /// <summary>Opens one and checks that it is of the type it is said to be.</summary>
    public static FileDescriptor Open(NamespaceSpec ns)
    {
        FileDescriptor opened;
        try
        {
            opened = Fcntl.Open(ns.Path!, Fcntl.O_RDONLY);
        }
        catch (SyscallException e)
        {
            throw TareException.Invalid($"{ns.Type} namespace path \"{ns.Path}\" cannot be opened", e);
        }
        if (Kinds.TryGetValue(ns.Type, out ulong kind) && Sched.TryGetKind(opened, out ulong found) == Errno.None && found == kind)
            return opened;
        opened.Dispose();
        throw TareException.Invalid($"{ns.Type} namespace path \"{ns.Path}\" is not a namespace of that type");
    }

    /// <summary>The number a process has in the innermost pid namespace it is in.</summary>
    public static int PidInside(int pid)
    {
        foreach (string line in File.ReadLines($"/proc/{pid}/status"))
            if (line.StartsWith("NSpid:", StringComparison.Ordinal))
                return int.Parse(line.Split('\t')[^1], CultureInfo.InvariantCulture);
        return pid;
    }
}
