using System.Globalization;
using System.Text;
using Tare.Linux;

namespace Tare.Archive.Tar;

/// <summary>Writes a tar front to back: ustar, with a pax header before entries that need one. Not thread-safe.</summary>
public sealed class TarWriter
{
    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly Stream _stream;
    private long _left;
    private int _padding;

    /// <summary>Writes to a stream, which stays the caller's; it should gather small writes.</summary>
    public TarWriter(Stream stream) => _stream = stream;

    /// <summary>Starts an entry; exactly its size in bytes must follow through <see cref="WriteContent"/> or <see cref="PadContent"/>.</summary>
    public void Begin(TarEntry entry)
    {
        Finish();
        Span<byte> header = stackalloc byte[TarField.BlockSize];
        using var pax = new MemoryStream();
        Fill(header, entry, pax);
        if (pax.Length > 0)
            WritePax(entry, pax);
        _stream.Write(header);
        _left = entry.Size;
        _padding = (int)((TarField.BlockSize - (entry.Size % TarField.BlockSize)) % TarField.BlockSize);
    }

    /// <summary>Appends content to the current entry.</summary>
    public void WriteContent(ReadOnlySpan<byte> content)
    {
        if (content.Length > _left)
            throw new ArgumentException("more content than the entry's size", nameof(content));
        _stream.Write(content);
        _left -= content.Length;
    }

    /// <summary>Content bytes still missing.</summary>
    public long Missing => _left;

    /// <summary>Fills the rest of the current entry with zeros: a file that shrank while it was read.</summary>
    public void PadContent()
    {
        for (; _left > 0; _left -= Math.Min(_left, Zeros.Length))
            _stream.Write(Zeros, 0, (int)Math.Min(_left, Zeros.Length));
    }

    /// <summary>A whole small file.</summary>
    public void WriteFile(string name, ReadOnlySpan<byte> content, uint mode = 0x1a4 /* 0644 */, long modifiedSeconds = 0)
    {
        Begin(new TarEntry { Type = TarEntryType.File, Name = name, Size = content.Length, Mode = mode, ModifiedSeconds = modifiedSeconds });
        WriteContent(content);
    }

    /// <summary>The end marker; nothing may follow.</summary>
    public void End()
    {
        Finish();
        _stream.Write(Zeros, 0, 2 * TarField.BlockSize);
    }

    private void Finish()
    {
        if (_left > 0)
            throw new InvalidOperationException($"{_left} bytes of the last tar entry are missing");
        _stream.Write(Zeros, 0, _padding);
        _padding = 0;
    }

    private void WritePax(TarEntry entry, MemoryStream pax)
    {
        byte[] records = pax.ToArray();
        Span<byte> header = stackalloc byte[TarField.BlockSize];
        string name = "PaxHeaders.0/" + Path.GetFileName(entry.Name.TrimEnd('/'));
        using var unused = new MemoryStream();
        Fill(header, new TarEntry { Name = name, Size = records.Length, Mode = 0x1a4 }, unused);
        header[156] = (byte)'x';
        Seal(header);
        _stream.Write(header);
        _stream.Write(records);
        _stream.Write(Zeros, 0, (TarField.BlockSize - (records.Length % TarField.BlockSize)) % TarField.BlockSize);
    }

    private static void Fill(Span<byte> header, TarEntry entry, MemoryStream pax)
    {
        header.Clear();
        PutText(header[..100], entry.Name, "path", pax);
        PutNumber(header.Slice(100, 8), entry.Mode, null, pax);
        PutNumber(header.Slice(108, 8), entry.UserId, "uid", pax);
        PutNumber(header.Slice(116, 8), entry.GroupId, "gid", pax);
        PutNumber(header.Slice(124, 12), entry.Size, "size", pax);
        PutTime(header.Slice(136, 12), entry, pax);
        header[156] = (byte)entry.Type;
        PutText(header.Slice(157, 100), entry.LinkName, "linkpath", pax);
        "ustar\0"u8.CopyTo(header[257..]);
        "00"u8.CopyTo(header[263..]);
        PutNumber(header.Slice(329, 8), entry.DeviceMajor, null, pax);
        PutNumber(header.Slice(337, 8), entry.DeviceMinor, null, pax);
        foreach ((string name, byte[] value) in entry.Xattrs ?? new Dictionary<string, byte[]>())
            PaxRecords.Append(pax, PaxRecords.XattrPrefix + name, value);
        Seal(header);
    }

    private static void PutText(Span<byte> field, string text, string key, MemoryStream pax)
    {
        byte[] bytes = FileName.Encode(text);
        bool plain = bytes.Length <= field.Length && !bytes.AsSpan().ContainsAnyExceptInRange((byte)1, (byte)127);
        bytes.AsSpan(0, Math.Min(bytes.Length, field.Length)).CopyTo(field);
        if (!plain)
            PaxRecords.Append(pax, key, bytes);
    }

    private static void PutNumber(Span<byte> field, long value, string? key, MemoryStream pax)
    {
        if (TarField.TryWriteOctal(field, value))
            return;
        _ = TarField.TryWriteOctal(field, 0);
        PaxRecords.Append(pax, key ?? throw new InvalidOperationException($"{value} does not fit a tar header"), Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
    }

    private static void PutTime(Span<byte> field, TarEntry entry, MemoryStream pax)
    {
        bool fits = TarField.TryWriteOctal(field, entry.ModifiedSeconds);
        if (!fits)
            _ = TarField.TryWriteOctal(field, 0);
        if (fits && entry.ModifiedNanoseconds == 0)
            return;
        decimal time = entry.ModifiedSeconds + (entry.ModifiedNanoseconds / 1_000_000_000m);
        PaxRecords.Append(pax, "mtime", Encoding.ASCII.GetBytes(time.ToString("0.#########", CultureInfo.InvariantCulture)));
    }

    private static void Seal(Span<byte> header)
    {
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header)
            sum += value;
        _ = TarField.TryWriteOctal(header.Slice(148, 7), sum);
    }
}
