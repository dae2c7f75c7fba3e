using System.Globalization;
using System.Text;

namespace Tare.EngineApi.Client.Http;

/// <summary>Status line and headers of one answer.</summary>
internal sealed class ResponseHead
{
    private readonly List<(string Name, string Value)> _headers = [];

    public int Status { get; private init; }
    public string Reason { get; private init; } = "";

    /// <summary>Byte count of the body, or -1 when it is not announced.</summary>
    public long ContentLength => this["Content-Length"] is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long n) ? n : -1;

    public bool IsChunked => this["Transfer-Encoding"] is { } coding && coding.Contains("chunked", StringComparison.OrdinalIgnoreCase);

    public bool WantsClose => this["Connection"] is { } value && value.Contains("close", StringComparison.OrdinalIgnoreCase);

    /// <summary>The first header of this name, without regard to case, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach ((string key, string value) in _headers)
            {
                if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return value;
            }
            return null;
        }
    }

    /// <summary>Parses everything up to and including the empty line.</summary>
    public static ResponseHead Parse(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        int lineEnd = text.IndexOf("\r\n", StringComparison.Ordinal);
        ReadOnlySpan<char> line = lineEnd < 0 ? text : text.AsSpan(0, lineEnd);
        if (line.Length < 12 || !line.StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(line[9..12], NumberStyles.None, null, out int status))
            throw new IOException("the engine's answer is not HTTP/1: is this the right socket?");
        var head = new ResponseHead { Status = status, Reason = line.Length > 13 ? line[13..].ToString() : "" };
        int at = lineEnd + 2;
        while (lineEnd >= 0 && at < text.Length)
        {
            int end = text.IndexOf("\r\n", at, StringComparison.Ordinal);
            if (end <= at)
                break;
            int colon = text.IndexOf(':', at, end - at);
            if (colon > at)
                head._headers.Add((text[at..colon], text[(colon + 1)..end].Trim()));
            at = end + 2;
        }
        return head;
    }
}
