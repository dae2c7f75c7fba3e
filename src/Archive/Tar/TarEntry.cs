namespace Tare.Archive.Tar;

/// <summary>The kinds of tar entries that name something; the values are the type flags of ustar.</summary>
public enum TarEntryType
{
    File = '0',
    HardLink = '1',
    Symlink = '2',
    CharacterDevice = '3',
    BlockDevice = '4',
    Directory = '5',
    Fifo = '6',
}

/// <summary>One entry of a tar with long names and pax records already merged in. The names are as written: untrusted, not normalised.</summary>
public sealed class TarEntry
{
    public TarEntryType Type { get; init; }
    public required string Name { get; init; }

    /// <summary>Target of a hard or symbolic link, else empty.</summary>
    public string LinkName { get; init; } = "";

    /// <summary>Permission bits with setuid, setgid and sticky: at most 07777.</summary>
    public uint Mode { get; init; }
    public uint UserId { get; init; }
    public uint GroupId { get; init; }

    /// <summary>Bytes of content that follow; zero for all but files.</summary>
    public long Size { get; init; }

    /// <summary>Seconds since 1970, may be negative.</summary>
    public long ModifiedSeconds { get; init; }
    public uint ModifiedNanoseconds { get; init; }
    public uint DeviceMajor { get; init; }
    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes by full name ("security.capability"), or null.</summary>
    public IReadOnlyDictionary<string, byte[]>? Xattrs { get; init; }
}
