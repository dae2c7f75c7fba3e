using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;

namespace Tare.Linux;

/// <summary>
/// File names between the kernel's bytes and strings: UTF-8, and every byte that is no UTF-8 becomes the lone surrogate U+DC00 + byte, so that
/// any name survives the way there and back. Pure.
/// </summary>
public static class FileName
{
    /// <summary>Bytes of the kernel or of an archive, without the terminating zero.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        Span<char> pair = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done)
            {
                _ = text.Append(pair[..rune.EncodeToUtf16(pair)]);
                bytes = bytes[length..];
            }
            else
            {
                _ = text.Append((char)(0xDC00 + bytes[0]));
                bytes = bytes[1..];
            }
        }
        return text.ToString();
    }

    /// <summary>The bytes of a name, without a terminating zero.</summary>
    public static byte[] Encode(string name)
    {
        if (!HasEscapes(name))
            return Encoding.UTF8.GetBytes(name);
        byte[] buffer = new byte[MaxBytes(name)];
        return buffer[..Encode(name, buffer)];
    }

    internal static int MaxBytes(string name) => name.Length * 3;

    /// <summary>Writes the bytes of a name; the buffer holds <see cref="MaxBytes"/>.</summary>
    internal static int Encode(string name, Span<byte> buffer)
    {
        if (!HasEscapes(name))
            return Encoding.UTF8.GetBytes(name, buffer);
        int written = 0;
        for (ReadOnlySpan<char> rest = name; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == OperationStatus.Done)
                written += rune.EncodeToUtf8(buffer[written..]);
            else if (rest[0] is >= '\uDC80' and <= '\uDCFF')
                buffer[written++] = (byte)(rest[0] - 0xDC00);
            else
                written += Rune.ReplacementChar.EncodeToUtf8(buffer[written..]);
            rest = rest[length..];
        }
        return written;
    }

    private static bool HasEscapes(string name) => name.AsSpan().ContainsAnyInRange('\uDC80', '\uDCFF');
}

/// <summary>Marshals path strings as <see cref="FileName"/> bytes; short ones on the stack.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(In))]
public static unsafe class FileNameMarshaller
{
    /// <summary>State of one call.</summary>
    public ref struct In
    {
        private byte* _native;
        private bool _allocated;

        public static int BufferSize => 512;

        public void FromManaged(string? name, Span<byte> buffer)
        {
            if (name is null)
                return;
            int size = FileName.MaxBytes(name) + 1;
            if (size > buffer.Length)
            {
                buffer = new Span<byte>(NativeMemory.Alloc((nuint)size), size);
                _allocated = true;
            }
            buffer[FileName.Encode(name, buffer)] = 0;
            // SAFETY: the buffer is on the caller's stack or native memory, so it does not move.
            _native = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
        }

        public readonly byte* ToUnmanaged() => _native;

        public readonly void Free()
        {
            if (_allocated)
                NativeMemory.Free(_native);
        }
    }
}
