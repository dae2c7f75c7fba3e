using System.Text;
using Tare.Errors;

namespace Tare.Engine.Containers.Logs.Drivers;

/// <summary>The option "tag": text with fields such as {{.ID}} and {{.Name}}. Pure.</summary>
internal static class LogTag
{
    /// <summary>The names of fields.</summary>
    internal static readonly string[] Fields =
    [
        "ID", "FullID", "Name", "ImageID", "ImageFullID", "ImageName", "Command", "Hostname", "DaemonName", "ContainerID", "ContainerName", "ContainerImageID",
        "ContainerImageName",
    ];

    /// <summary>Fills the fields in; InvalidArgument for one that does not exist or is not closed.</summary>
    internal static string Fill(string template, Func<string, string?> field)
    {
        StringBuilder text = new();
        int at = 0;
        while (at < template.Length)
        {
            int open = template.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
                return text.Append(template, at, template.Length - at).ToString();
            int close = template.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw TareException.Invalid($"log opt tag: \"{template}\" has {{{{ without }}}}");
            string name = template[(open + 2)..close].Trim();
            string value = (name.StartsWith('.') ? field(name[1..]) : null)
                ?? throw TareException.Invalid($"log opt tag: \"{name}\" is no field; use {string.Join(", ", Fields.Take(9).Select(known => "." + known))}");
            _ = text.Append(template, at, open - at).Append(value);
            at = close + 2;
        }
        return text.ToString();
    }
}
