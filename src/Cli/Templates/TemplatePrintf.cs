using System.Globalization;
using System.Text;

namespace Tare.Cli.Templates;

/// <summary>printf of templates: %s %v %q %d %x %f %t %% with width, "-", "0" and precision.</summary>
internal static class TemplatePrintf
{
    private const int MaxWidth = 1000;

    public static string Format(string format, IEnumerable<object?> arguments)
    {
        var text = new StringBuilder();
        using IEnumerator<object?> values = arguments.GetEnumerator();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                _ = text.Append(format[i]);
                continue;
            }
            int start = ++i;
            while (i < format.Length && format[i] is '-' or '+' or '#' or ' ' or '.' or (>= '0' and <= '9'))
                i++;
            if (i == format.Length)
                return text.Append("%!(NOVERB)").ToString();
            _ = format[i] == '%' ? text.Append('%')
                : values.MoveNext() ? text.Append(One(format[start..i], format[i], values.Current))
                : text.Append("%!").Append(format[i]).Append("(MISSING)");
        }
        return text.ToString();
    }

    private static string One(string flags, char verb, object? value)
    {
        int dot = flags.IndexOf('.', StringComparison.Ordinal);
        string width = (dot < 0 ? flags : flags[..dot]).TrimStart('-', '+', '#', ' ');
        int precision = dot >= 0 && int.TryParse(flags[(dot + 1)..], out int p) ? Math.Min(p, MaxWidth) : -1;
        string text = (verb, value) switch
        {
            ('s' or 'v', _) => precision >= 0 && precision < TemplateValue.Print(value).Length ? TemplateValue.Print(value)[..precision] : TemplateValue.Print(value),
            ('q', _) => TemplateValue.Quote(TemplateValue.Print(value)),
            ('d', long n) => n.ToString(CultureInfo.InvariantCulture),
            ('x', long n) => n.ToString("x", CultureInfo.InvariantCulture),
            ('f' or 'g', long or double) => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("F" + (precision < 0 ? 6 : precision), CultureInfo.InvariantCulture),
            ('t', bool b) => b ? "true" : "false",
            _ => $"%!{verb}({TemplateValue.Print(value)})",
        };
        if (!int.TryParse(width, out int columns))
            return text;
        columns = Math.Min(columns, MaxWidth);
        return flags.StartsWith('-') ? text.PadRight(columns) : text.PadLeft(columns, width.StartsWith('0') ? '0' : ' ');
    }
}
