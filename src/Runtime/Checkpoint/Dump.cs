using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Checkpoint;

/// <summary>A running container, as criu must know it to write it down.</summary>
public sealed record DumpSource
{
    /// <summary>Its first process.</summary>
    public required int Pid { get; init; }

    /// <summary>Its configuration: what is mounted where.</summary>
    public required RuntimeSpec Spec { get; init; }

    /// <summary>Its root file system on the host, or null.</summary>
    public string? Rootfs { get; init; }

    /// <summary>Its group's directory in the v2 tree, frozen meanwhile; null where there is none.</summary>
    public string? Group { get; init; }

    /// <summary>Namespaces that others made, which are not saved: "network" or "pid".</summary>
    public IReadOnlyList<(string Type, ulong Inode)> Joined { get; init; } = [];
}

/// <summary>criu writes down the processes of a container, which end then unless they are to go on.</summary>
public static class Dump
{
    private const string Log = "dump.log";

    /// <summary>Throws, on a machine without criu, what to install.</summary>
    public static void CheckInstalled() => _ = CriuProgram.Find();

    /// <summary>
    /// Dumps. <paramref name="written"/> is called when everything is written and the processes stand still: when it throws, or this process dies in it, they go on.
    /// </summary>
    public static void Run(DumpSource source, CheckpointOptions options, Action? written = null)
    {
        using CriuDirectories directories = CriuDirectories.Open(options);
        CriuWriter request = CriuOptionsMessage.AddCommon(new CriuWriter(), options, directories, Log)
            .Text(13, source.Rootfs)
            .Number(2, source.Pid)
            .Flag(3, options.LeaveRunning)
            .Flag(46, options.TcpSkipInFlight)
            .Flag(18, options.LinkRemap)
            .Text(44, source.Group);
        foreach ((string type, ulong inode) in source.Joined)
            _ = request.Text(37, $"{(type == "network" ? "net" : type)}[{inode}]:{CriuOptionsMessage.NamespaceKey(type)}");
        if (options.PageServer is { } server)
            _ = request.Message(11, new CriuWriter().Text(1, server.Address).Number(2, server.Port));
        if (options.ParentPath is not null)
            _ = request.Text(14, options.ParentPath).Flag(15, true);
        IReadOnlyList<StreamFile> streams = [];
        if (!options.PreDump)
        {
            CriuMounts.AddForDump(request, source.Spec, source.Pid);
            streams = StreamFile.Of(source.Pid);
            foreach (StreamFile fifo in streams.Where(stream => stream.IsFifo))
                _ = request.Text(37, fifo.Name);
            StreamFile.Save(options.ImagePath, streams);
        }
        Ask(request, options, directories, () =>
        {
            FifoData.Drop(directories.Images, [.. streams.Where(stream => stream.IsFifo).Select(stream => (uint)stream.Inode)]);
            written?.Invoke();
        });
    }

    private static void Ask(CriuWriter request, CheckpointOptions options, CriuDirectories directories, Action written)
    {
        using CriuSession session = CriuSession.Start();
        CriuAnswer answer = session.Ask(options.PreDump ? CriuRequest.PreDump : CriuRequest.Dump, request, (script, _, _) =>
        {
            if (script == "status-ready" && options.Status is not null)
                options.Status.Write([0]);
            else if (script == "post-dump")
                written();
        });
        if (!answer.Success)
            throw CriuOptionsMessage.Failure("dump", answer, directories, Log);
    }
}
