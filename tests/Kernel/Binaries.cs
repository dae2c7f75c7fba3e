namespace Tare.Tests.Kernel;

/// <summary>Where the published programs are: TARE_BIN, or artifacts/tare below the repository's root.</summary>
internal static class Binaries
{
    public static string Directory { get; } = Find();

    public static string Path(string program)
    {
        string path = System.IO.Path.Combine(Directory, program);
        Assert.True(File.Exists(path), $"{path} is missing; run ./build.sh first");
        return path;
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("TARE_BIN") is { Length: > 0 } given)
            return given;
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory.FullName, "Tare.slnx")))
            directory = directory.Parent;
        return System.IO.Path.Combine(directory?.FullName ?? "/", "artifacts", "tare");
    }
}
