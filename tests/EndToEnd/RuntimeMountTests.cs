using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>Mounts whose sources are mounts made before them in the same container, with and without a user namespace and mapped ids.</summary>
public sealed class RuntimeMountTests : IDisposable
{
    private readonly RuntimeBundle _bundle = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_source_below_the_root_shows_the_mounts_made_before_it(bool userNamespace, bool mapped)
    {
        foreach (string part in new[] { "a/x", "b/y", "c/z" })
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Host, part)).FullName, "file"), part + "\n");
        File.SetUnixFileMode(Host, (UnixFileMode)0x1c0); // only the host's root reaches what is in it
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "mnt"));
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "final"));
        Result result = _bundle.Run(_bundle.Script("cat /final/x/y/z/z/x/y/z/x/file; stat -c %u /final", s =>
        {
            if (userNamespace)
                Userns(s);
            Bind(s, $"{Host}/a", "/mnt");
            Bind(s, $"{Host}/b", "/mnt/x");
            Bind(s, $"{Host}/c", "/mnt/x/y");
            Bind(s, $"{Host}/a", "/mnt/x/y/z");
            Bind(s, $"{_bundle.Rootfs}/mnt/x", "/mnt/x/y/z/x", mapped);
            Bind(s, $"{_bundle.Rootfs}/mnt/x/y", "/mnt/x/y/z", mapped);
            Bind(s, $"{_bundle.Rootfs}/mnt", "/final", mapped);
        }));
        // The host's root is nobody in a user namespace unless the mount maps him.
        Assert.Equal("a/x\n" + (mapped ? userNamespace ? "0" : "100000" : userNamespace ? "65534" : "0") + "\n", result.Ok());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_directory_that_shows_only_in_a_mount_gets_a_directory(bool userNamespace)
    {
        Directory.CreateDirectory(Path.Combine(Host, "directory"));
        File.WriteAllText(Path.Combine(Host, "directory", "file"), "content\n");
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "mnt"));
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "deep"));
        Result result = _bundle.Run(_bundle.Script("cat /deep/new/file /deep/other", s =>
        {
            if (userNamespace)
                Userns(s);
            s["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination":"/mnt","type":"tmpfs","source":"tmpfs"}"""));
            s["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination":"/deep","type":"tmpfs","source":"tmpfs"}"""));
            Bind(s, $"{Host}/directory", "/mnt/x");
            Bind(s, $"{_bundle.Rootfs}/mnt/x", "/deep/new");
            Bind(s, $"{_bundle.Rootfs}/mnt/x/file", "/deep/other");
        }));
        Assert.Equal("content\ncontent\n", result.Ok());
    }

    [Fact]
    public void A_link_in_the_root_file_system_does_not_lead_a_source_to_the_host()
    {
        Directory.CreateDirectory(Host);
        File.WriteAllText(Path.Combine(Host, "secret"), "of the host\n");
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, "link"), Host);
        Result result = _bundle.Run(_bundle.Script("cat /seen/secret", s => Bind(s, $"{_bundle.Rootfs}/link", "/seen")));
        Assert.NotEqual(0, result.Code);
        Assert.DoesNotContain("of the host", result.Output);
    }

    [Fact]
    public void A_missing_source_below_the_root_is_named()
    {
        Result result = _bundle.Run(_bundle.Script("true", s =>
        {
            Userns(s);
            Bind(s, $"{_bundle.Rootfs}/nowhere", "/seen");
        }));
        Assert.Contains("nowhere: no such file or directory", result.Error);
    }

    [Theory]
    [InlineData("bind", false, "ro,nodev,noexec")]
    [InlineData("bind,nosuid", false, "rw,nosuid")]
    [InlineData("bind,nosuid", true, "ro,nosuid,nodev,noexec")]
    [InlineData("bind,rw", false, "rw")]
    [InlineData("bind,rw", true, "operation not permitted")]
    [InlineData("bind,exec,ro", true, "cannot clear locked flags noexec")]
    public void Flags_of_a_bind_are_those_given_unless_a_user_namespace_locks_them(string options, bool userNamespace, string expected)
    {
        Directory.CreateDirectory(Host);
        Repository.Run("mount", ["-t", "tmpfs", "tare-flags", Host]).Ok();
        try
        {
            Repository.Run("mount", ["-o", "remount,bind,ro,nodev,noexec", Host]).Ok();
            Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "mnt"));
            Result result = _bundle.Run(_bundle.Script("awk '$5 == \"/mnt\" { print $6 }' /proc/self/mountinfo", s =>
            {
                if (userNamespace)
                    Userns(s);
                s["mounts"]!.AsArray().Add(JsonNode.Parse($$"""{"destination":"/mnt","source":"{{Host}}","options":["{{options.Replace(",", "\",\"", StringComparison.Ordinal)}}"]}"""));
            }));
            if (result.Code == 0)
                Assert.Equal(expected + ",relatime\n", result.Output);
            else
                Assert.Contains(expected, result.Error);
        }
        finally
        {
            Repository.Run("umount", [Host]).Ok();
        }
    }

    [Fact]
    public void A_relative_source_begins_at_the_bundle()
    {
        string bundle = _bundle.Script("cat /seen/file", s => s["mounts"]!.AsArray().Add(JsonNode.Parse("""{"destination":"/seen","source":"data/","options":["bind"]}""")));
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(bundle, "data")).FullName, "file"), "in the bundle\n");
        Assert.Equal("in the bundle\n", _bundle.Run(bundle).Ok());
    }

    public void Dispose() => _bundle.Dispose();

    private string Host => Path.Combine(_bundle.Root, "host");

    private static void Userns(JsonNode s)
    {
        s["linux"]!["namespaces"]!.AsArray().Add(JsonNode.Parse("""{"type":"user"}"""));
        foreach (string map in new[] { "uidMappings", "gidMappings" })
            s["linux"]![map] = JsonNode.Parse("""[{"containerID":0,"hostID":100000,"size":65536}]""");
    }

    private static void Bind(JsonNode s, string source, string destination, bool mapped = false)
    {
        JsonNode mount = JsonNode.Parse($$"""{"destination":"{{destination}}","type":"bind","source":"{{source}}","options":["rbind","rprivate"{{(mapped ? ",\"idmap\"" : "")}}]}""")!;
        foreach (string map in mapped ? ["uidMappings", "gidMappings"] : Array.Empty<string>())
            mount[map] = JsonNode.Parse("""[{"containerID":0,"hostID":100000,"size":65536}]""");
        s["mounts"]!.AsArray().Add(mount);
    }
}
