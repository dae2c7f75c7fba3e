using System.Diagnostics;

namespace Tare.Tests.EndToEnd;

/// <summary>The checkout under test: its published programs and its images.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Program(string name) =>
        Existing(Environment.GetEnvironmentVariable("TARE_BIN") is { Length: > 0 } given ? Path.Combine(given, name) : Path.Combine(Root, "artifacts", "tare", name), "./build.sh");

    public static string Image(string name) => Existing(Path.Combine(Root, "artifacts", "images", name + ".tar"), $"images/{name}.sh");

    /// <summary>Runs a command to its end.</summary>
    public static Result Run(string program, string[] arguments, string? input = null, int seconds = 60, Dictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string key, string value) in environment ?? [])
            start.Environment[key] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (input is not null)
            process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} does not end within {seconds} s");
        }
        return new Result(process.ExitCode, output.Result, error.Result);
    }

    private static string Existing(string path, string maker) =>
        File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing; run {maker} first");

    private static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Tare.slnx")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new DirectoryNotFoundException("the tests run inside a checkout");
    }
}
