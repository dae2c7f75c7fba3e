using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>Finds the key sequence with which a user leaves a terminal, also when it comes in pieces. Not thread-safe; one for each stream.</summary>
public sealed class DetachKeys
{
    private readonly byte[] _sequence;
    private int _held;

    private DetachKeys(byte[] sequence) => _sequence = sequence;

    /// <summary>The whole sequence has been seen.</summary>
    public bool Matched { get; private set; }

    /// <summary>Reads "ctrl-p,ctrl-q" or single characters; an empty text means the default.</summary>
    public static DetachKeys Parse(string text)
    {
        List<byte> keys = [];
        foreach (string key in (text.Length == 0 ? "ctrl-p,ctrl-q" : text).Split(','))
        {
            if (key.Length == 1 && key[0] < 0x80)
                keys.Add((byte)key[0]);
            else if (key.StartsWith("ctrl-", StringComparison.Ordinal) && key.Length == 6 && ControlCode(key[5]) is { } code)
                keys.Add(code);
            else
                throw TareException.Invalid($"Unknown character: '{key}' in the detach keys");
        }
        return new DetachKeys([.. keys]);
    }

    /// <summary>The input to pass on, and whether the sequence ended in this piece. A beginning of the sequence is held back until it is decided.</summary>
    public (ReadOnlyMemory<byte> Pass, bool Detach) Scan(ReadOnlyMemory<byte> data)
    {
        ReadOnlySpan<byte> input = data.Span;
        if (_held == 0 && input.IndexOf(_sequence[0]) < 0)
            return (data, false);
        List<byte> pass = new(input.Length + _held);
        foreach (byte b in input)
        {
            if (b == _sequence[_held])
            {
                if (++_held < _sequence.Length)
                    continue;
                Matched = true;
                return (pass.ToArray(), true);
            }
            pass.AddRange(_sequence.AsSpan(0, _held));
            _held = b == _sequence[0] ? 1 : 0;
            if (_held == 0)
                pass.Add(b);
        }
        return (pass.ToArray(), false);
    }

    private static byte? ControlCode(char key) => key switch
    {
        >= 'a' and <= 'z' => (byte)(key - 'a' + 1),
        >= 'A' and <= 'Z' => (byte)(key - 'A' + 1),
        '@' => 0,
        '[' => 27,
        '\\' => 28,
        ']' => 29,
        '^' => 30,
        '_' => 31,
        _ => null,
    };
}
