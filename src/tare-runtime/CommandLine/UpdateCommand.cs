using System.Globalization;
using System.Text.Json;
using Tare.Cgroups;
using Tare.Cgroups.Systemd;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`update`: new limits for a running container, from a resources document or from options.</summary>
internal static class UpdateCommand
{
    private static readonly string[] Values =
    [
        "--resources|-r", "--memory", "--memory-reservation", "--memory-swap", "--cpu-period", "--cpu-quota", "--cpu-burst", "--cpu-share", "--cpu-idle",
        "--cpuset-cpus", "--cpuset-mems", "--blkio-weight", "--pids-limit", "--cpu-rt-period", "--cpu-rt-runtime", "--l3-cache-schema", "--mem-bw-schema",
        "--kernel-memory", "--kernel-memory-tcp",
    ];

    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, Values, []);
        using ContainerProcess container = ContainerProcess.Open(options.Root, arguments.Id);
        _ = container.Running();
        if ((arguments.Value("--l3-cache-schema") ?? arguments.Value("--mem-bw-schema")) is not null)
            throw new TareException(ErrorKind.NotSupported, "Intel RDT is not supported by this runtime");
        CgroupLimits limits = arguments.Value("--resources") is { } file ? FromDocument(file) : FromOptions(arguments);
        container.Cgroup.Update(limits);
        if (container.State.Scope is { } scope)
            SystemdScope.Of(scope, container.State.Cgroup).Update(limits);
        foreach (string warning in container.Cgroup.Warnings)
            Report.Warning(options, warning);
        return 0;
    }

    private static CgroupLimits FromDocument(string file)
    {
        byte[] document = file == "-" ? StandardInput() : File.ReadAllBytes(file);
        try
        {
            return CgroupConfiguration.Limits(JsonSerializer.Deserialize(document, RuntimeSpecJson.Default.LinuxResources));
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"{file} is not a resources document of the OCI runtime specification", error);
        }
    }

    private static byte[] StandardInput()
    {
        using FileDescriptor input = new(0, owns: false);
        using MemoryStream all = new();
        byte[] buffer = new byte[8192];
        for (int read = input.Read(buffer); read > 0; read = input.Read(buffer))
            all.Write(buffer, 0, read);
        return all.ToArray();
    }

    private static CgroupLimits FromOptions(CommandArguments arguments) => new()
    {
        Memory = new()
        {
            Limit = Bytes(arguments, "--memory"),
            Reservation = Bytes(arguments, "--memory-reservation"),
            Swap = Bytes(arguments, "--memory-swap"),
        },
        Cpu = new()
        {
            Period = (ulong?)Number(arguments, "--cpu-period"),
            Quota = Number(arguments, "--cpu-quota"),
            Burst = (ulong?)Number(arguments, "--cpu-burst"),
            Shares = (ulong?)Number(arguments, "--cpu-share"),
            Idle = Number(arguments, "--cpu-idle"),
            RealtimePeriod = (ulong?)Number(arguments, "--cpu-rt-period"),
            RealtimeRuntime = Number(arguments, "--cpu-rt-runtime"),
            Cpus = arguments.Value("--cpuset-cpus"),
            Mems = arguments.Value("--cpuset-mems"),
        },
        BlockIo = new() { Weight = (ushort?)Number(arguments, "--blkio-weight") },
        Pids = Number(arguments, "--pids-limit"),
    };

    private static long? Number(CommandArguments arguments, string name) => arguments.Value(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
        : throw TareException.Invalid($"{name}: \"{text}\" is not a number");

    /// <summary>A size in bytes, with a unit if one is given: 32M is 32 * 1024 * 1024.</summary>
    private static long? Bytes(CommandArguments arguments, string name)
    {
        if (arguments.Value(name) is not { Length: > 0 } text)
            return null;
        string digits = text.TrimEnd('b', 'B').TrimEnd('i');
        int shift = digits.Length == 0 ? -1 : char.ToLowerInvariant(digits[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, _ => 0 };
        return shift >= 0 && long.TryParse(shift > 0 ? digits[..^1] : digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value << shift : throw TareException.Invalid($"invalid value for {name}: \"{text}\" is not a number of bytes");
    }
}
