using System.Globalization;
using System.Text;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Options;

/// <summary>--secret id=NAME,src=FILE|env=VARIABLE[,target=PATH][,mode=MODE][,uid=ID][,gid=ID]. The file is read on this side.</summary>
internal static class SecretOption
{
    public static SecretSpec Read(string text, Func<string, string?> environment)
    {
        var secret = new SecretSpec();
        (string? file, string? variable) = (null, null);
        foreach (string field in Csv.Split(text))
        {
            (string key, string? value) = Csv.Pair(field);
            if (value is null)
                throw TareException.Invalid($"invalid field '{field}' must be a key=value pair");
            switch (key)
            {
                case "id":
                    secret.Name = value;
                    break;
                case "src" or "source":
                    file = value;
                    break;
                case "env":
                    variable = value;
                    break;
                case "target" or "dst" or "destination":
                    secret.Target = value;
                    break;
                case "mode":
                    secret.Mode = Octal(value);
                    break;
                case "uid":
                    secret.Uid = Id(key, value);
                    break;
                case "gid":
                    secret.Gid = Id(key, value);
                    break;
                default:
                    throw TareException.Invalid($"unexpected key '{key}' in '{field}'");
            }
        }
        if (secret.Name.Length == 0)
            throw TareException.Invalid($"secret \"{text}\" has no id");
        secret.Data = file is not null && variable is not null ? throw TareException.Invalid($"secret {secret.Name} has both src and env")
            : variable is not null ? Encoding.UTF8.GetBytes(environment(variable) ?? throw TareException.Invalid($"secret {secret.Name}: there is no variable {variable}"))
            : ReadFile(secret.Name, file ?? secret.Name);
        return secret;
    }

    private static byte[] ReadFile(string name, string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw TareException.Invalid($"secret {name}: {error.Message}");
        }
    }

    private static uint Octal(string value)
    {
        uint mode = 0;
        foreach (char c in value)
            mode = c is >= '0' and <= '7' && mode < 0x200 ? (mode * 8) + (uint)(c - '0') : throw TareException.Invalid($"invalid value for mode: {value}");
        return mode;
    }

    private static uint Id(string key, string value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : throw TareException.Invalid($"invalid value for {key}: {value}");
}
