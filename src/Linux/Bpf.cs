using System.Buffers.Binary;

namespace Tare.Linux;

/// <summary>linux/bpf.h, the part that cgroup programs need: load one program, attach it to a cgroup.</summary>
public static class Bpf
{
    public const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    public const uint BPF_CGROUP_DEVICE = 6;
    public const uint BPF_F_ALLOW_MULTI = 2;

    private const int BPF_PROG_LOAD = 5;
    private const int BPF_PROG_ATTACH = 8;
    private const int AttributeSize = 128;

    /// <summary>Loads a program of 8-byte instructions; it lives as long as the descriptor or an attachment.</summary>
    public static unsafe FileDescriptor LoadProgram(uint type, ReadOnlySpan<byte> instructions)
    {
        byte* attributes = stackalloc byte[AttributeSize];
        var fields = new Span<byte>(attributes, AttributeSize);
        fields.Clear();
        ReadOnlySpan<byte> license = "Apache-2.0\0"u8;
        // SAFETY: both buffers stay pinned during the call, and the kernel copies them.
        fixed (byte* code = instructions)
        fixed (byte* licenseText = license)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(fields, type);
            BinaryPrimitives.WriteUInt32LittleEndian(fields[4..], (uint)(instructions.Length / 8));
            BinaryPrimitives.WriteUInt64LittleEndian(fields[8..], (ulong)code);
            BinaryPrimitives.WriteUInt64LittleEndian(fields[16..], (ulong)licenseText);
            "tare_devices"u8.CopyTo(fields[48..]);
            while (true)
            {
                nint fd = RawSyscall.Invoke(SyscallNumber.Bpf, BPF_PROG_LOAD, (nint)attributes, AttributeSize);
                if (fd >= 0)
                    return new FileDescriptor((int)fd);
                // The verifier answers EAGAIN when a signal interrupts it.
                if (SyscallException.LastErrno is not (Errno.EINTR or Errno.EAGAIN))
                    throw new SyscallException("bpf BPF_PROG_LOAD", SyscallException.LastErrno);
            }
        }
    }

    /// <summary>Attaches a loaded program to a cgroup directory; the attachment ends with the cgroup.</summary>
    public static unsafe void AttachToCgroup(FileDescriptor cgroup, FileDescriptor program, uint attachType, uint flags)
    {
        byte* attributes = stackalloc byte[AttributeSize];
        var fields = new Span<byte>(attributes, AttributeSize);
        fields.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(fields, cgroup.Number);
        BinaryPrimitives.WriteInt32LittleEndian(fields[4..], program.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[8..], attachType);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[12..], flags);
        // SAFETY: the attribute buffer outlives the call; GC.KeepAlive keeps both descriptors open.
        nint result = RawSyscall.Invoke(SyscallNumber.Bpf, BPF_PROG_ATTACH, (nint)attributes, AttributeSize);
        Errno errno = result < 0 ? SyscallException.LastErrno : Errno.None;
        GC.KeepAlive(cgroup);
        GC.KeepAlive(program);
        if (errno != Errno.None)
            throw new SyscallException("bpf BPF_PROG_ATTACH", errno);
    }
}
