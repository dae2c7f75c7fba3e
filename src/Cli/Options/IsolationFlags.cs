using Tare.Cli.CommandLine;
using Tare.EngineApi.Containers;

namespace Tare.Cli.Options;

/// <summary>Options on privileges, namespaces and devices.</summary>
internal sealed class IsolationFlags(FlagSet flags)
{
    private readonly SwitchFlag _privileged = flags.Switch("privileged", "Give extended privileges to this container");
    private readonly ListFlag _capAdd = flags.List("cap-add", "Add Linux capabilities");
    private readonly ListFlag _capDrop = flags.List("cap-drop", "Drop Linux capabilities");
    private readonly ListFlag _securityOpt = flags.List("security-opt", "Security Options");
    private readonly TextFlag _userns = flags.Text("userns", "User namespace to use");
    private readonly TextFlag _pid = flags.Text("pid", "PID namespace to use");
    private readonly TextFlag _ipc = flags.Text("ipc", "IPC mode to use");
    private readonly TextFlag _uts = flags.Text("uts", "UTS namespace to use");
    private readonly TextFlag _cgroupns = flags.Text("cgroupns", "Cgroup namespace to use (host|private)");
    private readonly TextFlag _cgroupParent = flags.Text("cgroup-parent", "Optional parent cgroup for the container");
    private readonly ListFlag _sysctl = flags.List("sysctl", "Sysctl options", valueName: "map");
    private readonly ListFlag _device = flags.List("device", "Add a host device to the container", check: t => DeviceOption.Device(t));
    private readonly ListFlag _deviceRule = flags.List("device-cgroup-rule", "Add a rule to the cgroup allowed devices list");
    private readonly ListFlag _ulimit = flags.List("ulimit", "Ulimit options", valueName: "ulimit", check: t => DeviceOption.Ulimit(t));
    private readonly NumberFlag _oomScore = flags.Integer("oom-score-adj", "Tune host's OOM preferences (-1000 to 1000)");

    public void ApplyTo(HostConfig host)
    {
        host.Privileged = _privileged.Value;
        host.CapAdd = _capAdd.OrNull;
        host.CapDrop = _capDrop.OrNull;
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
        host.DeviceRequests = cdi.Count > 0 ? [new DeviceRequest { Driver = "cdi", DeviceIDs = cdi }] : null;
        host.Ulimits = _ulimit.Values.Count > 0 ? _ulimit.Values.ConvertAll(DeviceOption.Ulimit) : null;
        SecurityOption.Apply(_securityOpt.Values, host);
    }
}
