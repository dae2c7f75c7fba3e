using System.Globalization;
using Tare.Errors;

namespace Tare.EngineApi.Server.Hosting;

/// <summary>Finds a group's id by name or number in /etc/group.</summary>
internal static class GroupDatabase
{
    /// <summary>NotFound when there is no such group.</summary>
    public static uint Find(string name)
    {
        foreach (string line in File.ReadLines("/etc/group"))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == name && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint found))
                return found;
        }
        return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? number
            : throw TareException.NotFound($"group {name} for the socket does not exist; make it with groupadd or give another --group");
    }
}
