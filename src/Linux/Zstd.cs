using System.Runtime.InteropServices;

namespace Tare.Linux;

/// <summary>zstd.h: the streaming decoder of libzstd.so.1, loaded on first use (DllNotFoundException when the machine has none). Not thread-safe.</summary>
public sealed unsafe partial class ZstdDecoder : IDisposable
{
    private nint _stream = ZSTD_createDStream();

    /// <summary>Ends the decoder if its owner forgot to.</summary>
    ~ZstdDecoder() => Dispose();

    /// <summary>
    /// Decodes what fits. Returns null and sets <paramref name="frameEnded"/> when a frame is complete, or the library's error text.
    /// </summary>
    public string? Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int written, out bool frameEnded)
    {
        ObjectDisposedException.ThrowIf(_stream == 0, this);
        // SAFETY: both spans are pinned during the call; struct ZSTD_inBuffer and ZSTD_outBuffer are pointer, size, position.
        fixed (byte* source = input)
        fixed (byte* target = output)
        {
            var from = new Buffer { Start = source, Size = (nuint)input.Length };
            var to = new Buffer { Start = target, Size = (nuint)output.Length };
            nuint result = ZSTD_decompressStream(_stream, &to, &from);
            consumed = (int)from.Position;
            written = (int)to.Position;
            frameEnded = result == 0;
            return ZSTD_isError(result) != 0 ? Marshal.PtrToStringUTF8(ZSTD_getErrorName(result)) ?? "unknown error" : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stream != 0)
            _ = ZSTD_freeDStream(_stream);
        _stream = 0;
        GC.SuppressFinalize(this);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Start;
        public nuint Size;
        public nuint Position;
    }

    [LibraryImport("libzstd.so.1")]
    private static partial nint ZSTD_createDStream();

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_freeDStream(nint stream);

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_decompressStream(nint stream, Buffer* output, Buffer* input);

    [LibraryImport("libzstd.so.1")]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport("libzstd.so.1")]
    private static partial nint ZSTD_getErrorName(nuint code);
}
