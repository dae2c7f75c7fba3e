using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>What `create` and `run` take.</summary>
public sealed record CreateOptions
{
    public required string Root { get; init; }
    public required string Id { get; init; }
    public required string Bundle { get; init; }
    public string? ConsoleSocket { get; init; }
    public string? PidFile { get; init; }
    public string? PidFdSocket { get; init; }
    public bool NewKeyring { get; init; } = true;
    public bool NoPivot { get; init; }

    /// <summary>cgroupsPath means slice:prefix:name, and systemd makes the scope.</summary>
    public bool SystemdCgroup { get; init; }

    /// <summary>true and false as given; null: find out.</summary>
    public bool? Rootless { get; init; }

    /// <summary>Descriptors from 3 on that the command inherits.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>`run`: as soon as everything is prepared, the command is executed, without `start`. Where something is to be done in between, `start` is still needed.</summary>
    public bool StartsAtOnce { get; init; }

    /// <summary>Told what was asked for and could not be had.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    /// <summary>The command inherits these: --preserve-fds, after those of socket activation (sd_listen_fds(3)).</summary>
    public static IReadOnlyList<FileDescriptor> Inherited(int count)
    {
        List<FileDescriptor> inherited = [];
        for (int number = 3; number < 3 + count; number++)
        {
            FileDescriptor descriptor = new(number, owns: false);
            // A number that the caller has not opened may be one of ours by now, which must not reach a container.
            if (!Fcntl.IsInherited(descriptor))
                throw Errors.TareException.Invalid($"--preserve-fds: descriptor {number} is not open");
            inherited.Add(descriptor);
        }
        return inherited;
    }
}

/// <summary>What this process may do on this machine.</summary>
public static class Privilege
{
    /// <summary>True for an ordinary user.</summary>
    public static bool IsUser => Unistd.EffectiveUserId != 0;

    /// <summary>True inside a user namespace, where 0 is not the host's root.</summary>
    public static bool IsInUserNamespace { get; } = !(SmallFile.TryReadText("/proc/self/uid_map") ?? "").AsSpan().Trim().EndsWith("4294967295");

    /// <summary>Capabilities that this process has and can hand on.</summary>
    public static ulong Permitted() => Capabilities.Permitted;
}
