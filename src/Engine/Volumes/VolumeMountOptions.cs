using System.Net;
using System.Net.Sockets;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Engine.Volumes;

/// <summary>What the options type, device and o of a local volume mean to mount(2).</summary>
internal sealed record VolumeMountOptions(string? Type, string Device, ulong Flags, string? Data)
{
    private static readonly Dictionary<string, ulong> FlagNames = new(StringComparer.Ordinal)
    {
        ["ro"] = Mount.MS_RDONLY,
        ["nosuid"] = Mount.MS_NOSUID,
        ["nodev"] = Mount.MS_NODEV,
        ["noexec"] = Mount.MS_NOEXEC,
        ["bind"] = Mount.MS_BIND,
        ["rbind"] = Mount.MS_BIND | Mount.MS_REC,
        ["sync"] = 16,
        ["dirsync"] = 128,
        ["noatime"] = 1024,
        ["nodiratime"] = 2048,
        ["relatime"] = 1 << 21,
        ["strictatime"] = 1 << 24,
    };

    private static readonly HashSet<string> Defaults = new(["rw", "suid", "dev", "exec", "async", "atime", "defaults"], StringComparer.Ordinal);

    /// <summary>Reads the options; null when the volume is a plain directory. Refuses unknown and missing ones.</summary>
    public static VolumeMountOptions? Parse(IReadOnlyDictionary<string, string> options)
    {
        foreach (string key in options.Keys)
        {
            if (key is not ("type" or "device" or "o" or "size"))
                throw TareException.Invalid($"invalid option: \"{key}\"");
        }
        if (options.ContainsKey("size"))
            throw new TareException(ErrorKind.NotSupported, "quota size requested but no quota support; use type=tmpfs with o=size=…");
        if (options.Count == 0)
            return null;
        string type = options.GetValueOrDefault("type", "");
        string words = options.GetValueOrDefault("o", "");
        if (!options.TryGetValue("device", out string? device) || device.Length == 0)
            throw TareException.Invalid("missing device in volume options");
        if (type.Length == 0)
            throw TareException.Invalid("missing required option: \"type\"");
        (ulong flags, List<string> data) = Split(words);
        bool bind = (flags & Mount.MS_BIND) != 0;
        return new VolumeMountOptions(bind || type == "none" ? null : type, device, flags, data.Count == 0 ? null : string.Join(',', data));
    }

    /// <summary>Mounts on a directory that only root can change.</summary>
    public void MountOn(string target, string volume)
    {
        string? data = Data is not null && Type is not null && Type.StartsWith("nfs", StringComparison.Ordinal) ? ResolveAddress(Data) : Data;
        Errno errno = Mount.TryMount(Device, target, Type, Flags, data);
        // Read-only is not taken from the first call of a bind.
        if (errno == Errno.None && (Flags & Mount.MS_BIND) != 0 && (Flags & ~(Mount.MS_BIND | Mount.MS_REC)) != 0)
            errno = Mount.TryMount(null, target, null, Flags | Mount.MS_REMOUNT, null);
        if (errno != Errno.None)
        {
            throw TareException.Internal(
                $"failed to mount local volume: mount {Device}:{target}, type: {Type ?? "none"}, data: {Data ?? ""}, of volume {volume}: {errno.Describe()}");
        }
    }

    private static (ulong Flags, List<string> Data) Split(string words)
    {
        ulong flags = 0;
        List<string> data = [];
        foreach (string word in words.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (FlagNames.TryGetValue(word, out ulong flag))
                flags |= flag;
            else if (!Defaults.Contains(word))
                data.Add(word);
        }
        return (flags, data);
    }

    /// <summary>The kernel wants an address where people write "addr=server.example".</summary>
    private static string ResolveAddress(string data)
    {
        string[] words = data.Split(',');
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith("addr=", StringComparison.Ordinal) || IPAddress.TryParse(words[i][5..], out _))
                continue;
            try
            {
                words[i] = "addr=" + Dns.GetHostAddresses(words[i][5..])[0];
            }
            catch (SocketException error)
            {
                throw TareException.Invalid($"error resolving passed in network volume address \"{words[i][5..]}\"", error);
            }
        }
        return string.Join(',', words);
    }
}
