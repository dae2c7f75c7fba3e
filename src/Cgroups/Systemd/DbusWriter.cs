using System.Buffers.Binary;
using System.Text;

namespace Tare.Cgroups.Systemd;

/// <summary>Values in D-Bus's little-endian wire form (dbus-specification.html#message-protocol-marshaling): each aligned to its size from the start.</summary>
internal sealed class DbusWriter
{
    private readonly List<byte> _bytes = [];

    internal int Length => _bytes.Count;

    internal byte[] ToArray() => [.. _bytes];

    internal DbusWriter Align(int size)
    {
        while (_bytes.Count % size != 0)
            _bytes.Add(0);
        return this;
    }

    internal DbusWriter Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    internal DbusWriter Number(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _ = Align(4);
        _bytes.AddRange(bytes);
        return this;
    }

    internal DbusWriter Long(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _ = Align(8);
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A string or an object path.</summary>
    internal DbusWriter Text(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        _ = Number((uint)bytes.Length);
        _bytes.AddRange(bytes);
        return Byte(0);
    }

    internal DbusWriter Signature(string value)
    {
        _ = Byte((byte)value.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        return Byte(0);
    }

    /// <summary>An array: its length in bytes does not count the padding before its first element.</summary>
    internal DbusWriter Array(int elementAlignment, Action write)
    {
        _ = Number(0);
        int at = _bytes.Count - 4;
        _ = Align(elementAlignment);
        int start = _bytes.Count;
        write();
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)(_bytes.Count - start));
        for (int i = 0; i < 4; i++)
            _bytes[at + i] = length[i];
        return this;
    }

    internal void Append(byte[] bytes) => _bytes.AddRange(bytes);
}
