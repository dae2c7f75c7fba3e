using System.Text.RegularExpressions;

namespace Tare.Tests.Architecture;

public partial class SourceRuleTests
{
    private const int LongestFile = 600;

    [Fact]
    public void Native_calls_and_unsafe_code_live_in_the_Linux_project_and_the_init_alone()
    {
        IEnumerable<string> found = Repository.Files("src", ".cs")
            .Where(file => !Repository.Relative(file).StartsWith("src/Linux/", StringComparison.Ordinal)
                && !Repository.Relative(file).StartsWith("src/tare-init/", StringComparison.Ordinal))
            .SelectMany(file => Matches(file, Native()));
        Assert.Empty(found);
        IEnumerable<string> projects = Repository.Files("src", ".csproj")
            .Where(file => File.ReadAllText(file).Contains("AllowUnsafeBlocks", StringComparison.Ordinal))
            .Select(file => Path.GetFileNameWithoutExtension(file));
        Assert.Equal(["Linux", "tare-init"], projects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_file_is_longer_than_a_reader_can_hold() =>
        Assert.Empty(Repository.Files(".", ".cs", ".sh", ".md").Where(file => File.ReadLines(file).Count() > LongestFile).Select(Repository.Relative));

    [Fact]
    public void Nothing_is_left_unfinished() =>
        Assert.Empty(Repository.Files(".", ".cs", ".sh").Where(NotThisFile).SelectMany(file => Matches(file, Unfinished())));

    [Fact]
    public void Types_are_named_after_what_they_are() =>
        Assert.Empty(Repository.Files(".", ".cs").Where(NotCoreTypes).SelectMany(file => Matches(file, VagueName())));

    [Fact]
    public void The_tree_names_no_place_outside_itself() =>
        Assert.Empty(Repository.Files(".", ".cs", ".sh", ".md", ".csproj", ".props", ".json", ".service", ".socket")
            .SelectMany(file => Matches(file, new Regex($@"(?<![\w.$}}]){Regex.Escape(Repository.Root)}/"))));

    [Fact]
    public void Every_source_file_has_a_file_scoped_namespace_of_its_project() =>
        Assert.Empty(Repository.Files("src", ".cs").Where(NotCoreTypes)
            .Where(file => !Path.GetFileName(file).StartsWith("GlobalUsings", StringComparison.Ordinal) && Path.GetFileName(file) is not ("Program.cs" or "AssemblyInfo.cs"))
            .Where(file => !File.ReadLines(file).Any(line => line.StartsWith("namespace Tare.", StringComparison.Ordinal) && line.EndsWith(';')))
            .Select(Repository.Relative));

    /// <summary>xunit 2 calls Dispose and IAsyncLifetime, and nothing else: the rest would leave servers and files behind.</summary>
    [Fact]
    public void Test_classes_are_cleaned_up_in_a_way_that_xunit_calls() =>
        Assert.Empty(Repository.Files("tests", ".cs").SelectMany(file => Matches(file, AsyncDisposableTests())));

    private static bool NotThisFile(string file) => Path.GetFileName(file) != "SourceRuleTests.cs";

    /// <summary>The compilers look for these types under the names that they have in the base class library.</summary>
    private static bool NotCoreTypes(string file) =>
        Repository.Relative(file) is not ("src/tare-init/Freestanding/CoreTypes.cs" or "src/Linux/RuntimeImportAttribute.cs" or "src/Linux/RuntimeExportAttribute.cs");

    private static IEnumerable<string> Matches(string file, Regex pattern) => File.ReadLines(file)
        .Select((line, index) => (line, number: index + 1))
        .Where(entry => pattern.IsMatch(entry.line))
        .Select(entry => $"{Repository.Relative(file)}:{entry.number}: {entry.line.Trim()}");

    [GeneratedRegex(@"class \w+Tests\b.*\bIAsyncDisposable\b")]
    private static partial Regex AsyncDisposableTests();

    [GeneratedRegex(@"\bDllImport\b|\bLibraryImport\b|\bunsafe\b(?!"")")]
    private static partial Regex Native();

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum) \w*(Manager|Helpers?|Utils?|Utilities)\b")]
    private static partial Regex VagueName();
}
