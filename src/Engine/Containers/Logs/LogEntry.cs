using System.Text;
using System.Text.Json;
using Tare.EngineApi;

namespace Tare.Engine.Containers.Logs;

/// <summary>One line of a json-file log: text, stream and time as written.</summary>
internal readonly record struct LogEntry(byte[] Text, bool IsError, string Time)
{
    /// <summary>Nanoseconds since 1970.</summary>
    internal long Nanoseconds
    {
        get
        {
            if (!GoTime.TryParse(Time, out DateTimeOffset time))
                return 0;
            // .NET keeps 100 ns; the last two digits decide nothing.
            return (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;
        }
    }

    /// <summary>Reads one line without its line feed; false when it is not complete or damaged, as after a power cut.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> line, out LogEntry entry)
    {
        (byte[] text, bool isError, string time) = ([], false, "");
        entry = default;
        Utf8JsonReader reader = new(line);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isLog = reader.ValueTextEquals("log"u8);
                bool isStream = reader.ValueTextEquals("stream"u8);
                bool isTime = reader.ValueTextEquals("time"u8);
                if (!reader.Read())
                    return false;
                if (isLog)
                    text = Encoding.UTF8.GetBytes(reader.GetString() ?? "");
                else if (isStream)
                    isError = reader.ValueTextEquals("stderr"u8);
                else if (isTime)
                    time = reader.GetString() ?? "";
                else
                    reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }
        entry = new LogEntry(text, isError, time);
        return true;
    }
}
