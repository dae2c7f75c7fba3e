using System.Runtime.CompilerServices;

namespace Tare.Tests.Architecture;

/// <summary>The source tree that is checked: found from this file's own place.</summary>
internal static class Repository
{
    internal static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    /// <summary>Files of the tree with one of these endings, without build output.</summary>
    internal static IEnumerable<string> Files(string folder, params string[] endings) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Where(file => endings.Length == 0 || endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Where(file => !Relative(file).Split('/').Any(part => part is "artifacts" or "bin" or "obj" or ".git" or "TestResults"));

    internal static string Relative(string file) => Path.GetRelativePath(Root, file);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
