using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>Known ways out of a container, tried on tare-runtime.</summary>
public sealed class RuntimeSecurityTests : IDisposable
{
    private readonly RuntimeBundle _bundle = new();

    [Fact]
    public void Descriptors_of_the_caller_do_not_reach_the_container()
    {
        string bundle = _bundle.Script("ls /proc/$$/fd; true");
        Result result = Repository.Run("bash", ["-c", "exec 5</ 7</etc 9</proc 23</; exec \"$@\"", "bash", Repository.Program("tare-runtime"), "--root", _bundle.State, "run", "-b", bundle, RuntimeBundle.NewId()]);
        Assert.Equal("0\n1\n2\n", result.Ok());
    }

    [Fact]
    public void No_working_directory_leads_out_through_a_descriptor()
    {
        string id = _bundle.Start("sleep 100");
        for (int fd = 3; fd <= 20; fd++)
        {
            string path = $"/proc/self/fd/{fd}";
            Result run = _bundle.Run(_bundle.Script("ls -d ../../../../../../etc/debian_version /mnt && cd /proc/1 && ls -d root/lib/systemd", s => s["process"]!["cwd"] = path));
            Assert.NotEqual(0, run.Code);
            Assert.DoesNotContain("debian_version\n", run.Output);
            Assert.NotEqual(0, _bundle.Tare("exec", "--cwd", path, id, "true").Code);
        }
    }

