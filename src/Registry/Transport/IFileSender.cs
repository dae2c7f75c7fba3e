using Microsoft.Win32.SafeHandles;

namespace Tare.Registry.Transport;

/// <summary>
/// A feature of requests on connections without TLS: the next bytes that the response's body writer is advanced by are taken from a file by the kernel
/// (sendfile), and what is in the writer's memory is not looked at. HTTP's framing stays the server's.
/// </summary>
internal interface IFileSender
{
    /// <summary>The next <paramref name="length"/> bytes of the body are these of the file. The headers have been written before.</summary>
    void Begin(SafeFileHandle file, long offset, long length);
}
