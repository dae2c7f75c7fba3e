using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups.Systemd;

/// <summary>
/// A container's group as a transient scope of systemd, which then leaves what is below it to us (Delegate). Limits are told to systemd too: it writes the
/// ones it knows again whenever it is reloaded.
/// </summary>
public sealed class SystemdScope
{
    private const string PrivateSocket = "/run/systemd/private", SystemBus = "/run/dbus/system_bus_socket";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly string _slice;

    private SystemdScope(string unit, string slice, string path) => (Unit, _slice, Path) = (unit, slice, path);

    /// <summary>"prefix-name.scope".</summary>
    public string Unit { get; }

    /// <summary>The group's path below each mount point.</summary>
    public string Path { get; }

    /// <summary>Where systemd listens, when it is not where it always is.</summary>
    private string? Socket { get; init; }

    /// <summary>Takes "slice:prefix:name" apart; an empty value is "system.slice:tare:ID" (user.slice for an ordinary user).</summary>
    public static SystemdScope Parse(string cgroupsPath, string id, string? socket = null)
    {
        string[] parts = cgroupsPath.Length == 0 ? ["", "tare", id] : cgroupsPath.Split(':');
        if (parts.Length != 3 || parts[2].Length == 0)
            throw TareException.Invalid($"cgroupsPath \"{cgroupsPath}\": with systemd cgroups it is slice:prefix:name");
        string slice = parts[0].Length > 0 ? parts[0] : Unistd.EffectiveUserId == 0 ? "system.slice" : "user.slice";
        string unit = parts[1].Length > 0 ? $"{parts[1]}-{parts[2]}.scope" : $"{parts[2]}.scope";
        if (unit.Contains('/', StringComparison.Ordinal))
            throw TareException.Invalid($"cgroupsPath \"{cgroupsPath}\": a unit's name has no slash");
        return new SystemdScope(unit, slice, Expand(slice) + "/" + unit) { Socket = socket };
    }

    /// <summary>A scope that was made earlier.</summary>
    public static SystemdScope Of(string unit, string path) => new(unit, "", path);

    /// <summary>"a-b.slice" lies in "a.slice": its path is "/a.slice/a-b.slice". "-.slice" is the root.</summary>
    internal static string Expand(string slice)
    {
        const string Suffix = ".slice";
        if (!slice.EndsWith(Suffix, StringComparison.Ordinal) || slice.Length == Suffix.Length || slice.Contains('/', StringComparison.Ordinal))
            throw TareException.Invalid($"invalid slice name: {slice}");
        string name = slice[..^Suffix.Length];
        if (name == "-")
            return "";
        string path = "", prefix = "";
        foreach (string part in name.Split('-'))
        {
            if (part.Length == 0)
                throw TareException.Invalid($"invalid slice name: {slice}");
            path += $"/{prefix}{part}{Suffix}";
            prefix += part + "-";
        }
        return path;
    }

    /// <summary>Starts the scope around a process, which may be a placeholder: systemd makes none without one.</summary>
    public void Start(int pid, CgroupLimits limits)
    {
        using DbusConnection systemd = Connect();
        DbusWriter body = new();
        _ = body.Text(Unit).Text("replace").Array(8, () =>
        {
            Property(body, "Description", "s", () => body.Text($"container {Unit}"));
            Property(body, "Slice", "s", () => body.Text(_slice));
            Property(body, "Delegate", "b", () => body.Number(1));
            Property(body, "DefaultDependencies", "b", () => body.Number(0));
            foreach (string accounting in (string[])["MemoryAccounting", "CPUAccounting", "TasksAccounting", "IOAccounting"])
                Property(body, accounting, "b", () => body.Number(1));
            Property(body, "PIDs", "au", () => body.Array(4, () => body.Number((uint)pid)));
            Limits(body, limits);
        }).Array(8, () => { });
        try
        {
            systemd.Manager("StartTransientUnit", "ssa(sv)a(sa(sv))", body);
        }
        catch (TareException e) when (e.Kind == ErrorKind.Internal)
        {
            // An earlier scope of that name may have failed, or its end may not be known to systemd yet.
            _ = TryManager(systemd, "ResetFailedUnit", "s", new DbusWriter().Text(Unit));
            Thread.Sleep(Pause);
            if (!TryManager(systemd, "StartTransientUnit", "ssa(sv)a(sa(sv))", body))
                throw;
        }
    }

    /// <summary>Tells systemd of changed limits.</summary>
    public void Update(CgroupLimits limits)
    {
        using DbusConnection systemd = Connect();
        DbusWriter body = new();
        _ = body.Text(Unit).Number(1 /* runtime only */).Array(8, () => Limits(body, limits));
        systemd.Manager("SetUnitProperties", "sba(sv)", body);
    }

    /// <summary>Ends the scope and forgets that it failed, if it did; one that is gone already is no error.</summary>
    public void Stop()
    {
        using DbusConnection systemd = Connect();
        _ = TryManager(systemd, "StopUnit", "ss", new DbusWriter().Text(Unit).Text("replace"));
        _ = TryManager(systemd, "ResetFailedUnit", "s", new DbusWriter().Text(Unit));
    }

    /// <summary>False when systemd refuses.</summary>
    private static bool TryManager(DbusConnection systemd, string member, string signature, DbusWriter body)
    {
        try
        {
            systemd.Manager(member, signature, body);
            return true;
        }
        catch (Exception e) when (e is TareException or SyscallException)
        {
            return false;
        }
    }

    private static void Limits(DbusWriter body, CgroupLimits limits)
    {
        if (limits.Memory.Limit is { } memory and not 0)
            Property(body, "MemoryMax", "t", () => body.Long(memory < 0 ? ulong.MaxValue : (ulong)memory));
        if (limits.Memory.Reservation is { } low)
            Property(body, "MemoryLow", "t", () => body.Long(low < 0 ? ulong.MaxValue : (ulong)low));
        if (limits.Pids is { } pids)
            Property(body, "TasksMax", "t", () => body.Long(pids < 0 ? ulong.MaxValue : Math.Max((ulong)pids, 1)));
        if (limits.Cpu.Shares is { } shares and > 0)
            Property(body, "CPUWeight", "t", () => body.Long(V2.CpuController.Weight(shares)));
        if (limits.Cpu.Quota is { } quota && quota != 0)
            Property(body, "CPUQuotaPerSecUSec", "t", () => body.Long(quota < 0 ? ulong.MaxValue : (ulong)quota * 1_000_000 / (limits.Cpu.Period is > 0 ? limits.Cpu.Period.Value : 100_000)));
    }

    private static void Property(DbusWriter body, string name, string signature, Action value)
    {
        _ = body.Align(8).Text(name).Signature(signature);
        value();
    }

    private DbusConnection Connect()
    {
        if (Socket is not null)
            return DbusConnection.Open(Socket, isBus: false);
        if (Unistd.EffectiveUserId != 0)
        {
            string address = Environment.GetEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS") ?? $"unix:path={Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR")}/bus";
            return DbusConnection.Open(address.Split(',')[0].Replace("unix:path=", "", StringComparison.Ordinal), isBus: true);
        }
        return File.Exists(PrivateSocket) || !File.Exists(SystemBus) ? DbusConnection.Open(PrivateSocket, isBus: false) : DbusConnection.Open(SystemBus, isBus: true);
    }
}
