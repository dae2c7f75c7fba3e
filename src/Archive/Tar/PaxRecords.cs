using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Archive.Tar;

/// <summary>The records of a pax header (pax(1), "pax Header Block"): "length key=value\n". Values are bytes, because xattrs are.</summary>
internal sealed class PaxRecords
{
    public const string XattrPrefix = "SCHILY.xattr.";

    private readonly Dictionary<string, byte[]> _records = [];

    public int Count => _records.Count;

    /// <summary>Adds the records of one header block; later ones replace earlier ones, an empty value removes.</summary>
    public void Parse(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && data[0] != 0)
        {
            int space = data.IndexOf((byte)' ');
            if (space is <= 0 or > 10 || !Utf8Parser.TryParse(data[..space], out int length, out int used) || used != space
                || length <= space + 2 || length > data.Length || data[length - 1] != '\n')
                throw Broken();
            ReadOnlySpan<byte> record = data[(space + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw Broken();
            string key = FileName.Decode(record[..equals]);
            if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
                throw new TareException(ErrorKind.NotSupported, "sparse files in a tar archive are not supported: write it without --sparse");
            _records[key] = record[(equals + 1)..].ToArray();
            data = data[length..];
        }
    }

    /// <summary>Takes over everything of another header, as a base for the next entry.</summary>
    public void AddAll(PaxRecords other)
    {
        foreach ((string key, byte[] value) in other._records)
            _records[key] = value;
    }

    public void Clear() => _records.Clear();

    public string? Text(string key) => _records.TryGetValue(key, out byte[]? value) && value.Length > 0 ? FileName.Decode(value) : null;

    public long? Number(string key)
    {
        if (!_records.TryGetValue(key, out byte[]? value) || value.Length == 0)
            return null;
        return long.TryParse(Encoding.Latin1.GetString(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : throw Broken();
    }

    /// <summary>Seconds with an optional fraction, of which nine digits count.</summary>
    public (long Seconds, uint Nanoseconds)? Time(string key)
    {
        string? text = Text(key);
        if (text is null)
            return null;
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        string whole = dot < 0 ? text : text[..dot];
        string fraction = dot < 0 ? "" : text[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) || !fraction.All(char.IsAsciiDigit))
            throw Broken();
        uint nanoseconds = uint.Parse(fraction.PadRight(9, '0').AsSpan(0, 9), CultureInfo.InvariantCulture);
        return whole.StartsWith('-') && nanoseconds > 0 ? (seconds - 1, 1_000_000_000 - nanoseconds) : (seconds, nanoseconds);
    }

    /// <summary>The extended attributes, or null when there are none.</summary>
    public Dictionary<string, byte[]>? Xattrs()
    {
        Dictionary<string, byte[]>? xattrs = null;
        foreach ((string key, byte[] value) in _records)
        {
            if (key.StartsWith(XattrPrefix, StringComparison.Ordinal) && key.Length > XattrPrefix.Length)
                (xattrs ??= [])[key[XattrPrefix.Length..]] = value;
        }
        return xattrs;
    }

    /// <summary>Appends one record to a header under construction.</summary>
    public static void Append(Stream header, string key, ReadOnlySpan<byte> value)
    {
        byte[] name = FileName.Encode(key);
        int content = name.Length + value.Length + 3;
        int length = content + 1;
        while (content + length.ToString(CultureInfo.InvariantCulture).Length != length)
            length = content + length.ToString(CultureInfo.InvariantCulture).Length;
        header.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        header.WriteByte((byte)' ');
        header.Write(name);
        header.WriteByte((byte)'=');
        header.Write(value);
        header.WriteByte((byte)'\n');
    }

    private static TareException Broken() => TareException.Invalid("broken archive: malformed pax header");
}
