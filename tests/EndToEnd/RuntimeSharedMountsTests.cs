using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <summary>Containers without a mount namespace (config-linux.md#namespaces: they inherit the runtime's), run in one that the test throws away.</summary>
public sealed class RuntimeSharedMountsTests : IDisposable
{
    private readonly RuntimeBundle _bundle = new();

    [Theory]
    [InlineData("private", true)]
    [InlineData("shared", true)]
    [InlineData("shared", false)]
    public void A_container_without_a_mount_namespace_is_in_its_caller_s_and_its_mounts_go_with_it(string propagation, bool ownsPids)
    {
        File.WriteAllText(Path.Combine(_bundle.Rootfs, "marker"), "inside\n");
        string bundle = _bundle.Write(s => Without(s, ownsPids), "sleep", "100");
        Assert.Equal("""
            same
            proc on /proc
            inside
            inside
            0 left
            0 of none

            """, Run(propagation, $$"""
            before=$(wc -l < /proc/self/mountinfo)
            tare run -d -b {{bundle}} c </dev/null >/dev/null 2>&1
            pid=$(tare state c | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
            [ $(readlink /proc/$pid/ns/mnt) = $(readlink /proc/self/ns/mnt) ] && echo same
            tare exec c mount | sed -n 's/ type.*//; /^proc on .proc$/p'
            tare exec c cat /marker
            tare exec --cwd / c sh -c 'cat ../../../../marker'
            tare delete -f c
            echo $(($(wc -l < /proc/self/mountinfo) - before)) left
            ls {{_bundle.Rootfs}}/proc | wc -l | sed 's/$/ of none/'
            """).Ok());
    }

    [Fact]
    public void A_container_without_a_mount_namespace_that_cannot_start_leaves_no_mount()
    {
        string wrong = _bundle.Write(s => Without(s, true), "/no/such/program");
        string hook = _bundle.Write(s =>
        {
            Without(s, true);
            s["hooks"] = JsonNode.Parse("""{"startContainer":[{"path":"/bin/false"}]}""");
        }, "true");
        Assert.Equal("1\n1\n0 left\n", Run("private", $$"""
            before=$(wc -l < /proc/self/mountinfo)
            tare run -b {{wrong}} one </dev/null >/dev/null 2>&1; echo $?
            tare run -b {{hook}} two </dev/null >/dev/null 2>&1; echo $?
            echo $(($(wc -l < /proc/self/mountinfo) - before)) left
            """).Ok());
    }

    [Fact]
    public void Hooks_inside_a_container_without_a_mount_namespace_see_its_files()
    {
        File.WriteAllText(Path.Combine(_bundle.Rootfs, "marker"), "inside\n");
        string bundle = _bundle.Write(s =>
        {
            Without(s, true);
            s["hooks"] = JsonNode.Parse("""{"startContainer":[{"path":"/bin/sh","args":["sh","-c","cat /marker > /seen"]}]}""");
        }, "cat", "/seen");
        Assert.Equal("inside\n", Run("private", $"tare run -b {bundle} c </dev/null").Ok());
    }

    public void Dispose() => _bundle.Dispose();

    private static void Without(JsonNode spec, bool ownsPids)
    {
        JsonArray namespaces = spec["linux"]!["namespaces"]!.AsArray();
        foreach (JsonNode? unwanted in namespaces.Where(ns => (string)ns!["type"]! == "mount" || (!ownsPids && (string)ns["type"]! == "pid")).ToArray())
            namespaces.Remove(unwanted);
    }

    private Result Run(string propagation, string script) => Repository.Run("unshare",
        ["--mount", "--propagation", propagation, "bash", "-c", $"tare() {{ '{Repository.Program("tare-runtime")}' --root {_bundle.State} \"$@\"; }}\n{script}"]);
}
