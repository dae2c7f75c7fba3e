using System.Globalization;
using System.Text;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Engine.Volumes;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.Linux;
using Tare.Runtime;

namespace Tare.Engine.Containers;

/// <summary>POST /tare/explain: the system calls that would isolate a container, with their reasons; nothing is run and nothing stays.</summary>
public sealed class ContainerExplain(ContainerServices containers, VolumeService volumes)
{
    private static readonly (ulong Flag, string Name, string Gives)[] Namespaces =
    [
        (Sched.CLONE_NEWUSER, "user", "user ids of its own"),
        (Sched.CLONE_NEWPID, "pid", "it sees only its own processes"),
        (Sched.CLONE_NEWNS, "mount", "mounts of its own"),
        (Sched.CLONE_NEWNET, "network", "interfaces, addresses and ports of its own"),
        (Sched.CLONE_NEWUTS, "uts", "a host name of its own"),
        (Sched.CLONE_NEWIPC, "ipc", "shared memory and message queues of its own"),
        (Sched.CLONE_NEWCGROUP, "cgroup", "its own cgroup looks like the root"),
        (Sched.CLONE_NEWTIME, "time", "clocks of its own"),
    ];

    /// <summary>Makes the container's record and file system, compiles what a start would run, and removes everything again.</summary>
    public async Task<string> RunAsync(string? platform, CreateRequest request)
    {
        HashSet<string> present = [.. volumes.List(new FilterSet()).Volumes.Select(volume => volume.Name)];
        CreateResponse made = await containers.Create.RunAsync(null, platform, request);
        Container container = containers.Context.Store.Get(made.Id);
        try
        {
            using (await container.Lock.EnterAsync())
                return Write(await new ContainerLaunch(containers.Context, container).CompileAsync());
        }
        finally
        {
            await containers.Remove.RunAsync(made.Id, force: true, volumes: true);
            foreach (string volume in container.Record.Mounts.Select(mount => mount.VolumeName).OfType<string>().Where(name => !present.Contains(name)))
                volumes.Remove(volume, force: true);
        }
    }

    private static string Write(CompiledContainer compiled)
    {
        var text = new StringBuilder("The container's first process is cloned into new namespaces:\n");
        foreach ((ulong flag, string name, string gives) in Namespaces)
        {
            if ((compiled.Namespaces & flag) != 0)
                _ = text.Append(CultureInfo.InvariantCulture, $"      {name,-10}{gives}\n");
        }
        return text.Append("\nThere it makes these calls, in order, and then becomes the command:\n").Append(compiled.Program.Explain()).ToString();
    }
}
