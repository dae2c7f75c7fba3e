using System.Text;

namespace Tare.EngineApi.Server.Configuration;

/// <summary>What tared --help prints.</summary>
public static class HelpText
{
    private const int Column = 36;

    /// <summary>All options, one a line.</summary>
    public static string Of()
    {
        var text = new StringBuilder("Usage: tared [OPTIONS]\n\nThe Tare container engine.\n\nOptions:\n");
        foreach (Setting setting in Setting.All.Where(setting => !setting.IsHidden))
        {
            string left = (setting.Letter is { } letter ? $"  -{letter}, " : "      ") + "--" + setting.Option
                + setting.Kind switch { SettingKind.Flag => "", SettingKind.List => $" {setting.Argument}…", _ => $" {setting.Argument}" };
            _ = text.Append(left.PadRight(Column)).Append(' ').Append(setting.Help).Append('\n');
        }
        return text.Append("\nEvery option but config, help and version is also a key of the configuration file, with dockerd's names (hosts, labels, log-opts…).\n").ToString();
    }
}
