using System.Text.Json;
using Tare.EngineApi;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;
using Tare.EngineApi.Streams;

namespace Tare.Tests.Unit.EngineApi;

public sealed class WireTypesTests
{
    [Fact]
    public void A_create_request_takes_strings_for_commands_and_nulls_for_anything()
    {
        CreateRequest request = JsonSerializer.Deserialize("""
            {"hostname":null,"Tty":null,"Cmd":"ls","Entrypoint":["sh","-c"],"StopTimeout":null,"Env":null,
             "HostConfig":{"Memory":null,"NetworkMode":null,"PidsLimit":5,"PortBindings":{"80/tcp":[{"HostPort":"8080"}]}}}
            """, EngineApiJson.Default.CreateRequest)!;
        Assert.Equal("", request.Hostname);
        Assert.False(request.Tty);
        Assert.Equal(["ls"], request.Cmd);
        Assert.Equal(["sh", "-c"], request.Entrypoint);
        Assert.Equal("", request.HostConfig!.NetworkMode);
        Assert.Equal(0, request.HostConfig.Memory);
        Assert.Equal(5, request.HostConfig.PidsLimit);
        Assert.Equal("8080", request.HostConfig.PortBindings!["80/tcp"]![0].HostPort);
    }

    [Fact]
    public void A_host_config_writes_nulls_where_docker_does_and_leaves_out_what_docker_leaves_out()
    {
        using JsonDocument document = JsonDocument.Parse(JsonSerializer.Serialize(new HostConfig(), EngineApiJson.Default.HostConfig));
        JsonElement root = document.RootElement;
        Assert.Equal(JsonValueKind.Null, root.GetProperty("Binds").ValueKind);
        Assert.Equal(JsonValueKind.Null, root.GetProperty("PidsLimit").ValueKind);
        Assert.False(root.TryGetProperty("Init", out _));
        Assert.False(root.TryGetProperty("Mounts", out _));
        Assert.Equal(0, root.GetProperty("IOMaximumIOps").GetInt32());
    }

    [Theory]
    [InlineData("""{"label":["a=b","c"],"status":["running"]}""")]
    [InlineData("""{"label":{"a=b":true,"c":true,"d":false},"status":{"running":true}}""")]
    public void Filters_read_both_forms(string json)
    {
        Assert.True(FilterSet.TryParse(json, out FilterSet filters));
        Assert.Equal(["a=b", "c"], filters["label"]);
        Assert.True(filters.Matches("status", "running"));
        Assert.False(filters.Matches("status", "exited"));
        Assert.True(filters.MatchesLabels("label", new Dictionary<string, string> { ["a"] = "b", ["c"] = "x" }));
        Assert.False(filters.MatchesLabels("label", new Dictionary<string, string> { ["a"] = "x", ["c"] = "x" }));
        Assert.Equal("status", filters.FirstUnknownKey(["label"]));
        Assert.True(FilterSet.TryParse(filters.ToJson(), out FilterSet again));
        Assert.Equal(2, again.Keys.Count);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"a":5}""")]
    public void Filters_refuse_what_is_neither(string json) => Assert.False(FilterSet.TryParse(json, out _));

    [Fact]
    public void A_frame_header_is_read_as_it_was_written_and_garbage_is_refused()
    {
        byte[] header = new byte[8];
        new StreamFrame(StreamKind.Stderr, 0x01020304).Write(header);
        Assert.Equal([2, 0, 0, 0, 1, 2, 3, 4], header);
        Assert.True(StreamFrame.TryRead(header, out StreamFrame frame));
        Assert.Equal(new StreamFrame(StreamKind.Stderr, 0x01020304), frame);
        Assert.False(StreamFrame.TryRead("hello wo"u8, out _));
    }

    [Fact]
    public void Times_keep_nine_digits_out_and_in()
    {
        Assert.Equal("2026-01-02T03:04:05.123456789Z", GoTime.FormatNanoseconds(1767323045123456789));
        Assert.True(GoTime.TryParse("2026-01-02T03:04:05.123456789Z", out DateTimeOffset time));
        Assert.Equal("2026-01-02T03:04:05.1234567Z", GoTime.Format(time));
        Assert.False(GoTime.TryParse(GoTime.Zero, out _));
    }
}
