using System.Xml.Linq;

namespace Tare.Tests.Architecture;

public class ProjectReferenceTests
{
    [Fact]
    public void Project_files_reference_what_the_table_in_the_architecture_document_says()
    {
        Dictionary<string, string> table = File.ReadLines(Path.Combine(Repository.Root, "docs/architecture.md"))
            .SkipWhile(line => line != "| project | references |").Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(cells => cells[1], cells => Sorted(cells[2].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
        Dictionary<string, string> projects = Repository.Files("src", ".csproj").ToDictionary(
            file => Path.GetFileNameWithoutExtension(file),
            file => Sorted(References(file).Select(reference => Path.GetFileNameWithoutExtension(reference))));

        Assert.NotEmpty(table);
        Assert.Equal(table.OrderBy(pair => pair.Key, StringComparer.Ordinal), projects.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void The_solution_lists_every_project()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "Tare.slnx"));
        string[] missing = [.. Repository.Files(".", ".csproj").Select(Repository.Relative).Where(file => !solution.Contains($"\"{file}\"", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void End_to_end_tests_know_the_programs_only() =>
        Assert.Empty(References(Path.Combine(Repository.Root, "tests/EndToEnd/EndToEnd.csproj")));

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(project).Descendants("ProjectReference").Select(element => element.Attribute("Include")!.Value);

    private static string Sorted(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));
}
