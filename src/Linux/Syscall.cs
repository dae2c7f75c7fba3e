using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>syscall(2) numbers that the C library has no wrapper for, or that syscall programs name. The numbers from 424 on are the same everywhere.</summary>
public static class SyscallNumber
{
    /// <summary>True on x86-64, whose old numbers differ from the generic table that arm64 uses.</summary>
    private static readonly bool X64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    public static int Clone => X64 ? 56 : 220;
    public static int ExitGroup => X64 ? 231 : 94;
    public static int Fstatfs => X64 ? 138 : 44;
    public static int Read => X64 ? 0 : 63;
    public static int Write => X64 ? 1 : 64;
    public static int Close => X64 ? 3 : 57;
    public static int Fstat => X64 ? 5 : 80;
    public static int Lseek => X64 ? 8 : 62;
    public static int Ioctl => X64 ? 16 : 29;
    public static int Pipe2 => X64 ? 293 : 59;
    public static int Dup => X64 ? 32 : 23;
    public static int Dup3 => X64 ? 292 : 24;
    public static int Sendmsg => X64 ? 46 : 211;
    public static int Recvmsg => X64 ? 47 : 212;
    public static int Socket => X64 ? 41 : 198;
    public static int Connect => X64 ? 42 : 203;
    public static int Fcntl => X64 ? 72 : 25;
    public static int Fchdir => X64 ? 81 : 50;
    public static int Chdir => X64 ? 80 : 49;
    public static int Umask => X64 ? 95 : 166;
    public static int Kill => X64 ? 62 : 129;
    public static int Prctl => X64 ? 157 : 167;
    public static int PivotRoot => X64 ? 155 : 41;
    public static int Chroot => X64 ? 161 : 51;
    public static int Sethostname => X64 ? 170 : 161;
    public static int Setdomainname => X64 ? 171 : 162;
    public static int Mount => X64 ? 165 : 40;
    public static int Umount2 => X64 ? 166 : 39;
    public static int Setsid => X64 ? 112 : 157;
    public static int Setgroups => X64 ? 116 : 159;
    public static int Setresuid => X64 ? 117 : 147;
    public static int Setresgid => X64 ? 119 : 149;
    public static int Setuid => X64 ? 105 : 146;
    public static int Setgid => X64 ? 106 : 144;
    public static int Capset => X64 ? 126 : 91;
    public static int Capget => X64 ? 125 : 90;
    public static int Personality => X64 ? 135 : 92;
    public static int Prlimit64 => X64 ? 302 : 261;
    public static int SchedSetaffinity => X64 ? 203 : 122;
    public static int SchedSetattr => X64 ? 314 : 274;
    public static int IoprioSet => X64 ? 251 : 30;
    public static int SetMempolicy => X64 ? 238 : 237;
    public static int Mkdirat => X64 ? 258 : 34;
    public static int Mknodat => X64 ? 259 : 33;
    public static int Fchownat => X64 ? 260 : 54;
    public static int Fchmod => X64 ? 91 : 52;
    public static int Fchown => X64 ? 93 : 55;
    public static int Symlinkat => X64 ? 266 : 36;
    public static int Unlinkat => X64 ? 263 : 35;
    public static int Openat => X64 ? 257 : 56;
    public static int Faccessat => X64 ? 269 : 48;
    public static int Readlinkat => X64 ? 267 : 78;
    public static int Unshare => X64 ? 272 : 97;
    public static int Setns => X64 ? 308 : 268;
    public static int Seccomp => X64 ? 317 : 277;
    public static int Bpf => X64 ? 321 : 280;
    public static int MemfdCreate => X64 ? 319 : 279;
    public static int Execve => X64 ? 59 : 221;
    public static int Execveat => X64 ? 322 : 281;
    public static int Statx => X64 ? 332 : 291;
    public static int Keyctl => X64 ? 250 : 219;
    public static int Wait4 => X64 ? 61 : 260;
    public static int Waitid => X64 ? 247 : 95;
    public static int RtSigprocmask => X64 ? 14 : 135;
    public static int RtSigaction => X64 ? 13 : 134;
    public static int Exit => X64 ? 60 : 93;
    public static int Fsetxattr => X64 ? 190 : 7;
    public static int Getpid => X64 ? 39 : 172;
    public const int PidfdSendSignal = 424;
    public const int OpenTree = 428;
    public const int MoveMount = 429;
    public const int Fsopen = 430;
    public const int Fsconfig = 431;
    public const int Fsmount = 432;
    public const int PidfdOpen = 434;
    public const int Clone3 = 435;
    public const int CloseRange = 436;
    public const int Openat2 = 437;
    public const int PidfdGetfd = 438;
    public const int MountSetattr = 442;
    public const int Faccessat2 = 439;
    public const int Setxattrat = 463;
    public const int Getxattrat = 464;
    public const int Listxattrat = 465;
}

/// <summary>The raw syscall(2) entry of the C library, for calls it has no wrapper for. Callers in this project give them types.</summary>
internal static partial class RawSyscall
{
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint Invoke(nint number, nint a0, nint a1 = 0, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0);
}
