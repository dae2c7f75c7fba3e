namespace Tare.Tests.Kernel;

/// <summary>Where the published programs are: TARE_BIN, or artifacts/tare below the repository's root.</summary>
internal static class Binaries
{
    public static string Directory { get; } = Find();

    /// <summary>The build of tare-init that is shipped where the freestanding one cannot be built.</summary>
    public static string OrdinaryInit => Existing(System.IO.Path.Combine(Directory, "..", "fallback", "tare-init"));

    public static string Path(string program) => Existing(System.IO.Path.Combine(Directory, program));

    private static string Existing(string path)
    {
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
