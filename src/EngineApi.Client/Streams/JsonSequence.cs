using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tare.EngineApi.Client.Streams;

/// <summary>Takes JSON values one by one from a stream that has them one after the other, with or without anything between them.</summary>
public static class JsonSequence
{
    /// <summary>The values as they arrive; ends with the stream.</summary>
    public static IEnumerable<T> Read<T>(Stream stream, JsonTypeInfo<T> type)
    {
        foreach (ReadOnlyMemory<byte> value in ReadRaw(stream))
            yield return JsonSerializer.Deserialize(value.Span, type)!;
    }

    /// <summary>The bytes of each object or array as it arrives; valid until the next one is asked for.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> ReadRaw(Stream stream)
    {
        byte[] buffer = new byte[8192];
        int start = 0, end = 0, at = 0, depth = 0;
        bool text = false, escaped = false;
        while (true)
        {
            for (; at < end; at++)
            {
                byte b = buffer[at];
                if (depth == 0 && b is not ((byte)'{' or (byte)'['))
                {
                    start = at + 1;
                    continue;
                }
                if (text)
                {
                    (text, escaped) = escaped ? (true, false) : (b != '"', b == '\\');
                    continue;
                }
                text = b == '"';
                depth += b is (byte)'{' or (byte)'[' ? 1 : b is (byte)'}' or (byte)']' ? -1 : 0;
                if (depth != 0)
                    continue;
                yield return buffer.AsMemory(start, at + 1 - start);
                start = at + 1;
            }
            Array.Copy(buffer, start, buffer, 0, end - start);
            (start, end, at) = (0, end - start, at - start);
            if (end == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            int n = stream.Read(buffer, end, buffer.Length - end);
            if (n == 0)
                yield break;
            end += n;
        }
    }
}
