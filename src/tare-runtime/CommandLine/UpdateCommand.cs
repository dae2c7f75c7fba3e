using System.Globalization;
using System.Text.Json;
using Tare.Cgroups;
using Tare.Errors;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`update`: new limits for a running container, from a resources document or from options.</summary>
internal static class UpdateCommand
{
    private static readonly string[] Values =
    [
        "--resources|-r", "--memory", "--memory-reservation", "--memory-swap", "--cpu-period", "--cpu-quota", "--cpu-burst", "--cpu-share", "--cpu-idle",
        "--cpuset-cpus", "--cpuset-mems", "--blkio-weight", "--pids-limit",
    ];

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, []);
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        _ = container.Running();
        container.Cgroup.Update(arguments.Value("--resources") is { } file ? FromDocument(file) : FromOptions(arguments));
        foreach (string warning in container.Cgroup.Warnings)
            Report.Error(options, $"warning: {warning}");
        return 0;
    }

    private static CgroupLimits FromDocument(string file)
    {
        using FileStream stream = File.OpenRead(file == "-" ? "/dev/stdin" : file);
        try
        {
            return CgroupConfiguration.Limits(JsonSerializer.Deserialize(stream, RuntimeSpecJson.Default.LinuxResources));
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"{file} is not a resources document of the OCI runtime specification", error);
        }
    }

    private static CgroupLimits FromOptions(CommandArguments arguments) => new()
    {
        Memory = new()
        {
            Limit = Number(arguments, "--memory"),
            Reservation = Number(arguments, "--memory-reservation"),
            Swap = Number(arguments, "--memory-swap"),
        },
        Cpu = new()
        {
            Period = (ulong?)Number(arguments, "--cpu-period"),
            Quota = Number(arguments, "--cpu-quota"),
            Burst = (ulong?)Number(arguments, "--cpu-burst"),
            Shares = (ulong?)Number(arguments, "--cpu-share"),
            Idle = Number(arguments, "--cpu-idle"),
            Cpus = arguments.Value("--cpuset-cpus"),
            Mems = arguments.Value("--cpuset-mems"),
        },
        BlockIo = new() { Weight = (ushort?)Number(arguments, "--blkio-weight") },
        Pids = Number(arguments, "--pids-limit"),
    };

    private static long? Number(CommandArguments arguments, string name) => arguments.Value(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
        : throw TareException.Invalid($"{name}: \"{text}\" is not a number");
}
