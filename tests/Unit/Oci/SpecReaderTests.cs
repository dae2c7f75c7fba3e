using System.Text;
using System.Text.Json;
using Tare.Oci.Runtime;
using Tare.Oci.Runtime.Reading;

namespace Tare.Tests.Unit.Oci;

/// <summary>The reader without a serializer understands a document as the serializer does, or leaves it alone.</summary>
public class SpecReaderTests
{
    private const string Everything = """
        {
          "ociVersion": "1.2.0", // a comment
          "process": {
            "terminal": true, "consoleSize": { "height": 24, "width": 80 },
            "user": { "uid": 4294967295, "gid": 7, "umask": 18, "additionalGids": [1, 2] },
            "args": ["sh", "-c", "echo \"\u00e9\""], "env": ["A=1", "B="], "cwd": "/srv",
            "capabilities": { "bounding": ["CAP_CHOWN"], "effective": [], "inheritable": null, "permitted": ["CAP_KILL"], "ambient": ["CAP_KILL"] },
            "rlimits": [{ "type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 1024 }],
            "noNewPrivileges": true, "oomScoreAdj": -500, "apparmorProfile": "docker-default", "selinuxLabel": "a:b:c"
          },
          "root": { "path": "rootfs", "readonly": true }, "hostname": "box", "domainname": "example.org",
          "mounts": [{ "destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "ro"] }, { "destination": "/x" }],
          "hooks": {
            "prestart": [{ "path": "/bin/a", "args": ["a", "b"], "env": ["X=1"], "timeout": 5 }], "createRuntime": [{ "path": "/bin/b" }],
            "createContainer": [], "startContainer": [{ "path": "/bin/c" }], "poststart": null, "poststop": [{ "path": "/bin/d" }]
          },
          "linux": {
            "uidMappings": [{ "containerID": 0, "hostID": 100000, "size": 65536 }], "gidMappings": [{ "containerID": 0, "hostID": 200000, "size": 65536 }],
            "sysctl": { "net.ipv4.ip_forward": "1" }, "cgroupsPath": "/a/b",
            "resources": {
              "devices": [{ "allow": false, "access": "rwm" }, { "allow": true, "type": "c", "major": 1, "minor": -1, "access": "r" }],
              "memory": { "limit": 67108864, "reservation": -1, "swap": 1, "swappiness": 60, "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true },
              "cpu": { "shares": 512, "quota": -1, "burst": 5, "period": 100000, "realtimeRuntime": 1, "realtimePeriod": 2, "cpus": "0-1", "mems": "0", "idle": 1 },
              "pids": { "limit": 32 }, "blockIO": { "weight": 10, "leafWeight": 20 }, "unified": { "memory.high": "max" }
            },
            "namespaces": [{ "type": "pid" }, { "type": "network", "path": "/proc/1/ns/net" }],
            "devices": [{ "type": "c", "path": "/dev/fuse", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 5 }],
            "seccomp": {
              "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
              "listenerPath": "/run/l", "listenerMetadata": "m",
              "syscalls": [{ "names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "errnoRet": 2, "args": [{ "index": 1, "value": 5, "valueTwo": 6, "op": "SCMP_CMP_EQ" }] }]
            },
            "rootfsPropagation": "private", "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"], "mountLabel": "l"
          },
          "annotations": { "a": "b", "c": "" }
        }
        """;

    [Fact]
    public void Every_field_it_knows_is_read_as_the_serializer_reads_it()
    {
        RuntimeSpec? read = Read(Everything);
        Assert.NotNull(read);
        Assert.Equal(Text(Serialized(Everything)), Text(read));
    }

    [Theory]
    [InlineData("""{ "process": { "scheduler": { "policy": "SCHED_BATCH", "nice": 3 } } }""")]
    [InlineData("""{ "process": { "user": { "uid": 1, "username": "somebody" } } }""")]
    [InlineData("""{ "linux": { "personality": { "domain": "LINUX32" }, "unheardOf": [1, { "a": null }] } }""")]
    [InlineData("""{ "mounts": [{ "destination": "/d", "uidMappings": [{ "containerID": 0, "hostID": 1, "size": 2 }] }] }""")]
    [InlineData("""{ "root": null, "vendor": true }""")]
    public void What_it_does_not_know_is_left_to_the_serializer(string json)
    {
        Assert.Null(Read(json));
        Assert.Equal(Text(Serialized(json)), Text(RuntimeSpec.Parse(Encoding.UTF8.GetBytes(json))));
    }

    [Theory]
    [InlineData("""{ "linux": { "resources": { "pids": { "limit": "many" } } } }""", "$.linux.resources.pids.limit")]
    [InlineData("""{ "process": { "user": { "uid": -1 } } }""", "$.process.user.uid")]
    [InlineData("""{ "process": { "args": ["sh", 5] } }""", "$.process.args[1]")]
    [InlineData("""{ "hostname": "box" } trailing""", "'t' is invalid")]
    [InlineData("""{ "hostname": """, "depth to be zero")]
    public void A_wrong_value_is_named_by_its_path(string json, string named)
    {
        Assert.Null(Read(json));
        Assert.Contains(named, Assert.Throws<JsonException>(() => RuntimeSpec.Parse(Encoding.UTF8.GetBytes(json))).Message);
    }

    [Fact]
    public void A_process_is_read_alone()
    {
        byte[] json = """{ "args": ["true"], "user": { "uid": 5 } }"""u8.ToArray();
        Assert.NotNull(new JsonFields(json).Document(ProcessReader.Process));
        Assert.Equal(5u, ProcessSpec.Parse(json).User.Uid);
    }

    private static RuntimeSpec? Read(string json) => new JsonFields(Encoding.UTF8.GetBytes(json)).Document(SpecReader.Spec);

    private static RuntimeSpec Serialized(string json) => JsonSerializer.Deserialize(json, RuntimeSpecJson.Default.RuntimeSpec)!;

    private static string Text(RuntimeSpec spec) => Encoding.UTF8.GetString(spec.ToJson());
}
