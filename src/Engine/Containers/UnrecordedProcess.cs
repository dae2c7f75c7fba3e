using Tare.Cgroups;
using Tare.Engine.Containers.State;
using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Engine.Containers;

/// <summary>Ends a process of which no record says that it runs: nobody was told of its start.</summary>
internal static class UnrecordedProcess
{
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Kills it and waits until the keeper has forgotten it, because until then its name is taken.</summary>
    internal static async Task EndAsync(ContainerContext context, ContainerRecord record, FileDescriptor pidFd)
    {
        using (pidFd)
        {
            ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record)).KillAll(KillTimeout);
            _ = Process.TrySignal(pidFd, Process.SIGKILL);
        }
        for (int tries = 0; tries < 1000; tries++)
        {
            await context.Keeper.ForgetAsync(record.Id);
            IReadOnlyList<(ProcessNotice Notice, FileDescriptor? PidFd)> known = await context.Keeper.ListAsync();
            foreach ((ProcessNotice _, FileDescriptor? listed) in known)
                listed?.Dispose();
            if (!known.Any(process => process.Notice.Key == record.Id))
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
