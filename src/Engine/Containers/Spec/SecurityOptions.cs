using System.Text;
using Tare.Errors;

namespace Tare.Engine.Containers.Spec;

/// <summary>--security-opt, taken apart. Checked at creation, so that a container that exists can be started.</summary>
/// <param name="NoNewPrivileges">Programs cannot gain privileges by set-user-id bits or file capabilities.</param>
/// <param name="Seccomp">Null for the default filter, "unconfined", or the text of a profile.</param>
/// <param name="SystemPathsUnconfined">Nothing is masked or read-only.</param>
internal sealed record SecurityOptions(bool NoNewPrivileges, string? Seccomp, bool SystemPathsUnconfined)
{
    internal static SecurityOptions Parse(IEnumerable<string>? options)
    {
        SecurityOptions result = new(false, null, false);
        foreach (string option in options ?? [])
        {
            int at = option.IndexOfAny(['=', ':']);
            string name = at < 0 ? option : option[..at];
            string value = at < 0 ? "" : option[(at + 1)..];
            result = name switch
            {
                "no-new-privileges" => result with { NoNewPrivileges = ParseFlag(option, value) },
                "seccomp" => result with { Seccomp = value is "builtin" or "" ? null : value },
                "systempaths" when value == "unconfined" => result with { SystemPathsUnconfined = true },
                "label" when value is "disable" => result,
                "apparmor" when value is "unconfined" or "" => result,
                "label" => throw TareException.Invalid("--security-opt label: this machine's engine has no SELinux support; use label=disable"),
                "apparmor" => throw TareException.Invalid("--security-opt apparmor: this machine's engine has no AppArmor support; use apparmor=unconfined"),
                _ => throw TareException.Invalid($"invalid --security-opt 2: \"{option}\""),
            };
        }
        return result;
    }

    /// <summary>The profile's bytes, when there is a profile.</summary>
    internal byte[]? ProfileBytes => Seccomp is null or "unconfined" ? null : Encoding.UTF8.GetBytes(Seccomp);

    private static bool ParseFlag(string option, string value) => value switch
    {
        "" or "true" => true,
        "false" => false,
        _ => throw TareException.Invalid($"invalid --security-opt: \"{option}\""),
    };
}
