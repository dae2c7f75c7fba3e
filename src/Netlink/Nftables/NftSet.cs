namespace Tare.Netlink.Nftables;

/// <summary>One field of a set key or map value: nft's number for the type (so that `nft list` prints it) and its length in bytes.</summary>
public readonly record struct NftField(int Type, int Length)
{
    public static readonly NftField Ipv4 = new(7, 4);
    public static readonly NftField Ipv6 = new(8, 16);
    public static readonly NftField Protocol = new(12, 1);
    public static readonly NftField Service = new(13, 2);
    public static readonly NftField InterfaceName = new(41, 16);

    /// <summary>Length in registers, in bytes: fields of a concatenation start at multiples of four.</summary>
    public int Padded => (Length + 3) & ~3;
}

/// <summary>A named set, or a map when <see cref="Value"/> is not empty. <see cref="Interval"/> keys are ranges, per field in a concatenation.</summary>
public sealed record NftSet(string Name, int Id, NftField[] Key, NftField[] Value, bool Interval = false)
{
    /// <summary>True when elements carry data.</summary>
    public bool IsMap => Value.Length > 0;

    internal int Flags => (Interval ? 4 : 0) | (IsMap ? 8 : 0) | (Interval && Key.Length > 1 ? 0x80 : 0);
}

/// <summary>
/// One element: padded key bytes, the inclusive end of the range for interval sets, and the data of a map. Equal by content.
/// </summary>
public sealed record NftElement(byte[] Key, byte[]? KeyEnd = null, byte[]? Value = null)
{
    /// <summary>Joins fields into a key or value, each padded to four bytes.</summary>
    public static byte[] Join(params byte[][] fields)
    {
        byte[] joined = new byte[fields.Sum(f => (f.Length + 3) & ~3)];
        int at = 0;
        foreach (byte[] field in fields)
        {
            field.CopyTo(joined, at);
            at += (field.Length + 3) & ~3;
        }
        return joined;
    }

    /// <summary>An interface name as a key field.</summary>
    public static byte[] InterfaceName(string name)
    {
        byte[] field = new byte[16];
        _ = System.Text.Encoding.ASCII.GetBytes(name, field);
        return field;
    }

    /// <summary>A port as a key or value field.</summary>
    public static byte[] Port(ushort port) => [(byte)(port >> 8), (byte)port];

    /// <inheritdoc/>
    public bool Equals(NftElement? other) => other is not null && Key.AsSpan().SequenceEqual(other.Key)
        && KeyEnd.AsSpan().SequenceEqual(other.KeyEnd) && Value.AsSpan().SequenceEqual(other.Value);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Key);
        return hash.ToHashCode();
    }
}
