namespace Tare.Seccomp;

/// <content>
/// The calls every container may make, by what they are for; an allow-list with the reach of the one that Docker users rely on. What is missing on
/// purpose: loading code into the kernel, mounting, namespaces, keyrings (shared by all containers), io_uring (passes filters by), userfaultfd, kexec,
/// swap, clocks, and raw hardware.
/// </content>
public static partial class DefaultProfile
{
    /// <summary>System V and POSIX message queues, semaphores and shared memory.</summary>
    private const string Ipc = """
        ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget
        msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
        """;

    /// <summary>Names, directories and file systems.</summary>
    private const string Files = """
        access cachestat chdir chmod chown chown32 creat faccessat faccessat2 fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat
        fstat fstat64 fstatat64 fstatfs fstatfs64 futimesat getcwd getdents getdents64 lchown lchown32 link linkat listmount lstat lstat64
        mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 readlink readlinkat rename renameat renameat2 rmdir
        stat stat64 statfs statfs64 statmount statx symlink symlinkat unlink unlinkat utime utimensat utimensat_time64 utimes
        """;

    /// <summary>Users, groups, sessions, capabilities.</summary>
    private const string Identity = """
        capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid getppid getresgid
        getresgid32 getresuid getresuid32 getsid gettid getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
        setgroups32 setpgid setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setsid setuid setuid32
        sysinfo umask uname
        """;

    /// <summary>Extended attributes.</summary>
    private const string ExtendedAttributes = """
        fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr lremovexattr lsetxattr
        removexattr removexattrat setxattr setxattrat
        """;

    /// <summary>Signals.</summary>
    private const string Signals = """
        kill pause pidfd_open pidfd_send_signal rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
        rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask sigreturn tgkill tkill
        """;

    /// <summary>Clocks and timers.</summary>
    private const string Time = """
        adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
        clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete timer_getoverrun timer_gettime
        timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
        times
        """;

    /// <summary>Scheduling and limits.</summary>
    private const string Scheduling = """
        getcpu getpriority getrlimit getrusage ioprio_get ioprio_set prlimit64 sched_get_priority_max sched_get_priority_min
        sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
        sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield setpriority setrlimit ugetrlimit
        """;

    /// <summary>Locks and restartable sequences.</summary>
    private const string Locks = """
        futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list membarrier restart_syscall rseq set_robust_list
        """;

    /// <summary>Memory.</summary>
    private const string Memory = """
        brk madvise map_shadow_stack memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock
        munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease process_vm_readv process_vm_writev remap_file_pages
        """;

    /// <summary>Sockets, once they exist.</summary>
    private const string Sockets = """
        accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send sendmmsg
        sendmsg sendto setsockopt shutdown socketcall socketpair
        """;

    /// <summary>Waiting for events, native asynchronous I/O.</summary>
    private const string Events = """
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fanotify_mark
        inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64
        io_setup io_submit _newselect poll ppoll ppoll_time64 pselect6 pselect6_time64 select
        """;

    /// <summary>Processes, sandboxes of their own, tracing (safe with filters since kernel 4.8).</summary>
    private const string Processes = """
        execve execveat exit exit_group fork get_thread_area landlock_add_rule landlock_create_ruleset landlock_restrict_self prctl ptrace
        seccomp set_thread_area set_tid_address uretprobe vfork wait4 waitid waitpid
        """;

    /// <summary>Open descriptors.</summary>
    private const string Streams = """
        close close_range copy_file_range dup dup2 dup3 fadvise64 fadvise64_64 fallocate fcntl fcntl64 fdatasync flock fsync ftruncate
        ftruncate64 getrandom ioctl _llseek lseek pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readv sendfile
        sendfile64 splice sync sync_file_range syncfs tee truncate truncate64 vmsplice write writev
        """;
}
