using Tare.Errors;

namespace Tare.Cli.Terminal;

/// <summary>Looks for the detach keys in typed input and holds back what may become them.</summary>
internal sealed class EscapeKeys(byte[] keys)
{
    private int _matched;

    /// <summary>"ctrl-p,ctrl-q" and the like as bytes.</summary>
    public static byte[] Parse(string text)
    {
        var keys = new List<byte>();
        foreach (string part in text.Split(','))
        {
            if (part.Length == 1)
                keys.Add((byte)part[0]);
            else if (part.Length == 6 && part.StartsWith("ctrl-", StringComparison.Ordinal) && Control(part[5]) is >= 0 and int code)
                keys.Add((byte)code);
            else
                throw TareException.Invalid($"Unknown character: '{part}'");
        }
        return [.. keys];
    }

    /// <summary>Puts what may go on into the list; true when the keys were typed.</summary>
    public bool Filter(ReadOnlySpan<byte> typed, List<byte> pass)
    {
        foreach (byte b in typed)
        {
            if (b == keys[_matched])
            {
                if (++_matched == keys.Length)
                    return true;
                continue;
            }
            pass.AddRange(keys.AsSpan(0, _matched));
            _matched = b == keys[0] ? 1 : 0;
            if (_matched == 1 && keys.Length == 1)
                return true;
            if (_matched == 0)
                pass.Add(b);
        }
        return false;
    }

    private static int Control(char c) => c switch
    {
        >= 'a' and <= 'z' => c - 'a' + 1,
        '@' => 0,
        '[' => 27,
        '\\' => 28,
        ']' => 29,
        '^' => 30,
        '_' => 31,
        _ => -1,
    };
}
