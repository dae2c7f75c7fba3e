namespace Tare.Tests.EndToEnd;

/// <content>Mounts: config.md#mounts.</content>
internal static partial class RuntimeSpecCases
{
    private static RuntimeSpecCase[] Mounts() =>
    [
        new("mounts.type and data options", "df -k /x | tail -1; stat -c %a /x",
            "1024 .* /x\\n700\\n$", Peers.Crun, s => Mount(s, """{"destination":"/x","type":"tmpfs","source":"tmpfs","options":["size=1m","mode=700"]}""")),
        new("mounts.options ro", "touch /x/a 2>&1",
            "Read-only file system", Peers.Both, s => Mount(s, """{"destination":"/x","type":"tmpfs","source":"tmpfs","options":["ro"]}""")),
        new("mounts.options nosuid nodev noexec", "grep \" /x \" /proc/self/mountinfo",
            "rw,nosuid,nodev,noexec", Peers.Both, s => Mount(s, """{"destination":"/x","type":"tmpfs","source":"tmpfs","options":["nosuid","nodev","noexec"]}""")),
        new("mounts.options noatime nodiratime", "grep \" /x \" /proc/self/mountinfo",
            "noatime", Peers.Both, s => Mount(s, """{"destination":"/x","type":"tmpfs","source":"tmpfs","options":["noatime","nodiratime"]}""")),
        new("mounts.options strictatime", "grep \" /x \" /proc/self/mountinfo | grep -c atime",
            "^0\\n$", Peers.Both, s => Mount(s, """{"destination":"/x","type":"tmpfs","source":"tmpfs","options":["strictatime"]}""")),
        new("mounts.options nosymfollow", "grep \" /x \" /proc/self/mountinfo",
            "nosymfollow", Peers.None, s => Mount(s, """{"destination":"/x","type":"tmpfs","source":"tmpfs","options":["nosymfollow"]}""")),
        new("mounts.options bind of a directory", "cat /x/file",
            "^from the host\\n$", Peers.Both, s => Mount(s, Bind("/x", "bind"))),
        new("mounts.options bind of a file", "cat /x",
            "^from the host\\n$", Peers.Both, s => Mount(s, Bind("/x", "bind").Replace(@"dir""", @"dir/file""", StringComparison.Ordinal))),
        new("mounts.options bind ro", "touch /x/new 2>&1",
            "Read-only file system", Peers.Both, s => Mount(s, Bind("/x", "bind", "ro"))),
        new("mounts.options rbind rro", "touch /x/sub/new 2>&1; grep -c \" /x\" /proc/self/mountinfo",
            "Read-only file system\\n2\\n$", Peers.None, s => Mount(s, Bind("/x", "rbind", "rro"))),
        new("mounts.options rbind ro leaves what is below writable", "touch /x/sub/new 2>&1; echo $?",
            "^0\\n$", Peers.Runc, s => Mount(s, Bind("/x", "rbind", "ro"))),
        new("mounts.options rprivate", "grep \" /x \" /proc/self/mountinfo",
            "^((?!shared|master).)*$", Peers.Both, s => Mount(s, Bind("/x", "bind", "rprivate"))),
        // Debian's crun 1.8 makes these mounts private.
        new("mounts.options rshared", "grep \" /x \" /proc/self/mountinfo",
            "shared:", Peers.Runc, s => Mount(s, Bind("/x", "bind", "rshared"))),
        new("mounts.options rslave", "grep \" /x \" /proc/self/mountinfo",
            "master:", Peers.Runc, s => Mount(s, Bind("/x", "bind", "rslave"))),
        new("mounts.options unbindable", "grep \" /x \" /proc/self/mountinfo",
            "unbindable", Peers.Runc, s => Mount(s, Bind("/x", "bind", "unbindable"))),
        new("mounts.options remount", "touch /x/a 2>&1",
            "Read-only file system", Peers.Both, s =>
        {
            Mount(s, """{"destination":"/x","type":"tmpfs","source":"tmpfs"}""");
            Mount(s, """{"destination":"/x","type":"none","source":"none","options":["remount","bind","ro"]}""");
        }),
        new("mounts.options tmpcopyup", "head -1 /etc/passwd; touch /etc/new; grep -c \" /etc \" /proc/self/mountinfo",
            "^root:x:0:0.*\\n1\\n$", Peers.Runc, s => Mount(s, """{"destination":"/etc","type":"tmpfs","source":"tmpfs","options":["tmpcopyup"]}""")),
        new("mounts.uidMappings and gidMappings", "stat -c %u:%g /x/file",
            "^1000:2000\\n$", Peers.None, s => Mount(s, Bind("/x", "bind").Replace("}", ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":2000,\"size\":1}]}", StringComparison.Ordinal))),
        new("mounts.options idmap without a user namespace", "true",
            "refused: needs a user namespace", Peers.None, s => Mount(s, Bind("/x", "bind", "idmap"))),
        new("mounts.options idmap", "stat -c %u /home/file",
            "^0\\n$", Peers.None, s =>
        {
            Userns(s, 100000);
            Mount(s, Bind("/home", "bind", "idmap"));
        }),
        new("mounts.destination with dots", "true",
            "refused: contains \"..\"", Peers.None, s => Mount(s, """{"destination":"/x/../../y","type":"tmpfs","source":"tmpfs"}""")),
        new("mounts of an unknown file system", "true",
            "refused: no such device", Peers.Both, s => Mount(s, """{"destination":"/x","type":"nosuchfs","source":"x"}""")),
    ];
}
