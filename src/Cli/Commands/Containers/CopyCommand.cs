using Tare.Cli.CommandLine;
using Tare.Cli.Copying;
using Tare.EngineApi.Client;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare cp: files between a container and this machine, or as a tar from or to stdio.</summary>
internal static class CopyCommand
{
    private const uint DirectoryBit = 1u << 31;
    private const uint LinkBit = 1u << 27;

    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH", "Copy files/folders between a container and the local filesystem")
        {
            MinArguments = 2,
            MaxArguments = 2,
        };
        SwitchFlag archive = command.Flags.Switch("archive", "Archive mode (copy all uid/gid information)", 'a');
        SwitchFlag follow = command.Flags.Switch("follow-link", "Always follow symbol link in SRC_PATH", 'L');
        SwitchFlag quiet = command.Flags.Switch("quiet", "Suppress progress output during copy", 'q');
        command.Run = (session, words) =>
        {
            CopyPath source = CopyPath.Parse(words[0]);
            CopyPath target = CopyPath.Parse(words[1]);
            if (source.Container is not null == target.Container is not null)
                throw TareException.Invalid(source.Container is null ? "must specify at least one container source" : "copying between containers is not supported");
            string done = source.Container is not null
                ? FromContainer(session, source, target.Path, archive.Value, follow.Value)
                : ToContainer(session, source, target, archive.Value, follow.Value);
            if (!quiet.Value && done.Length > 0)
                session.Error.WriteLine(done);
            return 0;
        };
        return command;
    }

    private static string FromContainer(Session session, CopyPath source, string target, bool archive, bool follow)
    {
        string path = source.Path.StartsWith('/') ? source.Path : "/" + source.Path;
        if (follow && session.Client.Containers.StatPath(source.Container!, path) is { LinkTarget.Length: > 0 } link && (link.Mode & LinkBit) != 0)
            path = link.LinkTarget;
        using EngineResponse response = session.Client.Containers.ReadArchive(source.Container!, path, out PathStat stat);
        if (target == "-")
        {
            ArchiveFile.CheckTarget(null);
            ArchiveFile.Save(session, response.Body, null);
            return "";
        }
        bool isDirectory = (stat.Mode & DirectoryBit) != 0;
        string into = target.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/";
        if (Directory.Exists(into))
        {
            new TreeUnpacker(into, source.IsContents ? "" : CopyPath.BaseName(path), archive).Unpack(response.Body);
        }
        else if (target.EndsWith('/') && !isDirectory)
        {
            throw TareException.NotFound($"destination directory {target} does not exist");
        }
        else
        {
            string full = Path.GetFullPath(into);
            if (isDirectory && File.Exists(full))
                throw TareException.Invalid($"cannot copy directory to file {target}");
            new TreeUnpacker(Path.GetDirectoryName(full)!, Path.GetFileName(full), archive).Unpack(response.Body);
        }
        return $"Successfully copied {source.Container}:{source.Path} to {target}";
    }

    private static string ToContainer(Session session, CopyPath source, CopyPath target, bool archive, bool follow)
    {
        string path = target.Path.StartsWith('/') ? target.Path : "/" + target.Path;
        if (source.Path == "-")
        {
            session.Client.Containers.WriteArchive(target.Container!, path, archive, ArchiveFile.Reader(session, "-"));
            return "";
        }
        string local = source.Path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/";
        bool isDirectory = Directory.Exists(local);
        if (!isDirectory && !File.Exists(local) && new FileInfo(local).LinkTarget is null)
            throw TareException.NotFound($"lstat {source.Path}: no such file or directory");
        (string directory, string name) = Place(session, target.Container!, path, source, isDirectory);
        session.Client.Containers.WriteArchive(target.Container!, directory, archive, tar => TreePacker.Pack(local, name, follow, tar));
        return $"Successfully copied {source.Path} to {target.Container}:{target.Path}";
    }

    /// <summary>The directory to unpack in, and the name the source gets there; no name for contents.</summary>
    private static (string Directory, string Name) Place(Session session, string container, string path, CopyPath source, bool isDirectory)
    {
        PathStat? stat = TryStat(session, container, path);
        if (stat is not null && (stat.Mode & LinkBit) != 0 && stat.LinkTarget.Length > 0)
        {
            path = stat.LinkTarget;
            stat = TryStat(session, container, path);
        }
        if (stat is not null && (stat.Mode & DirectoryBit) != 0)
            return (path, source.IsContents ? "" : CopyPath.BaseName(Path.GetFullPath(source.Path)));
        if (stat is not null && isDirectory)
            throw TareException.Invalid($"cannot copy directory to file {container}:{path}");
        if (stat is null && !isDirectory && path.EndsWith('/'))
            throw TareException.NotFound($"destination directory {container}:{path} does not exist");
        return (CopyPath.Parent(path), CopyPath.BaseName(path));
    }

    private static PathStat? TryStat(Session session, string container, string path)
    {
        try
        {
            return session.Client.Containers.StatPath(container, path);
        }
        catch (EngineErrorException error) when (error.IsNotFound)
        {
            // The path may be missing; a missing container is told by the copy itself.
            return null;
        }
    }
}
