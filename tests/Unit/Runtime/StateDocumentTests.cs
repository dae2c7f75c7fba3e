using System.Text;
using System.Text.Json;
using Tare.Runtime.Lifecycle;

namespace Tare.Tests.Unit.Runtime;

/// <summary>The documents about a container are JSON whatever is in them, and state.json says what was written.</summary>
public sealed class StateDocumentTests
{
    private static readonly ContainerState State = new()
    {
        OciVersion = "1.2.0",
        Id = "one",
        Pid = 42,
        StartTime = ulong.MaxValue,
        Bundle = "/b",
        Rootfs = "/r",
        Created = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        Cgroup = "/g",
        Namespaces = 7,
        Creating = true,
        Scope = "a-b.scope",
        Resctrl = "/sys/fs/resctrl/one",
        ResctrlMonitor = "/sys/fs/resctrl/one/mon_groups/one",
        OwnsResctrl = true,
        Rootless = true,
        HasStartHooks = true,
        HasStopHooks = true,
        Owner = 1000,
    };

    [Fact]
    public void A_state_comes_back_as_it_was_written() => Assert.Equal(State, StateDocument.Read(StateDocument.Write(State)));

    [Fact]
    public void A_state_without_what_may_be_missing_comes_back_too()
    {
        ContainerState state = State with { Scope = null, Resctrl = null, ResctrlMonitor = null, Creating = false };
        Assert.Equal(state, StateDocument.Read(StateDocument.Write(state)));
    }

    [Theory]
    [InlineData("quote \" backslash \\ newline \n tab \t nul \0 slash /")]
    [InlineData("ä 漢 🐳")]
    [InlineData("</script> + &")]
    public void Any_text_in_an_annotation_survives(string text)
    {
        byte[] document = StateDocument.Write(State with { Annotations = new Dictionary<string, string> { [text] = text } });
        Assert.Equal(text, JsonDocument.Parse(document).RootElement.GetProperty("annotations").GetProperty(text).GetString());
        Assert.Equal(text, StateDocument.Read(document).Annotations![text]);
    }

    [Fact]
    public void A_list_is_one_document()
    {
        ContainerReport report = new() { OciVersion = "1.0.2", Id = "a", Pid = 0, Status = "stopped", Bundle = "/b", Rootfs = "/r", Created = State.Created, Annotations = new Dictionary<string, string>(), Owner = "root" };
        JsonElement list = JsonDocument.Parse(StateDocument.Write([report, report with { Id = "b" }])).RootElement;
        Assert.Equal(["a", "b"], list.EnumerateArray().Select(e => e.GetProperty("id").GetString()));
        Assert.Equal("2026-01-02T03:04:05.0000000Z", list[0].GetProperty("created").GetString());
        Assert.Equal(0, JsonDocument.Parse(StateDocument.Write((IReadOnlyList<ContainerReport>)[])).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"id\":")]
    [InlineData("{\"id\":\"a\",\"pid\":\"x\"}")]
    [InlineData("{\"id\":\"a\",\"pid\":99999999999}")]
    [InlineData("{\"id\":7}")]
    public void A_damaged_state_is_told_from_a_good_one(string text) =>
        Assert.ThrowsAny<JsonException>(() => StateDocument.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Fields_of_a_later_version_are_passed_over() =>
        Assert.Equal("a", StateDocument.Read("{\"later\":{\"x\":[1,{}]},\"id\":\"a\"}"u8).Id);
}
