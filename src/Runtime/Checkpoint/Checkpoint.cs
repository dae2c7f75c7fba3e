using System.Text.Json;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.Checkpoint;

/// <summary>`checkpoint`: criu writes down a running container's processes, which then end unless they are to go on.</summary>
public static class Checkpoint
{
    private const string Log = "dump.log";

    /// <summary>Dumps. The container's directory and group are the caller's to remove.</summary>
    public static void Run(ContainerProcess container, CheckpointOptions options)
    {
        string status = container.Status;
        if (status is "created" or "creating" or "stopped")
            throw new TareException(ErrorKind.Conflict, $"Container cannot be checkpointed in {status} state");
        _ = CriuSession.Find(); // before anything is written
        RuntimeSpec spec = container.Directory.LoadConfiguration();
        using CriuDirectories directories = CriuDirectories.Open(options);
        if (options.PreDump || options.LazyPages)
            CheckFeatures(options);
        CriuWriter request = CriuOptionsMessage.AddCommon(new CriuWriter(), options, directories, Log)
            .Text(13, container.State.Rootfs)
            .Number(2, container.State.Pid)
            .Flag(3, options.LeaveRunning)
            .Flag(46, options.TcpSkipInFlight)
            .Flag(18, options.LinkRemap);
        foreach (NamespaceSpec ns in spec.Linux?.Namespaces ?? [])
            if (ns is { Type: "network" or "pid", Path.Length: > 0 })
                _ = request.Text(37, ExternalNamespace(ns));
        if (container.TryCgroup is { } group && Cgroups.CgroupHierarchy.OfThisMachine.Shape == Cgroups.CgroupShape.Unified)
            _ = request.Text(44, group.UnifiedDirectory);
        if (options.PageServer is { } server)
            _ = request.Message(11, new CriuWriter().Text(1, server.Address).Number(2, server.Port));
        if (options.ParentPath is not null)
            _ = request.Text(14, options.ParentPath).Flag(15, true);
        if (!options.PreDump)
        {
            CriuMounts.AddForDump(request, spec, container.State.Pid);
            SmallFile.Write(Path.Combine(options.ImagePath, CriuDirectories.Descriptors), JsonDescriptors(container.State.Pid));
        }
        using CriuSession session = CriuSession.Start(new CriuSessionOptions());
        CriuRequest type = options.PreDump ? CriuRequest.PreDump : CriuRequest.Dump;
        CriuAnswer answer = session.Ask(type, request, (script, _, _) =>
        {
            if (script == "status-ready" && options.Status is not null)
                options.Status.Write([0]);
        });
        if (!answer.Success)
            throw CriuOptionsMessage.Failure("dump", answer, directories, Log);
    }

    /// <summary>"net[inode]:key": criu leaves it alone and finds it again by the key.</summary>
    private static string ExternalNamespace(NamespaceSpec ns)
    {
        using FileDescriptor file = Fcntl.Open(ns.Path!, Fcntl.O_RDONLY);
        return $"{(ns.Type == "network" ? "net" : ns.Type)}[{Stat.Of(file).Inode}]:{CriuOptionsMessage.NamespaceKey(ns.Type)}";
    }

    private static void CheckFeatures(CheckpointOptions options)
    {
        using CriuSession session = CriuSession.Start(new CriuSessionOptions());
        CriuAnswer answer = session.Ask(CriuRequest.FeatureCheck, null, features: new CriuWriter().Flag(1, options.PreDump).Flag(2, options.LazyPages));
        if (!answer.Success)
            throw TareException.Internal($"criu cannot say what it can do here: {answer.Errno}; try \"criu check\"");
        if ((options.PreDump && !answer.MemoryTracking) || (options.LazyPages && !answer.LazyPages))
            throw new TareException(ErrorKind.NotSupported, $"criu is missing features: {(answer.MemoryTracking ? "lazy_pages" : "mem_track")}, which this kernel does not have");
    }

    /// <summary>What the standard streams are, so that restore can put other pipes in the place of pipes.</summary>
    private static byte[] JsonDescriptors(int pid)
    {
        string[] names = new string[3];
        for (int i = 0; i < 3; i++)
            names[i] = Unistd.TryReadLink(FileDescriptor.CurrentDirectory, $"/proc/{pid}/fd/{i}", out string target) == Errno.None ? target : "";
        return JsonSerializer.SerializeToUtf8Bytes(names, DescriptorsJson.Default.StringArray);
    }
}
