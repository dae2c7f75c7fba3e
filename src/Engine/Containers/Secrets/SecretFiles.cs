using System.Globalization;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;
using OciMount = Tare.Oci.Runtime.MountSpec;

namespace Tare.Engine.Containers.Secrets;

/// <summary>
/// The secrets of a container: their content lies beside its record, readable by root alone, and is copied into memory at each start. It is in no answer,
/// image, archive or log.
/// </summary>
internal static class SecretFiles
{
    /// <summary>Keeps the content of a new container's secrets; goes with the container's directory.</summary>
    internal static void Keep(string directory, IReadOnlyList<byte[]> contents)
    {
        if (contents.Count == 0)
            return;
        string place = Path.Combine(directory, "secrets");
        FileFailureCheck(Stat.TryMakeDirectory(FileDescriptor.CurrentDirectory, place, 0x1c0 /* 0700 */), place);
        for (int i = 0; i < contents.Count; i++)
        {
            using FileDescriptor file = Fcntl.Open(FileOf(directory, i), Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, 0x180 /* 0600 */);
            file.Write(contents[i]);
        }
    }

    /// <summary>The mounts that show them: one directory for those below /run/secrets, one file each for the others.</summary>
    internal static IEnumerable<OciMount> Mounts(IReadOnlyList<SecretSpec> secrets)
    {
        if (secrets.Any(IsListed))
            yield return new OciMount { Destination = SecretCheck.Directory, Type = "tmpfs", Source = "secrets", Options = ["ro", "nosuid", "nodev", "noexec"] };
        foreach (SecretSpec secret in secrets.Where(secret => !IsListed(secret)))
            yield return new OciMount { Destination = secret.Target, Type = "bind", Source = $"secret {secret.Name}", Options = ["bind", "ro", "nosuid", "nodev", "noexec"] };
    }

    /// <summary>Fills a file system in memory and gives what of it is mounted where.</summary>
    internal static IEnumerable<(string Destination, FileDescriptor Mount, bool IsFile)> Prepare(ContainerPaths paths, ContainerRecord record)
    {
        if (record.HostConfig.Secrets is not { Count: > 0 } secrets)
            yield break;
        // Those with places of their own lie in another file system than the directory shows.
        FileDescriptor shown = CreateMemory();
        using FileDescriptor hidden = CreateMemory();
        for (int i = 0; i < secrets.Count; i++)
        {
            bool listed = IsListed(secrets[i]);
            Fill(listed ? shown : hidden, listed ? secrets[i].Target : Number(i), secrets[i], FileOf(paths.Of(record.Id), i));
            if (listed)
                continue;
            using FileDescriptor file = Fcntl.OpenAt(hidden, Number(i), Fcntl.O_PATH | Fcntl.O_NOFOLLOW);
            yield return (secrets[i].Target, Mount.CloneTree(file, recursive: false), true);
        }
        yield return (SecretCheck.Directory, shown, false);
    }

    private static bool IsListed(SecretSpec secret) => !secret.Target.StartsWith('/');

    private static FileDescriptor CreateMemory() =>
        Mount.CreateDetached("tmpfs", "secrets", ["mode=0755", "nr_inodes=1k"], Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC);

    private static void Fill(FileDescriptor directory, string name, SecretSpec secret, string source)
    {
        byte[] content = File.ReadAllBytes(source);
        using FileDescriptor file = Fcntl.OpenAt(directory, name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, 0x180);
        file.Write(content);
        Array.Clear(content);
        FileFailureCheck(Unistd.TryChown(file, "", secret.Uid, secret.Gid), secret.Name);
        FileFailureCheck(Stat.TryChmod(file, secret.Mode ?? 0x124 /* 0444 */), secret.Name);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string FileOf(string directory, int number) => Path.Combine(directory, "secrets", Number(number));

    private static void FileFailureCheck(Errno errno, string what)
    {
        if (errno != Errno.None)
            throw TareException.Internal($"keep secret {what}: {errno.Describe()}");
    }
}
