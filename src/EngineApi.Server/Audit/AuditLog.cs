using System.Globalization;
using Tare.EngineApi.Server.Protocol;
using Tare.EngineApi.Server.Transport;
using Tare.Errors;

namespace Tare.EngineApi.Server.Audit;

/// <summary>
/// Who changed what: one JSON object a line for every call that changes something, in a file for root only that is rotated at 16 MiB and kept four
/// times. Thread-safe; a record that cannot be written fails nobody's call.
/// </summary>
public sealed class AuditLog : IDisposable
{
    private const long RotateAt = 16 << 20;
    private const int Kept = 4;
    private readonly string _path;
    private readonly Lock _gate = new();
    private FileStream _file;

    /// <summary>Opens or goes on with a file; throws when it cannot be written.</summary>
    public AuditLog(string path)
    {
        _path = path;
        _file = Open();
    }

    /// <summary>The record of a request to come, or null for one that changes nothing.</summary>
    internal AuditRecord? Open(ApiRequest request) => Changes(request.Http.Request.Method, request.Http.Request.Path.Value ?? "")
        ? new AuditRecord(this, request.Http.Request.Method, request.Http.Request.Path + request.Http.Request.QueryString.ToString(),
            request.Http.Features.Get<IClientConnection>()?.Peer)
        : null;

    /// <summary>Appends one line.</summary>
    internal void Append(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            try
            {
                if (_file.Length + line.Length > RotateAt)
                    Rotate();
                _file.Write(line);
                _file.Flush();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // A full disk must not stop anybody from removing what fills it.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Waiting, resizing a terminal and asking for an explanation change nothing.</summary>
    private static bool Changes(string method, string path) =>
        (method is not ("GET" or "HEAD" or "OPTIONS") || path.EndsWith("/attach/ws", StringComparison.Ordinal)) && !path.EndsWith("/wait", StringComparison.Ordinal) && !path.EndsWith("/resize", StringComparison.Ordinal)
        && !path.EndsWith("/tare/explain", StringComparison.Ordinal);

    private FileStream Open()
    {
        try
        {
            return new FileStream(_path, new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.Read | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw TareException.Internal($"open the audit log {_path} (--audit-log)", error);
        }
    }

    private void Rotate()
    {
        _file.Dispose();
        for (int i = Kept - 1; i >= 1; i--)
        {
            string older = i == 1 ? _path : Numbered(i - 1);
            if (File.Exists(older))
                File.Move(older, Numbered(i), overwrite: true);
        }
        _file = Open();
    }

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{_path}.{number}");
}
