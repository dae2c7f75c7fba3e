using System.Globalization;
using System.Text;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>Writes the id maps of a process's user namespace: directly as root, else through newuidmap and newgidmap, which look in /etc/subuid.</summary>
public static class IdMaps
{
    /// <summary>Maps users and groups of the process. A map may be written once only.</summary>
    public static void Write(int pid, IList<IdMapping>? users, IList<IdMapping>? groups)
    {
        if (users is not { Count: > 0 } || groups is not { Count: > 0 })
            throw TareException.Invalid("a new user namespace needs linux.uidMappings and linux.gidMappings");
        if (Unistd.EffectiveUserId == 0)
        {
            WriteFile(pid, "uid_map", Text(users));
            WriteFile(pid, "gid_map", Text(groups));
            return;
        }
        Map(pid, users, "uid_map", "newuidmap", Unistd.EffectiveUserId);
        Map(pid, groups, "gid_map", "newgidmap", Unistd.EffectiveGroupId);
    }

    private static void Map(int pid, IList<IdMapping> mappings, string file, string program, uint own)
    {
        if (Find(program) is { } path)
        {
            List<string> arguments = [program, pid.ToString(CultureInfo.InvariantCulture)];
            foreach (IdMapping m in mappings)
                arguments.AddRange([Number(m.ContainerId), Number(m.HostId), Number(m.Size)]);
            ChildResult result = ChildProcess.Run(new ChildOptions { Path = path, Arguments = arguments });
            if (result.Status.ShellCode != 0)
                throw new TareException(ErrorKind.InvalidArgument, $"{program} {string.Join(' ', arguments.Skip(1))}: {result.Error.Trim()}");
            return;
        }
        // The kernel lets a user map one id, his own.
        if (mappings is not [{ Size: 1 } one] || one.HostId != own)
            throw new TareException(ErrorKind.Unavailable, $"mapping more than id {own} as an ordinary user needs {program} (package uidmap)");
        if (file == "gid_map")
            WriteFile(pid, "setgroups", "deny");
        WriteFile(pid, file, Text(mappings));
    }

    private static void WriteFile(int pid, string file, string text)
    {
        string path = $"/proc/{pid}/{file}";
        using FileDescriptor fd = Fcntl.Open(path, Fcntl.O_WRONLY);
        Errno errno = Unistd.TryWrite(fd, Encoding.ASCII.GetBytes(text), out _);
        if (errno != Errno.None)
            throw new SyscallException($"write \"{text.TrimEnd().Replace("\n", "; ", StringComparison.Ordinal)}\"", errno, path);
    }

    private static string Text(IList<IdMapping> mappings) =>
        string.Concat(mappings.Select(m => $"{Number(m.ContainerId)} {Number(m.HostId)} {Number(m.Size)}\n"));

    private static string? Find(string program) =>
        new[] { "/usr/bin/", "/usr/local/bin/", "/bin/" }.Select(directory => directory + program).FirstOrDefault(File.Exists);

    private static string Number(uint value) => value.ToString(CultureInfo.InvariantCulture);
}
