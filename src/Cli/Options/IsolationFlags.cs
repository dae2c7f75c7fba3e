using Tare.Cli.CommandLine;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>Options on privileges, namespaces and devices.</summary>
internal sealed class IsolationFlags(FlagSet flags)
{
    private readonly SwitchFlag _privileged = flags.Switch("privileged", "Give extended privileges to this container");
    private readonly ListFlag _capAdd = flags.List("cap-add", "Add Linux capabilities");
    private readonly ListFlag _capDrop = flags.List("cap-drop", "Drop Linux capabilities");
    private readonly ListFlag _securityOpt = flags.List("security-opt", "Security Options");
    private readonly TextFlag _userns = flags.Text("userns", "User namespace to use (host, auto[:size=N])");
    private readonly TextFlag _pid = flags.Text("pid", "PID namespace to use");
    private readonly TextFlag _ipc = flags.Text("ipc", "IPC mode to use");
    private readonly TextFlag _uts = flags.Text("uts", "UTS namespace to use");
    private readonly TextFlag _cgroupns = flags.Text("cgroupns", "Cgroup namespace to use (host|private)");
    private readonly TextFlag _cgroupParent = flags.Text("cgroup-parent", "Optional parent cgroup for the container");
    private readonly ListFlag _sysctl = flags.List("sysctl", "Sysctl options", valueName: "map", check: CheckSysctl);
    private readonly ListFlag _device = flags.List("device", "Add a host device to the container");
    private readonly ListFlag _gpus = flags.List("gpus", "GPU devices to add to the container ('all' to pass all GPUs)", valueName: "gpu-request", check: t => GpuOption.Parse(t));
    private readonly TextFlag _isolation = flags.Text("isolation", "Container isolation technology");
    private readonly ListFlag _deviceRule = flags.List("device-cgroup-rule", "Add a rule to the cgroup allowed devices list");
    private readonly ListFlag _ulimit = flags.List("ulimit", "Ulimit options", valueName: "ulimit", check: t => DeviceOption.Ulimit(t));
    private readonly NumberFlag _oomScore = flags.Integer("oom-score-adj", "Tune host's OOM preferences (-1000 to 1000)");

    public void ApplyTo(HostConfig host)
    {
        CheckMode("pid", "PID", _pid.Value, "host");
        CheckMode("uts", "UTS", _uts.Value, "host");
        CheckMode("cgroupns", "CGROUP", _cgroupns.Value, "host", "private");
        host.Privileged = _privileged.Value;
        host.CapAdd = Capabilities(_capAdd);
        host.CapDrop = Capabilities(_capDrop);
        host.UsernsMode = _userns.Value;
        host.PidMode = _pid.Value;
        host.IpcMode = _ipc.Value;
        host.UTSMode = _uts.Value;
        host.CgroupnsMode = _cgroupns.Value;
        host.CgroupParent = _cgroupParent.Value;
        host.Sysctls = EnvFile.ToMap(_sysctl.Values);
        host.OomScoreAdj = (int)_oomScore.Value;
        host.DeviceCgroupRules = _deviceRule.OrNull;
        List<string> cdi = _device.Values.FindAll(DeviceOption.IsCdiName);
        List<string> paths = _device.Values.FindAll(d => !DeviceOption.IsCdiName(d));
        host.Devices = paths.Count > 0 ? paths.ConvertAll(DeviceOption.Device) : null;
        List<DeviceRequest> requests = _gpus.Values.ConvertAll(GpuOption.Parse);
        if (cdi.Count > 0)
            requests.Add(new DeviceRequest { Driver = "cdi", DeviceIDs = cdi });
        host.DeviceRequests = requests.Count > 0 ? requests : null;
        host.Isolation = _isolation.Value;
        host.Ulimits = _ulimit.Values.Count > 0 ? _ulimit.Values.ConvertAll(DeviceOption.Ulimit) : null;
        SecurityOption.Apply(_securityOpt.Values, host);
    }

    /// <summary>Empty, one of the words, or a container's where the namespace can be another container's.</summary>
    private static void CheckMode(string flag, string name, string value, params string[] words)
    {
        bool shared = flag == "pid" && value.StartsWith("container:", StringComparison.Ordinal) && value.Length > "container:".Length;
        if (value.Length > 0 && !shared && !words.Contains(value))
            throw TareException.Invalid($"--{flag}: invalid {name} mode");
    }

    private static void CheckSysctl(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !NamespacedSysctls.Has(text[..equals]))
            throw TareException.Invalid($"sysctl '{text}' is not allowed");
    }

    /// <summary>With their prefix, as the kernel writes them.</summary>
    private static List<string>? Capabilities(ListFlag flag) => flag.OrNull?.ConvertAll(static name =>
    {
        string upper = name.Trim().ToUpperInvariant();
        return upper == "ALL" || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
    });
}
