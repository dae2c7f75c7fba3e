using Tare.Errors;
using Tare.Oci.Runtime;
using Tare.Runtime.Lifecycle;

namespace Tare.Tests.Unit.Runtime;

/// <summary>linux.intelRdt on a directory that stands in for the file system, which few processors have.</summary>
public sealed class ResourceControlTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tare-resctrl-").FullName;

    [Fact]
    public void A_named_class_without_shares_must_be_there_and_stays()
    {
        ResourceControl classes = ResourceControl.Of(new IntelRdtSpec { ClosId = "gold" }, "c", _root)!;
        Assert.Contains("is not there", Assert.Throws<TareException>(() => classes.Apply(5)).Message);
        MakeClass("gold");
        classes.Apply(5);
        classes.Join(6);
        Assert.Equal("6", File.ReadAllText($"{_root}/gold/tasks"));
        classes.Remove();
        Assert.True(Directory.Exists($"{_root}/gold"));
    }

    [Fact]
    public void Shares_are_written_a_line_each()
    {
        MakeClass("gold");
        IntelRdtSpec spec = new() { ClosId = "gold", L3CacheSchema = "L3:0=f", MemBwSchema = "MB:0=20", Schemata = ["L3:1=ff"] };
        ResourceControl classes = ResourceControl.Of(spec, "c", _root)!;
        classes.Apply(5);
        Assert.Equal("L3:0=f\nMB:0=20\nL3:1=ff\n", File.ReadAllText($"{_root}/gold/schemata"));
        Assert.False(classes.IsOurs);
    }

    [Fact]
    public void A_container_with_monitoring_is_counted_in_a_group_of_its_own()
    {
        MakeClass("gold");
        Directory.CreateDirectory($"{_root}/gold/mon_groups/c");
        File.WriteAllText($"{_root}/gold/mon_groups/c/tasks", "");
        ResourceControl.Of(new IntelRdtSpec { ClosId = "gold", EnableMonitoring = true }, "c", _root)!.Apply(5);
        Assert.Equal("5", File.ReadAllText($"{_root}/gold/mon_groups/c/tasks"));
    }

    [Fact]
    public void A_refused_write_names_value_and_file()
    {
        // The kernel makes a class's files with the directory; here there are none.
        string message = Assert.Throws<TareException>(() => ResourceControl.Of(new IntelRdtSpec { L3CacheSchema = "L3:0=f" }, "c", _root)!.Apply(5)).Message;
        Assert.Contains($"write \"L3:0=f\" to {_root}/c/schemata", message);
    }

    [Theory]
    [InlineData("..", "invalid intelRdt.closID")]
    [InlineData("a/b", "invalid intelRdt.closID")]
    public void A_class_is_a_name(string name, string message) =>
        Assert.Contains(message, Assert.Throws<TareException>(() => ResourceControl.Check(new IntelRdtSpec { ClosId = name }, _root)).Message);

    [Fact]
    public void What_the_processor_lacks_is_refused()
    {
        Assert.Contains("CAT is not enabled", Assert.Throws<TareException>(() => ResourceControl.Check(new IntelRdtSpec { L3CacheSchema = "L3:0=f" }, _root)).Message);
        Assert.Contains("MBA is not enabled", Assert.Throws<TareException>(() => ResourceControl.Check(new IntelRdtSpec { MemBwSchema = "MB:0=1" }, _root)).Message);
        Assert.Contains("Intel RDT is not enabled", Assert.Throws<TareException>(() => ResourceControl.Check(new IntelRdtSpec(), null)).Message);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void MakeClass(string name)
    {
        Directory.CreateDirectory($"{_root}/{name}");
        foreach (string file in new[] { "tasks", "schemata" })
            File.WriteAllText($"{_root}/{name}/{file}", "");
    }
}
