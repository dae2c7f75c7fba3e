using Tare.Engine.Containers;
using Tare.Errors;
using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Engine.Execs;

/// <summary>Makes execs, keeper and kernel agree after the death of an engine or a keeper.</summary>
public sealed class ExecRecovery(ContainerContext context, ExecStore execs)
{
    /// <summary>Exit code of an exec whose end nobody saw.</summary>
    private const int UnknownCode = 255;

    /// <summary>After a start of the engine: <paramref name="known"/> is what the keeper knows beside containers.</summary>
    internal async Task<IReadOnlyList<Exception>> RunAsync(IEnumerable<(ProcessNotice Notice, FileDescriptor? PidFd)> known)
    {
        HashSet<string> found = [];
        foreach ((ProcessNotice notice, FileDescriptor? pidFd) in known)
        {
            _ = found.Add(notice.Key);
            bool isExec = execs.TryGet(notice.Key, out Exec? exec);
            if (isExec && notice.Running && pidFd is not null)
            {
                exec!.Run(notice.Pid, pidFd);
                continue;
            }
            // Ended, or a health check's, whose end interests nobody any more.
            pidFd?.Dispose();
            if (notice.Running)
                continue;
            if (isExec)
                End(exec!, notice.ShellCode, notice.EndedUnixNanoseconds);
            await context.Keeper.ForgetAsync(notice.Key);
        }
        return await MendAsync(execs.All.Where(exec => exec.ExitCode is null && exec.Pid != 0 && !found.Contains(exec.Id)), exec =>
        {
            if (ContainerProcess.TryOpen(exec.Pid, exec.Container.Id) is { } pidFd)
                exec.Run(exec.Pid, pidFd);
            return exec.PidFd;
        }, []);
    }

    /// <summary>After the death of the keeper; <paramref name="children"/> are those whose parent this process is now.</summary>
    internal Task<IReadOnlyList<Exception>> HandOverAsync(IReadOnlyCollection<int> children) =>
        MendAsync(execs.All.Where(exec => exec.IsRunning), exec => exec.PidFd, children);

    private async Task<IReadOnlyList<Exception>> MendAsync(IEnumerable<Exec> lost, Func<Exec, FileDescriptor?> process, IReadOnlyCollection<int> children)
    {
        List<Exception> failures = [];
        foreach (Exec exec in lost)
        {
            try
            {
                if (process(exec) is { } pidFd)
                    _ = await context.Keeper.AdoptAsync(new AdoptRequest { Key = exec.Id, Pid = exec.Pid, PidFd = pidFd, ParentReports = children.Contains(exec.Pid) });
                else
                    End(exec, UnknownCode, context.Now);
            }
            catch (TareException error)
            {
                failures.Add(TareException.Internal($"recover exec {exec.Id}", error));
            }
        }
        return failures;
    }

    private void End(Exec exec, int code, long at)
    {
        if (exec.End(code, at))
            execs.Ended(exec);
    }
}
