using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tare.Linux;

namespace Tare.Runtime.CommandLine;

/// <summary>Output of the command line, by descriptor: the Console class costs milliseconds. Errors go to stderr and to --log, in the form shims parse.</summary>
internal static class Report
{
    public static void Print(string text) => Write(1, text);

    public static void Print(ReadOnlySpan<byte> text)
    {
        using FileDescriptor fd = new(1, owns: false);
        fd.Write(text);
    }

    public static void Error(GlobalOptions? options, string message) => Log(options, "error", message);

    public static void Warning(GlobalOptions? options, string message) => Log(options, "warning", message);

    /// <summary>Only with --debug.</summary>
    public static void Debug(GlobalOptions options, string message)
    {
        if (options.Debug)
            Log(options, "debug", message);
    }

    private static void Log(GlobalOptions? options, string level, string message)
    {
        string text = JsonEncodedText.Encode(message, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        string time = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ");
        string line = options?.LogJson == true
            ? $"{{\"level\":\"{level}\",\"msg\":\"{text}\",\"time\":\"{time}\"}}\n"
            : $"time=\"{time}\" level={level} msg=\"{text}\"\n";
        if (options?.LogFile is { Length: > 0 } file)
            File.AppendAllText(file, line);
        if (options?.LogFile is not { Length: > 0 } || level == "error")
            Write(2, options?.LogFile is { Length: > 0 } ? message + "\n" : line);
    }

    private static void Write(int number, string text)
    {
        using FileDescriptor fd = new(number, owns: false);
        fd.Write(Encoding.UTF8.GetBytes(text));
    }
}
