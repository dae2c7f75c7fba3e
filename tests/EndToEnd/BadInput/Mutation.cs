using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Tare.Tests.EndToEnd.BadInput;

/// <summary>Makes requests wrong at random: values of other types and sizes, members missing, doubled or unknown, text cut off or changed.</summary>
internal sealed class Mutation(Random random)
{
    private const string Place = "@@here@@";

    /// <summary>As they stand in JSON text, so that some are not values at all. No absolute path: a bind's source would be made on this machine.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "1.5", "65536", "2147483648", "-9223372036854775808", "9223372036854775807", "18446744073709551616", "1e400", "-0", "NaN",
        "\"\"", "\" \"", "\"a\"", "\"\\u0000\"", "\"\\ud800\"", "\"ü\\n\\t\"", "\"../../../etc\"", "\"-1\"", "\"99999999999999999999\"", "\"%s%n\"", "\"127.0.0.1\"", "\"::1\"", "\"999.1.1.1\"",
        "\"1:2:3:4:5\"", "\"80/tcp\"", "\"99999/udp\"", "\"container:\"", "\"container:nothing\"", "\"host\"", "\"none\"", "\"no such thing\"", "\"linux/amd64\"", "\"a=b=c\"", "\"=\"", "\"/\"",
        "[]", "{}", "[null]", "[[]]", "[\"\"]", "[1,\"a\",null]", "{\"\":\"\"}", "{\"a\":null}", "{\"a\":{\"b\":[1]}}", "[{}]", "[{\"a\":1}]",
    ];

    private static readonly string[] Texts =
    [
        "", " ", "a", "-1", "0", "1", "99999999999999999999", "1e9", "nothing", "../..", "%00", "%ff%fe", "%2F%2e%2e", "*", "[", "{", "{}", "{\"a\":1}", "{\"label\":[\"a\"]}", "{\"status\":{\"x\":true}}",
        "{\"until\":[\"soon\"]}", "{\"name\":\"a\"}", "{\"id\":[\"[\"]}", "true", "SIGNOTHING", "SIG", "2020-01-01T00:00:00Z", "-5m", "0.0.0", "ctrl-", "ctrl-a,ctrl-b,q", "sha256:", "sha256:zz", "a:b:c", "a@b", "ü",
    ];

    public string Json(string seed, bool bytes)
    {
        JsonNode? root = JsonNode.Parse(seed);
        for (int i = random.Next(1, 4); i > 0; i--)
            Change(ref root);
        string text = root?.ToJsonString() ?? "null";
        for (int at; (at = text.IndexOf($"\"{Place}\"", StringComparison.Ordinal)) >= 0;)
            text = text[..at] + Value() + text[(at + Place.Length + 2)..];
        return bytes && random.Next(5) == 0 ? Encoding.UTF8.GetString(Bytes(Encoding.UTF8.GetBytes(text))) : text;
    }

    /// <summary>Another text for a query, a path or a header.</summary>
    public string Text() => random.Next(10) == 0 ? new string('a', random.Next(100, 6000)) : Texts[random.Next(Texts.Length)];

    /// <summary>Bytes changed, cut off, doubled, put in.</summary>
    public byte[] Bytes(byte[] seed)
    {
        List<byte> bytes = [.. seed];
        for (int i = random.Next(1, 6); i > 0 && bytes.Count > 0; i--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    // No slash: it might make a name a path of this machine.
                    bytes[at] = (byte)random.Next(256) is var other && other == (byte)'/' ? (byte)'0' : other;
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 20)));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 20))));
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(10) == 0 ? bytes.Count - at : 0);
                    break;
            }
        }
        return [.. bytes];
    }

    private string Value() => random.Next(25) switch
    {
        0 => $"\"{new string('x', random.Next(1000, 100_000))}\"",
        1 => new string('[', 200) + new string(']', 200),
        2 => string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100),
        3 => $"[{string.Join(',', Enumerable.Range(0, 2000).Select(i => i.ToString(CultureInfo.InvariantCulture)))}]",
        _ => Values[random.Next(Values.Length)],
    };

    private void Change(ref JsonNode? root)
    {
        List<JsonNode> parents = [];
        Collect(root, parents);
        if (parents.Count == 0 || random.Next(40) == 0)
        {
            root = JsonValue.Create(Place);
            return;
        }
        switch (parents[random.Next(parents.Count)])
        {
            case JsonObject members:
                string name = members.Count == 0 ? "Unknown" : members.ElementAt(random.Next(members.Count)).Key;
                switch (random.Next(6))
                {
                    case 0:
                        _ = members.Remove(name);
                        break;
                    case 1:
                        members[random.Next(2) == 0 ? "NoSuchMember" : name.ToUpperInvariant()] = Place;
                        break;
                    default:
                        members[name] = Place;
                        break;
                }
                break;
            case JsonArray items when items.Count > 0 && random.Next(3) > 0:
                items[random.Next(items.Count)] = Place;
                break;
            case JsonArray items:
                items.Add(Place);
                break;
            default:
                break;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> parents)
    {
        if (node is JsonObject members)
        {
            parents.Add(members);
            foreach ((_, JsonNode? member) in members)
                Collect(member, parents);
        }
        else if (node is JsonArray items)
        {
            parents.Add(items);
            foreach (JsonNode? item in items)
                Collect(item, parents);
        }
    }
}
