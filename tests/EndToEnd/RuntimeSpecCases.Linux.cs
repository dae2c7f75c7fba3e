namespace Tare.Tests.EndToEnd;

/// <content>Namespaces, devices, seccomp and what else is Linux only: config-linux.md.</content>
internal static partial class RuntimeSpecCases
{
    private static RuntimeSpecCase[] Linux() =>
    [
        new("linux.namespaces pid", "echo $$",
            "^1\\n$", Peers.Both, _ => { }),
        new("linux.namespaces network", "ip -o link | wc -l; ip -o link | grep -c lo",
            "^1\\n1\\n$", Peers.Both, _ => { }),
        new("linux.namespaces network brings lo up", "cat /sys/class/net/lo/operstate; ping -c 1 -W 2 127.0.0.1 >/dev/null; echo $?",
            "unknown\\n0\\n$", Peers.Runc, s => Capabilities(s, "*", "CAP_NET_RAW")),
        new("linux.namespaces ipc", "ls /proc/sysvipc/shm >/dev/null; readlink /proc/self/ns/ipc",
            "ipc:\\[\\d+\\]", Peers.None, _ => { }),
        new("linux.namespaces uts", "hostname changed 2>&1; hostname",
            "changed", Peers.Both, s => Capabilities(s, "*", "CAP_SYS_ADMIN")),
        new("linux.namespaces cgroup", "cat /proc/self/cgroup | grep -E \"^0:\"",
            "^0::/\\n$", Peers.Runc, s => s["linux"]!["namespaces"] = Json("""[{"type":"pid"},{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"},{"type":"cgroup"}]""")),
        new("linux.namespaces user", "cat /proc/self/uid_map; id -u; echo > /dev/null && echo works",
            "^ +0 +100000 +65536\\n0\\nworks\\n$", Peers.Both, s => Userns(s, 100000)),
        new("linux.uidMappings", "touch /tmp/mine; stat -c %u /tmp/mine",
            "^0\\n$", Peers.Both, s => Userns(s, 100000)),
        new("linux.uidMappings without a user namespace", "true",
            "refused: user namespace isn't enabled", Peers.None, s => s["linux"]!["uidMappings"] = Json("""[{"containerID":0,"hostID":0,"size":1}]""")),
        new("linux.namespaces user hides the host's mounts", "grep -c \"/dev/vda\" /proc/self/mountinfo; grep -cE \" - (cgroup2?|overlay) \" /proc/1/mountinfo >/dev/null; ls /..",
            "bin", Peers.Both, s => Userns(s, 100000)),
        new("linux.namespaces time and timeOffsets", "cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime",
            "monotonic +1000 +5\\nboottime +900000 +0\\n9\\d{5}\\n$", Peers.None, s =>
        {
            Namespace(s, "time");
            s["linux"]!["timeOffsets"] = Json("""{"monotonic":{"secs":1000,"nanosecs":5},"boottime":{"secs":900000,"nanosecs":0}}""");
        }),
        new("linux.timeOffsets without a time namespace", "true",
            "refused: no time namespace", Peers.None, s => s["linux"]!["timeOffsets"] = Json("""{"monotonic":{"secs":1}}""")),
        new("linux.namespaces of an unknown type", "true",
            "refused: namespace type \"moon\" is not supported", Peers.None, s => Namespace(s, "moon")),
        new("linux.namespaces twice", "true",
            "refused: duplicated ns", Peers.None, s => Namespace(s, "pid")),
        new("linux.devices", "ls -ln /dev/mine | tr -s \" \" | cut -d\" \" -f1,3-6",
            "^crw-r----- 12 34 1, 3\\n$", Peers.Both, s => s["linux"]!["devices"] = Json("""[{"type":"c","path":"/dev/mine","major":1,"minor":3,"fileMode":416,"uid":12,"gid":34}]""")),
        new("linux.devices fifo", "ls -l /dev/pipe | cut -c1",
            "^p\\n$", Peers.Both, s => s["linux"]!["devices"] = Json("""[{"type":"p","path":"/dev/pipe","major":0,"minor":0,"fileMode":438}]""")),
        new("linux.devices of an unknown type", "true",
            "refused: has type \"x\"", Peers.None, s => s["linux"]!["devices"] = Json("""[{"type":"x","path":"/dev/mine","major":1,"minor":3}]""")),
        new("default devices", "for d in null zero full random urandom tty; do test -c /dev/$d && echo -n \"$d \"; done; for l in fd stdin ptmx; do readlink /dev/$l; done",
            "^null zero full random urandom tty /proc/self/fd\\n/proc/self/fd/0\\npts/ptmx\\n$", Peers.Both, _ => { }),
        new("linux.sysctl of the network namespace", "cat /proc/sys/net/ipv4/ip_forward",
            "^1\\n$", Peers.Both, s => s["linux"]!["sysctl"] = Json("""{"net.ipv4.ip_forward":"1"}""")),
        new("linux.sysctl of the ipc namespace", "cat /proc/sys/kernel/shm_rmid_forced",
            "^1\\n$", Peers.Both, s => s["linux"]!["sysctl"] = Json("""{"kernel.shm_rmid_forced":"1"}""")),
        new("linux.sysctl of the host", "true",
            "refused: not in a separate kernel namespace", Peers.None, s => s["linux"]!["sysctl"] = Json("""{"vm.swappiness":"1"}""")),
        new("linux.sysctl with a second one smuggled in", "true",
            "refused: is not a name such as", Peers.None, s => s["linux"]!["sysctl"] = Json("""{"kernel.shm_rmid_forced=1+kernel.core_pattern":"x"}""")),
        new("linux.maskedPaths file", "wc -c < /etc/passwd",
            "^0\\n$", Peers.Both, s => s["linux"]!["maskedPaths"] = Json("""["/etc/passwd","/no/such/path"]""")),
        new("linux.maskedPaths directory", "ls /var | wc -l; touch /var/x 2>&1",
            "^0\\n.*Read-only file system", Peers.Both, s => s["linux"]!["maskedPaths"] = Json("""["/var"]""")),
        new("linux.readonlyPaths", "touch /var/x 2>&1",
            "Read-only file system", Peers.Both, s => s["linux"]!["readonlyPaths"] = Json("""["/var"]""")),
        new("linux.rootfsPropagation private", "grep \" / / \\| / \" /proc/self/mountinfo | head -1",
            "^((?!shared|master).)*$", Peers.None, s => s["linux"]!["rootfsPropagation"] = "private"),
        new("linux.rootfsPropagation shared", "head -1 /proc/self/mountinfo",
            "shared:", Peers.None, s => s["linux"]!["rootfsPropagation"] = "shared"),
        new("linux.rootfsPropagation slave", "true; echo ran",
            "^ran\\n$", Peers.Both, s => s["linux"]!["rootfsPropagation"] = "slave"),
        new("linux.rootfsPropagation unbindable", "head -1 /proc/self/mountinfo",
            "unbindable", Peers.None, s => s["linux"]!["rootfsPropagation"] = "unbindable"),
        new("linux.rootfsPropagation of an unknown word", "true",
            "refused: rootfsPropagation=sideways is not supported", Peers.None, s => s["linux"]!["rootfsPropagation"] = "sideways"),
        new("linux.mountLabel without SELinux", "true",
            "refused: selinux is not enabled", Peers.None, s => s["linux"]!["mountLabel"] = "system_u:object_r:container_file_t:s0"),
        new("linux.personality", "uname -m",
            "^i686\\n$", Peers.Crun, s => s["linux"]!["personality"] = Json("""{"domain":"LINUX32"}""")),
        new("linux.personality of an unknown domain", "true",
            "refused: is not LINUX or LINUX32", Peers.None, s => s["linux"]!["personality"] = Json("""{"domain":"BSD"}""")),
        new("linux.memoryPolicy", "head -1 /proc/self/numa_maps",
            "bind:0", Peers.None, s => s["linux"]!["memoryPolicy"] = Json("""{"mode":"MPOL_BIND","nodes":"0"}""")),
        new("linux.memoryPolicy that takes no nodes", "true",
            "refused: mode requires 0 nodes but got 8", Peers.None, s => s["linux"]!["memoryPolicy"] = Json("""{"mode":"MPOL_DEFAULT","nodes":"0-7"}""")),
        new("linux.memoryPolicy of an unknown mode", "true",
            "refused: mode \"MPOL_NEAR\" is unknown", Peers.None, s => s["linux"]!["memoryPolicy"] = Json("""{"mode":"MPOL_NEAR"}""")),
        new("linux.intelRdt", "true",
            "refused: Intel RDT is not enabled", Peers.None, s => s["linux"]!["intelRdt"] = Json("""{"closID":"a"}""")),
        new("linux.netDevices that is missing", "true",
            "refused: no network device \"tarenone0\"", Peers.None, s => s["linux"]!["netDevices"] = Json("""{"tarenone0":{}}""")),
        new("linux.netDevices with an impossible name", "true",
            "refused: invalid network device name", Peers.None, s => s["linux"]!["netDevices"] = Json("""{"lo":{"name":"a/b"}}""")),
        new("linux.seccomp need not allow what the runtime calls", "echo works",
            "^works\\n$", Peers.None, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_KILL_PROCESS","names":["faccessat2","close_range","dup3","fchdir","umask","capset","setresuid","setgroups","openat2","open_tree","move_mount","fsopen"]}]}""")),
        new("linux.seccomp without close_range before privileges go", "echo works",
            "^works\\n$", Peers.None, s =>
        {
            s["process"]!["noNewPrivileges"] = false;
            Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO","errnoRet":38,"names":["close_range","fsopen","fsconfig","openat2","open_tree","move_mount","mount_setattr"]}]}""");
        }),
        new("linux.seccomp of a profile older than the calls that look for the command", "echo works",
            "^works\\n$", Peers.Both, s =>
        {
            s["process"]!["noNewPrivileges"] = false;
            Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO","names":["faccessat2"]}]}""");
        }),
        new("linux.seccomp that lets nobody look for the command", "echo works",
            "^works\\n$", Peers.None, s =>
        {
            s["process"]!["noNewPrivileges"] = false;
            Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_KILL_PROCESS","names":["faccessat2","faccessat","access"]}]}""");
        }),
        new("linux.seccomp errno", "mkdir /tmp/d 2>&1",
            "Operation not permitted", Peers.Both, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}""")),
        new("linux.seccomp errnoRet", "mkdir /tmp/d 2>&1",
            "No space left on device", Peers.Both, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}""")),
        new("linux.seccomp args", "chmod 777 /tmp/f 2>&1; touch /tmp/f; chmod 700 /tmp/f; chmod 711 /tmp/f 2>&1",
            "Operation not permitted\\n$", Peers.Both, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":457,"op":"SCMP_CMP_EQ"}]}]}""")),
        new("linux.seccomp kill process", "sh -c \"mkdir /tmp/d\"; echo $?",
            "^159\\n$", Peers.Both, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_KILL_PROCESS"}]}""")),
        new("linux.seccomp log and flags", "rm -rf /tmp/d; mkdir /tmp/d && echo made",
            "^made\\n$", Peers.Crun, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_LOG"}]}""")),
        new("linux.seccomp architectures", "grep Seccomp: /proc/self/status",
            ":\\t2\\n$", Peers.Both, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[{"names":["getcwd"],"action":"SCMP_ACT_ALLOW"},{"names":["swapon"],"action":"SCMP_ACT_ERRNO"}]}""")),
        new("linux.seccomp notify without a listener", "true",
            "refused: needs listenerPath", Peers.None, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}""")),
        new("linux.seccomp notify by default", "true",
            "refused: cannot be used as default action", Peers.None, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_NOTIFY"}""")),
        new("linux.seccomp of an unknown action", "true",
            "refused: \"SCMP_ACT_MAYBE\" is not known", Peers.None, s => Seccomp(s, """{"defaultAction":"SCMP_ACT_MAYBE"}""")),
    ];
}