    [Fact]
    public void The_runtime_s_programs_cannot_be_overwritten_from_inside()
    {
        string[] programs = [Repository.Program("tare-runtime"), Repository.Program("tare-init")];
        string[] before = [.. programs.Select(Hash)];
        string id = _bundle.Start("while true; do for p in /proc/[0-9]*; do [ $p = /proc/$$ ] || echo pwned > $p/exe; done; done 2>/dev/null",
            s => s["process"]!["capabilities"] = All());
        File.WriteAllText(Path.Combine(_bundle.Rootfs, "bin/evil"), "#!/proc/self/exe\n");
        File.SetUnixFileMode(Path.Combine(_bundle.Rootfs, "bin/evil"), (UnixFileMode)0x1ed);
        for (int i = 0; i < 15; i++)
        {
            _ = _bundle.Tare("exec", id, "/bin/evil");
            _ = _bundle.Tare("exec", id, "/proc/self/exe", "--version");
        }
        Assert.Equal(before, programs.Select(Hash));
    }

    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    [InlineData("dev")]
    public void A_link_in_place_of_a_kernel_directory_is_refused_and_nothing_is_made_where_it_points(string name)
    {
        string outside = Path.Combine(_bundle.Root, "outside");
        Directory.CreateDirectory(outside);
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "trap"));
        Directory.Delete(Path.Combine(_bundle.Rootfs, name), recursive: true);
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, name), "/trap");
        Result result = _bundle.Run(_bundle.Script("echo ran", name == "dev" ? WithoutDev : null));
        Assert.NotEqual(0, result.Code);
        Assert.DoesNotContain("ran", result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_bundle.Rootfs, "trap")));
        File.Delete(Path.Combine(_bundle.Rootfs, name));
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, name), outside);
        Assert.NotEqual(0, _bundle.Run(_bundle.Script("echo ran", name == "dev" ? WithoutDev : null)).Code);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Theory]
    [InlineData("a file")]
    [InlineData("a link")]
    [InlineData("another device")]
    public void Something_else_in_the_place_of_a_device_is_refused(string what)
    {
        string place = Path.Combine(_bundle.Rootfs, "dev/null");
        if (what == "a file")
            File.WriteAllText(place, "secret");
        else if (what == "a link")
            File.CreateSymbolicLink(place, "/etc/passwd");
        else
            Repository.Run("mknod", [place, "c", "1", "5"]).Ok();
        Result result = _bundle.Run(_bundle.Script("echo ran", WithoutDev));
        Assert.NotEqual(0, result.Code);
        Assert.Contains("device /dev/null", result.Error);
    }

    [Fact]
    public void A_mask_hides_with_the_host_s_null_device_whatever_the_image_has()
    {
        File.WriteAllText(Path.Combine(_bundle.Rootfs, "dev/null"), "bait");
        string output = _bundle.Run(_bundle.Script("wc -c < /etc/passwd; stat -c %t:%T /etc/passwd", s => s["linux"]!["maskedPaths"] = new JsonArray("/etc/passwd"))).Ok();
        Assert.Equal("0\n1:3\n", output);
    }

    [Fact]
    public void A_mount_target_that_is_a_link_stays_inside()
    {
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "srv"));
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, "escape"), "/../../../../srv");
        string output = _bundle.Run(_bundle.Script("grep -c ' /srv ' /proc/self/mountinfo", s => s["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination":"/escape","type":"tmpfs","source":"tmpfs"}""")))).Ok();
        Assert.Equal("1\n", output);
        Assert.DoesNotContain(" /srv ", File.ReadAllText("/proc/self/mountinfo"));
    }

    [Fact]
    public void A_sysctl_is_not_written_into_a_file_system_that_lies_over_proc()
    {
        Result result = _bundle.Run(_bundle.Script("echo ran", s =>
        {
            s["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination":"/proc/sys/net","type":"tmpfs","source":"tmpfs"}"""));
            s["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward":"1"}""");
        }));
        Assert.NotEqual(0, result.Code);
        Assert.Contains("sysctl net.ipv4.ip_forward", result.Error);
    }

    [Fact]
    public void No_capability_is_inheritable_in_run_or_exec()
    {
        string id = _bundle.Start("sleep 100");
        Assert.EndsWith("0000000000000000\n", _bundle.Tare("exec", id, "grep", "CapInh", "/proc/self/status").Ok());
        Assert.EndsWith("0000000000000000\n", _bundle.Run(_bundle.Script("grep CapInh /proc/self/status")).Ok());
    }

    [Theory]
    [InlineData("1", "1 0")]
    [InlineData("1000:33", "1000 33")]
    [InlineData("2147483647:2147483647", "2147483647 2147483647")]
    [InlineData("2147483648", null)]
    [InlineData("4294967296", null)]
    [InlineData("4294967295:0", null)]
    [InlineData("-1", null)]
    [InlineData("root", null)]
    [InlineData("1:2:3", null)]
    [InlineData("", null)]
    public void An_exec_s_user_is_the_one_that_was_given_or_none(string user, string? expected)
    {
        string id = _bundle.Start("sleep 100", s => s["process"]!["capabilities"] = All());
        Result result = _bundle.Tare("exec", "--user=" + user, id, "sh", "-c", "echo $(id -u) $(id -g)");
        if (expected is null)
            Assert.Equal(255, result.Code);
        else
            Assert.Equal(expected + "\n", result.Ok());
    }

    [Fact]
    public void Supplementary_groups_are_exactly_the_wanted_ones()
    {
        string id = _bundle.Start("sleep 100", s =>
        {
            s["process"]!["user"] = JsonNode.Parse("""{"uid":1000,"gid":1000,"additionalGids":[1000,44]}""");
            s["process"]!["capabilities"] = All();
        });
        Assert.Equal("Groups:\t44 1000 \n", _bundle.Tare("exec", id, "grep", "Groups", "/proc/self/status").Ok());
        Assert.Equal("Groups:\t44 55 1000 \n", _bundle.Tare("exec", "-g", "55", id, "grep", "Groups", "/proc/self/status").Ok());
    }

    [Fact]
    public void A_passwd_file_that_never_ends_holds_nobody_up()
    {
        File.Delete(Path.Combine(_bundle.Rootfs, "etc/passwd"));
        Repository.Run("mkfifo", [Path.Combine(_bundle.Rootfs, "etc/passwd")]).Ok();
        Assert.Equal("/\n", _bundle.Run(_bundle.Script("echo $HOME")).Ok());
    }

    [Fact]
    public void A_container_s_directory_is_closed_to_others()
    {
        string id = _bundle.Start("sleep 100");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_bundle.State, "tare-runtime", id)));
        Assert.Contains("invalid container id", _bundle.Tare("state", "../" + id).Error);
    }

    [Fact]
    public void The_host_s_devices_and_clock_are_out_of_reach()
    {
        string output = _bundle.Run(_bundle.Script("mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg 2>&1; date -s 2001-01-01 2>&1 >/dev/null; cat /proc/kcore | wc -c",
            s => s["process"]!["capabilities"] = All("CAP_SYS_TIME"))).Output;
        Assert.Contains("Operation not permitted", output);
        Assert.Contains("can't set date", output);
        Assert.EndsWith("\n0\n", output);
    }

    public void Dispose() => _bundle.Dispose();

    private static void WithoutDev(JsonNode spec) =>
        spec["mounts"] = new JsonArray([.. spec["mounts"]!.AsArray().Where(m => !((string)m!["destination"]!).StartsWith("/dev", StringComparison.Ordinal)).Select(m => m!.DeepClone())]);

    private static JsonObject All(string? but = null)
    {
        string[] names = [.. new[] { "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_SYS_PTRACE" }.Where(n => n != but)];
        JsonArray List() => new([.. names.Select(n => JsonValue.Create(n))]);
        return new JsonObject { ["bounding"] = List(), ["effective"] = List(), ["permitted"] = List() };
    }

    private static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
}
