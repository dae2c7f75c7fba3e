using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tare.Engine.Events;

/// <summary>
/// Past events on disk, one JSON object a line, in two files: a full one and the one that grows, so the history is bounded. Not thread-safe: the bus
/// holds its lock. A full disk loses events, never the operation that they tell of.
/// </summary>
internal sealed class EventHistory : IDisposable
{
    private const int LongestLine = 16 * 1024;
    private readonly string _path;
    private readonly long _maxBytes;
    private FileStream _file;

    /// <summary>Opens the history in a directory, which exists; each of its two files holds up to <paramref name="maxBytes"/>.</summary>
    internal EventHistory(string directory, long maxBytes = 2 << 20)
    {
        _path = Path.Combine(directory, "events.jsonl");
        _maxBytes = maxBytes;
        _file = Open();
    }

    /// <summary>Adds one.</summary>
    internal void Append(EngineEvent happened)
    {
        try
        {
            if (_file.Length >= _maxBytes)
            {
                _file.Dispose();
                File.Move(_path, _path + ".1", overwrite: true);
                _file = Open();
            }
            byte[] line = JsonSerializer.SerializeToUtf8Bytes(happened, EventHistoryJson.Default.EngineEvent);
            Array.Resize(ref line, line.Length + 1);
            line[^1] = (byte)'\n';
            _file.Write(line);
        }
        catch (IOException)
        {
            // As said above; the bus's memory still has it.
            return;
        }
    }

    /// <summary>All that is kept, oldest first. A line that is not whole, the last before a crash of the machine, is left out.</summary>
    internal IEnumerable<EngineEvent> Read()
    {
        foreach (string file in (string[])[_path + ".1", _path])
        {
            if (!File.Exists(file))
                continue;
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            while (reader.ReadLine() is { } line)
                if (Parse(line) is { } happened)
                    yield return happened;
        }
    }

    /// <summary>When the newest was, in nanoseconds since 1970; 0 when there is none. Reads the end of the file only: an engine starts with this.</summary>
    internal long ReadLastTime()
    {
        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _ = file.Seek(-Math.Min(file.Length, LongestLine), SeekOrigin.End);
        using var reader = new StreamReader(file);
        long last = 0;
        while (reader.ReadLine() is { } line)
            last = Parse(line)?.UnixNanoseconds ?? last;
        return last;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private FileStream Open() => new(_path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private static EngineEvent? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, EventHistoryJson.Default.EngineEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Reader and writer of events.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(EngineEvent))]
internal sealed partial class EventHistoryJson : JsonSerializerContext;
