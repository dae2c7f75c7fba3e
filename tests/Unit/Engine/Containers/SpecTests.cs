using Tare.Cgroups;
using Tare.Engine.Containers;
using Tare.Engine.Containers.Create;
using Tare.Engine.Containers.Mounts;
using Tare.Engine.Containers.Spec;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Oci.Image;
using Tare.Oci.Runtime;
using MountSpec = Tare.EngineApi.Containers.MountSpec;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class SpecTests
{
    private static readonly CgroupHierarchy Machine = new(new Dictionary<string, string>(), "/sys/fs/cgroup", ["cpu", "io", "memory", "pids"]);

    private static readonly UserDatabase Users = UserDatabase.Parse(
        "root:x:0:0:root:/root:/bin/sh\n# comment\nbroken\nann:x:1000:1001::/home/ann:/bin/sh\nbig:x:4294967295:0::/:\n",
        "root:x:0:\nstaff:x:50:ann,bob\nann:x:1001:\n");

    [Theory]
    [InlineData("", 0, 0, "/root", new uint[] { 0 })]
    [InlineData("ann", 1000, 1001, "/home/ann", new uint[] { 50, 1001 })]
    [InlineData("1000", 1000, 1001, "/home/ann", new uint[] { 50, 1001 })]
    [InlineData("ann:staff", 1000, 50, "/home/ann", new uint[] { 50 })]
    [InlineData("77:88", 77, 88, "/", new uint[] { 88 })]
    [InlineData("77", 77, 0, "/", new uint[] { 0 })]
    public void Users_are_found_by_name_and_number_with_their_groups(string user, uint uid, uint gid, string home, uint[] groups)
    {
        ContainerUser found = ContainerUser.Resolve(() => Users, user, []);
        Assert.Equal((uid, gid, home), (found.Uid, found.Gid, found.Home));
        Assert.Equal(groups, found.Groups);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("ann:nogroup")]
    [InlineData("4294967296")]
    [InlineData("2147483648")]
    [InlineData("-1")]
    [InlineData("0:4294967295")]
    public void Unknown_users_and_numbers_out_of_range_are_refused(string user) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => ContainerUser.Resolve(() => Users, user, [])).Kind);

    [Fact]
    public void Wanted_variables_come_before_those_of_the_image() =>
        Assert.Equal(["X=1", "LANG=en", "PATH=/bin"], ContainerEnvironment.Complete(["X=1", "LANG=en"], ["PATH=/bin", "LANG=C"]));

    [Fact]
    public void A_shown_command_has_quotes_around_words_with_spaces() =>
        Assert.Equal("sh -c 'echo hi'", ContainerList.Shown(["sh", "-c", "echo hi"]));

    [Theory]
    [InlineData("runsc", "", "unknown or invalid runtime name: runsc")]
    [InlineData("runc", "hyperv", "invalid isolation (hyperv): linux only supports 'default'")]
    public void Runtimes_and_isolations_that_are_not_there_are_refused(string runtime, string isolation, string message) =>
        Assert.Equal(message, Assert.Throws<TareException>(() => HostConfigCheck.Run(new HostConfig { Runtime = runtime, Isolation = isolation }, Machine)).Message);

    [Fact]
    public void The_default_specification_has_dockers_restrictions()
    {
        RuntimeSpec spec = Build(Record());
        Assert.Equal(["mount", "pid", "network", "ipc", "uts", "cgroup"], spec.Linux!.Namespaces!.Select(n => n.Type));
        Assert.Contains("/proc/kcore", spec.Linux.MaskedPaths!);
        Assert.Contains("/proc/sys", spec.Linux.ReadonlyPaths!);
        Assert.Empty(spec.Process!.Capabilities!.Inheritable!);
        Assert.DoesNotContain("CAP_SYS_ADMIN", spec.Process.Capabilities.Bounding!);
        Assert.Contains("CAP_CHOWN", spec.Process.Capabilities.Bounding!);
        Assert.Contains("ro", spec.Mounts!.Single(m => m.Destination == "/sys").Options!);
        Assert.Contains("HOME=/root", spec.Process.Env!);
        Assert.Equal(new string('a', 12), spec.Hostname);
    }

    [Fact]
    public void Host_modes_share_what_they_name()
    {
        ContainerRecord record = Record();
        (record.HostConfig.NetworkMode, record.HostConfig.PidMode, record.HostConfig.IpcMode, record.HostConfig.UTSMode) = ("host", "host", "host", "host");
        RuntimeSpec spec = Build(record);
        Assert.Equal(["mount", "cgroup"], spec.Linux!.Namespaces!.Select(n => n.Type));
        Assert.Null(spec.Hostname);
        Assert.Equal("/dev/shm", spec.Mounts!.Single(m => m.Destination == "/dev/shm").Source);
    }

    [Fact]
    public void Privileged_masks_nothing()
    {
        ContainerRecord record = Record();
        record.HostConfig.Privileged = true;
        RuntimeSpec spec = Build(record);
        Assert.Empty(spec.Linux!.MaskedPaths!);
        Assert.Empty(spec.Linux.ReadonlyPaths!);
        Assert.Contains("rw", spec.Mounts!.Single(m => m.Destination == "/sys").Options!);
    }

    [Fact]
    public void Mounts_come_in_the_order_of_their_depth_and_replace_defaults()
    {
        ContainerRecord record = Record() with
        {
            Mounts =
            [
                new MountRecord { Kind = MountKind.Bind, Destination = "/a/b", Source = "/two", ReadOnly = true },
                new MountRecord { Kind = MountKind.Bind, Destination = "/a", Source = "/one" },
                new MountRecord { Kind = MountKind.Tmpfs, Destination = "/dev/shm", TmpfsOptions = "size=1m,exec" },
            ],
        };
        RuntimeSpec spec = Build(record);
        List<string> destinations = [.. spec.Mounts!.Select(m => m.Destination)];
        Assert.True(destinations.IndexOf("/a") < destinations.IndexOf("/a/b"));
        Assert.Contains("rro", spec.Mounts!.Single(m => m.Destination == "/a/b").Options!);
        Tare.Oci.Runtime.MountSpec shm = spec.Mounts!.Single(m => m.Destination == "/dev/shm");
        Assert.Equal(["nosuid", "nodev", "size=1m", "exec"], shm.Options!);
    }

    [Fact]
    public void Capabilities_are_added_and_dropped_by_name()
    {
        Assert.Contains("CAP_NET_ADMIN", CapabilityChoice.Choose(new HostConfig { CapAdd = ["net_admin"] }));
        Assert.Equal(["CAP_CHOWN"], CapabilityChoice.Choose(new HostConfig { CapDrop = ["all"], CapAdd = ["CHOWN"] }));
        Assert.DoesNotContain("CAP_NET_RAW", CapabilityChoice.Choose(new HostConfig { CapAdd = ["ALL"], CapDrop = ["NET_RAW"] }));
        Assert.Throws<TareException>(() => CapabilityChoice.Choose(new HostConfig { CapAdd = ["FLY"] }));
    }

    [Fact]
    public void Commands_merge_as_users_know_it()
    {
        ImageRunConfig image = new() { Entrypoint = ["/entry"], Cmd = ["default"], Env = ["A=image", "B=image"], Labels = new() { ["l"] = "image" } };
        ContainerConfig plain = ConfigMerge.Merge(new ContainerConfig(), image);
        Assert.Equal(["/entry", "default"], [.. plain.Entrypoint!, .. plain.Cmd!]);
        ContainerConfig own = ConfigMerge.Merge(new ContainerConfig { Entrypoint = ["/mine"] }, image);
        Assert.Null(own.Cmd);
        ContainerConfig cleared = ConfigMerge.Merge(new ContainerConfig { Entrypoint = [""], Cmd = ["ls"] }, image);
        Assert.Null(cleared.Entrypoint);
        ContainerConfig changed = ConfigMerge.Merge(new ContainerConfig { Env = ["A=mine", "B"], Labels = new() { ["l"] = "mine" } }, image);
        // A bare name stays: at the start it takes the default of that name away.
        Assert.Equal(["A=mine", "B"], changed.Env!);
        Assert.Equal("mine", changed.Labels!["l"]);
        Assert.Equal("no command specified", Assert.Throws<TareException>(() => ConfigMerge.Merge(new ContainerConfig(), null)).Message);
    }

    [Theory]
    [InlineData("vol:/data:ro", MountKind.Volume, true)]
    [InlineData("/host:/data", MountKind.Bind, false)]
    [InlineData("/host:/x/../data:rw,rshared", MountKind.Bind, false)]
    public void Binds_are_read(string text, MountKind kind, bool readOnly)
    {
        MountRecord mount = BindSpec.Parse(text);
        Assert.Equal((kind, "/data", readOnly), (mount.Kind, mount.Destination, mount.ReadOnly));
    }

    [Theory]
    [InlineData("vol")]
    [InlineData("vol:data")]
    [InlineData("vol:/")]
    [InlineData("vol:/data:fast")]
    [InlineData("../x:/data")]
    [InlineData("a:b:c:d")]
    public void Wrong_binds_are_refused(string text) => Assert.Throws<TareException>(() => BindSpec.Parse(text));

    [Fact]
    public void A_mount_of_a_missing_host_path_is_refused_in_dockers_words() =>
        Assert.Equal("invalid mount config for type \"bind\": bind source path does not exist: /no/such",
            Assert.Throws<TareException>(() => MountRequest.Parse(new MountSpec { Type = "bind", Source = "/no/such", Target = "/x" })).Message);

    [Theory]
    [InlineData(1 << 20, 0, "Minimum memory limit allowed is 6MB")]
    [InlineData(64 << 20, 32 << 20, "Minimum memoryswap limit should be larger than memory limit, see usage")]
    [InlineData(0, 32 << 20, "You should always set the Memory limit when using Memoryswap limit, see usage")]
    public void Impossible_memory_limits_are_refused(long memory, long swap, string message) =>
        Assert.Equal(message, Assert.Throws<TareException>(() => HostConfigCheck.Run(new HostConfig { Memory = memory, MemorySwap = swap }, Machine)).Message);

    [Fact]
    public void Sysctls_outside_the_containers_namespaces_are_refused()
    {
        HostConfigCheck.Run(new HostConfig { Sysctls = new() { ["net.ipv4.ip_forward"] = "1", ["kernel.shmmax"] = "1" } }, Machine);
        Assert.Throws<TareException>(() => HostConfigCheck.Run(new HostConfig { Sysctls = new() { ["kernel.core_pattern"] = "|/x" } }, Machine));
        Assert.Throws<TareException>(() => HostConfigCheck.Run(new HostConfig { NetworkMode = "host", Sysctls = new() { ["net.ipv4.ip_forward"] = "1" } }, Machine));
    }

    [Fact]
    public void Rm_and_a_restart_policy_exclude_each_other() =>
        Assert.Throws<TareException>(() => HostConfigCheck.Run(new HostConfig { AutoRemove = true, RestartPolicy = new RestartPolicy { Name = "always" } }, Machine));

    private static ContainerRecord Record() => new()
    {
        Id = new string('a', 64),
        Name = "web",
        CreatedAt = 1,
        ImageId = "sha256:0",
        Config = new ContainerConfig { Cmd = ["true"] },
        HostConfig = new HostConfig { IpcMode = "private", CgroupnsMode = "private", NetworkMode = "bridge" },
        State = new LifecycleState.Created(ExitRecord.None),
    };

    private static RuntimeSpec Build(ContainerRecord record) =>
        ContainerSpec.Build(record, new ContainerUser(0, 0, [0], "/root"), new ContainerPaths("/data", "/run"), [], new HashSet<string>());
}
