namespace Tare.EngineApi.Containers;

/// <summary>Kernel settings that a container may have: those of its own IPC, UTS and network namespaces, under their names in sysctl(8).</summary>
public static class NamespacedSysctls
{
    private static readonly HashSet<string> Kernel = new(StringComparer.Ordinal)
    {
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
    };

    /// <summary>The network namespace's.</summary>
    public static bool IsNetwork(string name) => name.StartsWith("net.", StringComparison.Ordinal);

    /// <summary>The IPC namespace's.</summary>
    public static bool IsIpc(string name) => Kernel.Contains(name) || name.StartsWith("fs.mqueue.", StringComparison.Ordinal);

    /// <summary>One of any namespace.</summary>
    public static bool Has(string name) => IsNetwork(name) || IsIpc(name) || name == "kernel.domainname";
}
