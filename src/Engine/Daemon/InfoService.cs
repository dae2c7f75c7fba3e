using System.Diagnostics;
using Tare.Cgroups;
using Tare.Engine.Containers.State;
using Tare.Engine.Events;
using Tare.EngineApi;
using Tare.EngineApi.Daemon;
using Tare.Images;

namespace Tare.Engine.Daemon;

/// <summary>GET /info and GET /version: the engine and the machine as they are now.</summary>
public sealed class InfoService
{
    private const string Runtime = "tare";
    private static readonly string[] Controllers = ["memory", "cpu", "cpuset", "pids", "blkio", "io"];
    private readonly EngineOptions _options;
    private readonly CgroupHierarchy _cgroups;
    private readonly ContainerStore _containers;
    private readonly ImageStore _images;
    private readonly EventBus _events;
    private readonly string _id;

    internal InfoService(EngineOptions options, CgroupHierarchy cgroups, ContainerStore containers, ImageStore images, EventBus events)
    {
        _options = options;
        _cgroups = cgroups;
        _containers = containers;
        _images = images;
        _events = events;
        _id = ReadId(Path.Combine(options.DataRoot, "engine-id"));
    }

    /// <summary>The engine's version and what it is made of.</summary>
    public static VersionResponse Version() => new()
    {
        Platform = new VersionPlatform { Name = "Tare" },
        Version = EngineVersion.Text,
        ApiVersion = ApiVersions.Maximum,
        MinAPIVersion = ApiVersions.Minimum,
        Experimental = true,
        GoVersion = $".NET {Environment.Version}",
        Os = "linux",
        Arch = HostFacts.Platform,
        KernelVersion = HostFacts.KernelVersion,
        Components =
        [
            new ComponentVersion
            {
                Name = "Engine",
                Version = EngineVersion.Text,
                Details = new()
                {
                    ["ApiVersion"] = ApiVersions.Maximum,
                    ["MinAPIVersion"] = ApiVersions.Minimum,
                    ["Os"] = "linux",
                    ["Arch"] = HostFacts.Platform,
                    ["KernelVersion"] = HostFacts.KernelVersion,
                    ["GoVersion"] = $".NET {Environment.Version}",
                    ["GitCommit"] = "",
                    ["BuildTime"] = "",
                    ["Experimental"] = "true",
                },
            },
        ],
    };

    /// <summary>Counts, drivers, limits, and the machine.</summary>
    public InfoResponse Info()
    {
        List<LifecycleState> states = [.. _containers.Records.Select(record => record.State)];
        int running = states.Count(state => state is LifecycleState.Running or LifecycleState.Restarting);
        int paused = states.Count(state => state is LifecycleState.Paused);
        var available = Controllers.Where(HasController).ToHashSet();
        return new InfoResponse
        {
            ID = _id,
            ExperimentalBuild = true,
            Containers = states.Count,
            ContainersRunning = running,
            ContainersPaused = paused,
            ContainersStopped = states.Count - running - paused,
            Images = _images.List().Count,
            Driver = "overlay",
            DriverStatus = [["Backing Filesystem", HostFacts.FileSystem(_options.DataRoot)]],
            Plugins = new PluginsInfo { Volume = ["local"], Network = ["bridge", "host", "null"], Log = ["journald", "json-file", "local", "none", "syslog"] },
            MemoryLimit = available.Contains("memory"),
            SwapLimit = available.Contains("memory") && HasSwapLimit(),
            CpuCfsPeriod = available.Contains("cpu"),
            CpuCfsQuota = available.Contains("cpu"),
            CPUShares = available.Contains("cpu"),
            CPUSet = available.Contains("cpuset"),
            PidsLimit = available.Contains("pids"),
            IPv4Forwarding = HostFacts.IsOn("/proc/sys/net/ipv4/ip_forward"),
            Debug = _options.Debug,
            NFd = Directory.GetFileSystemEntries("/proc/self/fd").Length,
            NGoroutines = Process.GetCurrentProcess().Threads.Count,
            SystemTime = GoTime.Format(DateTimeOffset.UtcNow),
            LoggingDriver = _options.LogDriver,
            CgroupDriver = "cgroupfs",
            CgroupVersion = _cgroups.Shape == CgroupShape.Unified ? "2" : "1",
            NEventsListener = _events.SubscriberCount,
            KernelVersion = HostFacts.KernelVersion,
            OperatingSystem = HostFacts.Release("PRETTY_NAME"),
            OSVersion = HostFacts.Release("VERSION_ID"),
            Architecture = HostFacts.Machine,
            NCPU = Environment.ProcessorCount,
            MemTotal = HostFacts.Memory,
            DockerRootDir = _options.DataRoot,
            HttpProxy = Proxy("HTTP_PROXY"),
            HttpsProxy = Proxy("HTTPS_PROXY"),
            NoProxy = Proxy("NO_PROXY"),
            Name = HostFacts.Name,
            Labels = [.. _options.Labels],
            ServerVersion = EngineVersion.Text,
            Runtimes = new() { [Runtime] = new RuntimeInfo { Path = "tare-runtime" } },
            DefaultRuntime = Runtime,
            LiveRestoreEnabled = true,
            InitBinary = "tare-init",
            SecurityOptions = string.IsNullOrEmpty(_options.UsernsRemap)
                ? ["name=seccomp,profile=builtin", "name=cgroupns"] : ["name=seccomp,profile=builtin", "name=userns", "name=cgroupns"],
            RegistryConfig = Registries(),
            IndexServerAddress = "https://index.docker.io/v1/",
            CDISpecDirs = [.. _options.CdiSpecDirs],
            FirewallBackend = new FirewallInfo { Driver = "nftables" },
            Warnings = null,
        };
    }

    private RegistryConfig Registries()
    {
        var insecure = new Distribution.Hosts.InsecureHosts(_options.Registries.Insecure);
        var config = new RegistryConfig { InsecureRegistryCIDRs = [.. insecure.Networks], Mirrors = [.. _options.Registries.Mirrors] };
        config.IndexConfigs["docker.io"] = new IndexInfo { Name = "docker.io", Mirrors = [.. _options.Registries.Mirrors], Secure = true, Official = true };
        foreach (string name in insecure.Names)
            config.IndexConfigs[name] = new IndexInfo { Name = name };
        return config;
    }

    private bool HasController(string name) =>
        _cgroups.LegacyMounts.Keys.Any(mounted => mounted.Split(',').Contains(name)) || _cgroups.UnifiedControllers.Contains(name);

    private bool HasSwapLimit() => _cgroups.LegacyMounts.TryGetValue("memory", out string? mount)
        ? File.Exists(Path.Combine(mount, "memory.memsw.limit_in_bytes"))
        : File.Exists("/proc/swaps");

    private static string Proxy(string name) =>
        Environment.GetEnvironmentVariable(name) ?? Environment.GetEnvironmentVariable(name.ToLowerInvariant()) ?? "";

    private static string ReadId(string path)
    {
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } id)
            return id;
        string made = Guid.NewGuid().ToString();
        File.WriteAllText(path, made);
        return made;
    }
}
