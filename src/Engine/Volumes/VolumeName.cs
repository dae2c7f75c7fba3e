using System.Security.Cryptography;
using Tare.Errors;

namespace Tare.Engine.Volumes;

/// <summary>The rule for volume names, which are directory names as well.</summary>
internal static class VolumeName
{
    /// <summary>64 hexadecimal digits.</summary>
    public static string MakeUp() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>Refuses what cannot be a volume's name.</summary>
    public static void Check(string name)
    {
        bool good = name.Length >= 2 && name.Length <= 255 && char.IsAsciiLetterOrDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        if (good)
            return;
        throw TareException.Invalid(name.Length == 1
            ? $"create {name}: volume name is too short, names should be at least two alphanumeric characters"
            : $"create {name}: \"{name}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. "
                + "If you intended to pass a host directory, use absolute path");
    }
}
