using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd;

/// <content>Process, root, names and hooks: config.md.</content>
internal static partial class RuntimeSpecCases
{
    private static RuntimeSpecCase[] Process() =>
    [
        new("root.path", "ls /bin/busybox",
            "^/bin/busybox\\n$", Peers.Both, _ => { }),
        new("root.readonly", "touch /x 2>&1; echo $?",
            "Read-only file system\\n1\\n$", Peers.Both, s => s["root"]!["readonly"] = true),
        new("hostname", "hostname",
            "^box\\n$", Peers.Both, s => s["hostname"] = "box"),
        new("domainname", "cat /proc/sys/kernel/domainname",
            "^example\\.org\\n$", Peers.None, s => s["domainname"] = "example.org"),
        new("process.user.uid", "id -u",
            "^1000\\n$", Peers.Both, s => s["process"]!["user"] = Json("""{"uid":1000,"gid":0}""")),
        new("process.user.gid", "id -g",
            "^1001\\n$", Peers.Both, s => s["process"]!["user"] = Json("""{"uid":0,"gid":1001}""")),
        new("process.user.additionalGids", "id -G",
            "^0 5 77\\n$", Peers.Both, s => s["process"]!["user"] = Json("""{"uid":0,"gid":0,"additionalGids":[5,77]}""")),
        new("process.user.umask", "umask",
            "^0077\\n$", Peers.Both, s => s["process"]!["user"] = Json("""{"uid":0,"gid":0,"umask":63}""")),
        new("process.user.uid above the kernel's signed range", "true",
            "refused: id 2147483648 is above", Peers.None, s => s["process"]!["user"] = Json("""{"uid":2147483648,"gid":0}""")),
        new("process.cwd", "pwd",
            "^/var/log\\n$", Peers.Both, s => s["process"]!["cwd"] = "/var/log"),
        new("process.cwd that is missing is made", "pwd",
            "^/made/here\\n$", Peers.Both, s => s["process"]!["cwd"] = "/made/here"),
        new("process.cwd that is relative", "true",
            "refused: Cwd must be an absolute path", Peers.None, s => s["process"]!["cwd"] = "tmp"),
        new("process.env", "echo $GREETING",
            "^hello you\\n$", Peers.Both, s => Add(s["process"]!["env"]!, "GREETING=hello you")),
        new("process.env HOME comes from the container's passwd", "echo $HOME",
            "^/home/user\\n$", Peers.Both, s => s["process"]!["user"] = Json("""{"uid":1000,"gid":1000}""")),
        new("process.args is empty", "true",
            "refused: process args cannot be empty", Peers.None, s => s["process"]!["args"] = new JsonArray()),
        new("process.rlimits", "ulimit -Sn; ulimit -Hn; ulimit -c",
            "^200\\n300\\n0\\n$", Peers.Both, s => s["process"]!["rlimits"] = Json("""[{"type":"RLIMIT_NOFILE","soft":200,"hard":300},{"type":"RLIMIT_CORE","soft":0,"hard":0}]""")),
        new("process.rlimits of an unknown type", "true",
            "refused: rlimit type \"RLIMIT_BOGUS\" is unknown", Peers.None, s => s["process"]!["rlimits"] = Json("""[{"type":"RLIMIT_BOGUS","soft":1,"hard":1}]""")),
        new("process.noNewPrivileges true", "grep NoNewPrivs /proc/self/status",
            ":\\t1\\n$", Peers.Both, s => s["process"]!["noNewPrivileges"] = true),
        new("process.noNewPrivileges false", "grep NoNewPrivs /proc/self/status",
            ":\\t0\\n$", Peers.Both, s => s["process"]!["noNewPrivileges"] = false),
        new("process.oomScoreAdj", "cat /proc/self/oom_score_adj",
            "^555\\n$", Peers.Both, s => s["process"]!["oomScoreAdj"] = 555),
        new("process.capabilities.bounding", "grep CapBnd /proc/self/status",
            "00000000000000c1\\n$", Peers.Both, s => Capabilities(s, "bounding", "CAP_CHOWN", "CAP_SETGID", "CAP_SETUID")),
        new("process.capabilities.effective", "grep CapEff /proc/self/status",
            "0000000000000001\\n$", Peers.Both, s => Capabilities(s, "*", "CAP_CHOWN")),
        new("process.capabilities.permitted", "grep CapPrm /proc/self/status",
            "0000000000000001\\n$", Peers.Both, s => Capabilities(s, "*", "CAP_CHOWN")),
        new("process.capabilities.inheritable is empty by default", "grep CapInh /proc/self/status",
            "0000000000000000\\n$", Peers.Both, _ => { }),
        new("process.capabilities.ambient", "grep -E \"CapAmb|CapEff\" /proc/self/status",
            "CapEff:\\t0000000000000400\\nCapAmb:\\t0000000000000400\\n$", Peers.Both, s =>
        {
            Capabilities(s, "*", "CAP_NET_BIND_SERVICE");
            s["process"]!["user"] = Json("""{"uid":1000,"gid":1000}""");
        }),
        new("process.capabilities that the kernel does not know", "grep CapEff /proc/self/status",
            "0000000000000001\\n$", Peers.None, s => Capabilities(s, "*", "CAP_CHOWN", "CAP_FLY")),
        new("process.apparmorProfile without AppArmor", "true",
            "refused: apparmor is not enabled", Peers.None, s => s["process"]!["apparmorProfile"] = "tare-default"),
        new("process.selinuxLabel without SELinux", "true",
            "refused: selinux is not enabled", Peers.None, s => s["process"]!["selinuxLabel"] = "system_u:system_r:container_t:s0"),
        new("process.scheduler", "cut -d\" \" -f19,41 /proc/self/stat",
            "^7 3\\n$", Peers.None, s => s["process"]!["scheduler"] = Json("""{"policy":"SCHED_BATCH","nice":7}""")),
        new("process.scheduler with deadline fields of another policy", "true",
            "refused: can only be specified for the SCHED_DEADLINE policy", Peers.None, s => s["process"]!["scheduler"] = Json("""{"policy":"SCHED_BATCH","runtime":1}""")),
        new("process.ioPriority", "ionice -p $$",
            "^best-effort: prio 6\\n$", Peers.None, s => s["process"]!["ioPriority"] = Json("""{"class":"IOPRIO_CLASS_BE","priority":6}""")),
        new("process starts on all processors of the cpuset", "grep Cpus_allowed_list /proc/self/status",
            ":\\t0-\\d+\\n$", Peers.None, _ => { }),
        new("hostname in another case, as Go reads it", "hostname",
            "^box\\n$", Peers.Runc, s =>
        {
            s.AsObject().Remove("hostname");
            s["HostName"] = "box";
        }),
        new("hostname without a uts namespace", "true",
            "refused: unable to set hostname without a private UTS namespace", Peers.None, s => s["linux"]!["namespaces"] = Json("""[{"type":"pid"},{"type":"mount"}]""")),
        new("ociVersion", "true",
            "refused: ociVersion 2.0.0 is not supported", Peers.None, s => s["ociVersion"] = "2.0.0"),
        new("hooks with a relative path", "true",
            "refused: is not absolute", Peers.None, s => s["hooks"] = Json("""{"poststart":[{"path":"hook"}]}""")),
        new("hooks with a timeout of zero", "true",
            "refused: timeout must be greater than zero", Peers.None, s => s["hooks"] = Json("""{"poststart":[{"path":"/bin/true","timeout":0}]}""")),
    ];
}
