using Tare.Errors;
using Tare.Linux;

namespace Tare.Cgroups.V2;

/// <summary>The device filter of cgroup v2, which has no files: a program attached to the group. Also serves the v2 tree of the hybrid shape.</summary>
internal sealed class DevicesController : IController
{
    public string Name => "devices";

    public bool IsNeeded(CgroupLimits limits) => limits.Devices is { } rules && !DeviceTable.From(rules).AllowsEverything;

    public void Apply(string directory, CgroupLimits limits, ICollection<string> warnings)
    {
        if (limits.Devices is null || DeviceTable.From(limits.Devices) is { AllowsEverything: true })
            return;
        byte[] code = DeviceProgram.Generate(DeviceTable.From(limits.Devices));
        try
        {
            using FileDescriptor group = Fcntl.Open(directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
            using FileDescriptor program = Bpf.LoadProgram(Bpf.BPF_PROG_TYPE_CGROUP_DEVICE, code);
            Bpf.AttachToCgroup(group, program, Bpf.BPF_CGROUP_DEVICE, Bpf.BPF_F_ALLOW_MULTI);
        }
        catch (SyscallException error)
        {
            // Starting without the filter would hand the container every device of the host.
            throw new TareException(ErrorKind.NotSupported,
                $"attach the device filter to {directory} (needs root and a kernel with CONFIG_CGROUP_BPF)", error);
        }
    }

    public CgroupStats Read(string directory, CgroupStats stats) => stats;
}
