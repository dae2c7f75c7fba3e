using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Runtime.Steps;

/// <summary>Checks that an open descriptor is what its path promised; a path may have been replaced, a descriptor cannot be.</summary>
internal static class VerifySteps
{
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>Two operations; the second fails with ENOTDIR for anything but a directory.</summary>
    public static OperationHandle IsDirectory(ProgramBuilder program, Slot file, string reason)
    {
        Argument status = program.Bytes(new byte[256]);
        program.Call(SyscallNumber.Statx, "statx", reason, file, program.String(""), AT_EMPTY_PATH, STATX_BASIC_STATS, status);
        return program.Expect(status with { Value = status.Value + 28 }, FileStatus.S_IFDIR, 2, FileStatus.S_IFMT, Errno.ENOTDIR, reason);
    }

    /// <summary>Three operations for a fifo, else five less the open: statx, the type, and for devices both numbers. Fails with EPERM.</summary>
    public static void IsFile(ProgramBuilder program, Slot file, uint type, long major, long minor, string reason)
    {
        Argument status = program.Bytes(new byte[256]);
        program.Call(SyscallNumber.Statx, "statx", reason, file, program.String(""), AT_EMPTY_PATH, STATX_BASIC_STATS, status);
        _ = program.Expect(status with { Value = status.Value + 28 }, type, 2, FileStatus.S_IFMT, Errno.EPERM, reason);
        if (type == FileStatus.S_IFIFO)
            return;
        _ = program.Expect(status with { Value = status.Value + 128 }, major, 4, -1, Errno.EPERM, reason);
        _ = program.Expect(status with { Value = status.Value + 132 }, minor, 4, -1, Errno.EPERM, reason);
    }
}
