using System.Globalization;
using System.Security.Cryptography;
using Tare.Errors;

namespace Tare.Engine.Containers.State;

/// <summary>The rules for names and ids of containers, and names for those who got none.</summary>
public static class ContainerName
{
    private static readonly string[] Qualities =
    [
        "airy", "amber", "ample", "balmy", "bold", "brisk", "bright", "calm", "candid", "cheery", "civil", "clear", "clever", "coral", "cosy", "crisp",
        "dapper", "deft", "eager", "early", "fair", "fleet", "fond", "frank", "fresh", "gentle", "glad", "golden", "grand", "green", "happy", "hardy",
        "honest", "humble", "jolly", "keen", "kind", "light", "lively", "loyal", "lucid", "lunar", "mellow", "merry", "mild", "misty", "modest", "neat",
        "nimble", "noble", "patient", "plucky", "polite", "prime", "proud", "quick", "quiet", "rapid", "ready", "rosy", "sage", "shiny", "silent",
        "silver", "snug", "sober", "solar", "steady", "stout", "sturdy", "sunny", "supple", "swift", "tidy", "tranquil", "trusty", "vivid", "warm",
        "witty", "young",
    ];

    private static readonly string[] Things =
    [
        "acorn", "anchor", "apple", "arch", "badger", "barge", "basket", "beacon", "beaver", "birch", "bison", "bobbin", "bramble", "bridge", "brook",
        "canoe", "cedar", "clover", "comet", "compass", "crane", "cricket", "dolphin", "dune", "ember", "falcon", "fern", "finch", "fjord", "flint",
        "forest", "fox", "galley", "garnet", "glacier", "harbor", "hazel", "heron", "island", "ivy", "jetty", "kettle", "kite", "lantern", "lark", "linden",
        "lynx", "maple", "marten", "meadow", "mill", "moss", "oak", "orchard", "osprey", "otter", "pebble", "pier", "pine", "plover", "pond", "puffin",
        "quarry", "raft", "raven", "reed", "ridge", "river", "robin", "rowan", "sail", "shell", "sparrow", "spruce", "stork", "summit", "swan", "thistle",
        "tulip", "valley", "walnut", "willow",
    ];

    /// <summary>A new id.</summary>
    public static string NewId() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>Two words; after a few collisions a number follows.</summary>
    public static string MakeUp(int tries)
    {
        string name = $"{Qualities[RandomNumberGenerator.GetInt32(Qualities.Length)]}_{Things[RandomNumberGenerator.GetInt32(Things.Length)]}";
        return tries < 5 ? name : name + RandomNumberGenerator.GetInt32(10, 100 + (tries * 10)).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The name without its slash; InvalidArgument when it breaks the rule.</summary>
    public static string Check(string name)
    {
        string bare = name.StartsWith('/') ? name[1..] : name;
        bool good = bare.Length >= 2 && char.IsAsciiLetterOrDigit(bare[0]) && bare.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        return good ? bare : throw TareException.Invalid($"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
    }
}
