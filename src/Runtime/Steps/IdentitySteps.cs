using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Who the process is and what it may do: bounding set, groups, user, capability sets, seccomp filter, umask.</summary>
internal static class IdentitySteps
{
    private const int PR_CAPBSET_DROP = 24;
    private const int PR_SET_KEEPCAPS = 8;
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int PR_CAP_AMBIENT = 47;
    private const uint NewListener = 8; // SECCOMP_FILTER_FLAG_NEW_LISTENER
    private const uint CapabilityVersion3 = 0x20080522;

    /// <summary>
    /// Emits the whole order. A filter may be loaded by a process that has CAP_SYS_ADMIN or no_new_privs: without the latter it must come before
    /// the capabilities go, with it it comes last of all (<see cref="CommandSteps"/>), so that it does not need to allow what these steps use.
    /// </summary>
    public static void Emit(ProgramBuilder program, ProcessSpec process, ReadOnlyMemory<byte>? filter, uint filterFlags, bool rootless = false)
    {
        ulong permitted = Capability.Mask(process.Capabilities?.Permitted);
        if (process.Capabilities is not null)
            DropBounding(program, Capability.Mask(process.Capabilities.Bounding));
        if (process.NoNewPrivileges)
            program.Call(SyscallNumber.Prctl, "prctl", "no program can gain privileges", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        else
            LoadFilter(program, filter, filterFlags, InitDescriptors.Status);
        SwitchUser(program, process.User, keep: permitted != 0, rootless);
        if (process.Capabilities is not null)
            SetCapabilities(program, process.Capabilities, permitted);
        program.Call(SyscallNumber.Umask, "umask", "file mode creation mask", process.User.Umask ?? 0x12 /* 0022 */);
    }

    private static void DropBounding(ProgramBuilder program, ulong keep)
    {
        for (int number = 0; number < Capability.All.Count; number++)
            if ((keep & (1ul << number)) == 0)
                _ = program.Call(SyscallNumber.Prctl, "prctl", $"{Capability.All[number]} can never be had", PR_CAPBSET_DROP, number, 0, 0, 0).Tolerate(0, Errno.EINVAL);
    }

    private static void SwitchUser(ProgramBuilder program, UserSpec user, bool keep, bool rootless)
    {
        if (keep && user.Uid != 0)
            program.Call(SyscallNumber.Prctl, "prctl", "keep capabilities across the change of user", PR_SET_KEEPCAPS, 1, 0, 0, 0);
        IList<uint> groups = user.AdditionalGids ?? [];
        byte[] list = new byte[Math.Max(groups.Count, 1) * 4];
        for (int i = 0; i < groups.Count; i++)
            BitConverter.TryWriteBytes(list.AsSpan(i * 4), groups[i]);
        OperationHandle set = program.Call(SyscallNumber.Setgroups, "setgroups", $"supplementary groups {string.Join(',', groups)}", groups.Count, program.Bytes(list));
        if (rootless && groups.Count == 0)
            _ = set.Tolerate(0, Errno.EPERM); // where one group alone is mapped, the kernel forbids the call
        program.Call(SyscallNumber.Setresgid, "setresgid", $"group {user.Gid}", user.Gid, user.Gid, user.Gid);
        program.Call(SyscallNumber.Setresuid, "setresuid", $"user {user.Uid}", user.Uid, user.Uid, user.Uid);
    }

    private static void SetCapabilities(ProgramBuilder program, CapabilitiesSpec sets, ulong permitted)
    {
        ulong effective = Capability.Mask(sets.Effective);
        ulong inheritable = Capability.Mask(sets.Inheritable);
        byte[] data = new byte[24];
        for (int half = 0; half < 2; half++)
        {
            BitConverter.TryWriteBytes(data.AsSpan(half * 12), (uint)(effective >> (half * 32)));
            BitConverter.TryWriteBytes(data.AsSpan((half * 12) + 4), (uint)(permitted >> (half * 32)));
            BitConverter.TryWriteBytes(data.AsSpan((half * 12) + 8), (uint)(inheritable >> (half * 32)));
        }
        program.Call(SyscallNumber.Capset, "capset", "exactly the wanted capabilities", program.Words(CapabilityVersion3), program.Bytes(data));
        ulong ambient = Capability.Mask(sets.Ambient);
        for (int number = 0; number < Capability.All.Count; number++)
            if ((ambient & (1ul << number)) != 0)
                program.Call(SyscallNumber.Prctl, "prctl", $"{Capability.All[number]} survives the exec", PR_CAP_AMBIENT, 2 /* RAISE */, number, 0, 0);
    }

    /// <summary>Puts the filter in force, if there is one, and hands its listener over the status socket.</summary>
    public static void LoadFilter(ProgramBuilder program, ReadOnlyMemory<byte>? filter, uint flags, Argument status)
    {
        if (filter is not { Length: > 0 } code)
            return;
        // struct sock_fprog: the number of 8-byte instructions, then their address.
        Argument instructions = program.Words(code.Length / 8, program.Bytes(code.Span));
        OperationHandle loaded = program.Call(SyscallNumber.Seccomp, "seccomp", $"filter system calls ({code.Length / 8} instructions)",
            1 /* SECCOMP_SET_MODE_FILTER */, flags, instructions);
        if ((flags & NewListener) == 0)
            return;
        SyncSteps.Tell(program, StatusMessage.Listener, loaded.Into(), "hand the filter's listener over", status);
        SyncSteps.AwaitAnswer(program, "hand the filter's listener over", status);
    }
}
