using System.Globalization;
using Tare.Linux;

namespace Tare.Engine.Hosting;

/// <summary>
/// The children that this process got when their keeper, a child of it too, died: it reaps them when they end and says how, for the next keeper. For a
/// process that is a subreaper; one that is not has none.
/// </summary>
internal sealed class OrphanReaper : IDisposable
{
    private readonly Dictionary<ulong, FileDescriptor> _pidFds = [];

    private OrphanReaper()
    {
    }

    /// <summary>Pids of those that were found.</summary>
    internal IReadOnlyCollection<int> Pids => [.. _pidFds.Keys.Select(pid => (int)pid)];

    /// <summary>Looks at all children; <paramref name="own"/> are those that this process started itself.</summary>
    internal static OrphanReaper Find(IReadOnlyCollection<int> own)
    {
        var reaper = new OrphanReaper();
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            foreach (string word in ReadWords(Path.Combine(task, "children")))
            {
                int pid = int.Parse(word, CultureInfo.InvariantCulture);
                if (!own.Contains(pid) && Process.TryOpen(pid, out FileDescriptor pidFd) == Errno.None)
                    reaper._pidFds[(ulong)pid] = pidFd;
            }
        }
        return reaper;
    }

    /// <summary>Begins to reap, on a thread that lasts as long as there is somebody to wait for.</summary>
    internal void Begin(Action<int, ExitStatus> ended)
    {
        if (_pidFds.Count > 0)
            new Thread(() => Reap(ended), 128 * 1024) { IsBackground = true, Name = "orphans" }.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor pidFd in _pidFds.Values)
            pidFd.Dispose();
    }

    private void Reap(Action<int, ExitStatus> ended)
    {
        using var epoll = new Epoll();
        foreach ((ulong pid, FileDescriptor pidFd) in _pidFds)
            epoll.Add(pidFd, Epoll.EPOLLIN, pid);
        while (_pidFds.Count > 0)
        {
            int count = epoll.Wait(-1);
            for (int i = 0; i < count; i++)
            {
                ulong pid = epoll.Entry(i).Token;
                if (!_pidFds.TryGetValue(pid, out FileDescriptor? pidFd))
                    continue;
                Errno errno = Process.TryReap(pidFd, wait: false, out ExitStatus status);
                if (errno == Errno.EAGAIN)
                    continue;
                epoll.Remove(pidFd);
                pidFd.Dispose();
                _ = _pidFds.Remove(pid);
                if (errno == Errno.None)
                    ended((int)pid, status);
            }
        }
    }

    private static string[] ReadWords(string path)
    {
        try
        {
            return File.ReadAllText(path).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            // The thread has ended, or the kernel was built without these files.
            return [];
        }
    }
}
