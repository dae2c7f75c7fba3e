using System.Buffers.Binary;
using System.Text;
using Tare.Engine.Containers.Logs.Drivers;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Tests.Unit.Engine.Containers;

public sealed class LogDriverTests
{
    private static readonly DateTimeOffset Time = new(new DateTime(2026, 3, 5, 14, 7, 9, DateTimeKind.Local));

    [Theory]
    [InlineData("", "<30>Mar  5 14:07:09 tag[42]: text\n")]
    [InlineData("rfc3164", "<30>Mar  5 14:07:09 host tag[42]: text\n")]
    [InlineData("rfc5424", "<30>1 2026-03-05T14:07:09ZONE host tag 42 tag - text\n")]
    [InlineData("rfc5424micro", "<30>1 2026-03-05T14:07:09.000000ZONE host tag 42 tag - text\n")]
    public void A_line_has_the_form_that_was_asked_for(string format, string expected)
    {
        SyslogTarget target = SyslogTarget.Parse(new Dictionary<string, string> { ["syslog-format"] = format });
        byte[] message = SyslogMessage.Write(target, "tag", "host", 42, new LogLine("text"u8.ToArray(), false, Time, null));
        string zone = Time.Offset == TimeSpan.Zero ? "Z" : Time.ToString("zzz", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected.Replace("ZONE", zone, StringComparison.Ordinal), Encoding.UTF8.GetString(message));
    }

    [Fact]
    public void Rfc_5424_over_tls_has_its_length_before_it()
    {
        SyslogTarget target = SyslogTarget.Parse(new Dictionary<string, string> { ["syslog-format"] = "rfc5424", ["syslog-address"] = "tcp+tls://logs.example.org", ["syslog-facility"] = "local7" });
        Assert.Equal(("logs.example.org", 514), (target.Host, target.Port));
        string message = Encoding.UTF8.GetString(SyslogMessage.Write(target, "t", "h", 1, new LogLine("x"u8.ToArray(), true, Time, null)));
        Assert.StartsWith("<187>1 ", message[(message.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        Assert.Equal(message.Length - message.IndexOf(' ', StringComparison.Ordinal) - 1, int.Parse(message.Split(' ')[0]));
    }

    [Theory]
    [InlineData("{{.ID}}/{{ .Name }}", "id/name")]
    [InlineData("plain", "plain")]
    public void A_tag_has_fields(string tag, string expected) =>
        Assert.Equal(expected, LogTag.Fill(tag, field => field switch { "ID" => "id", "Name" => "name", _ => null }));

    [Theory]
    [InlineData("{{.Nope}}")]
    [InlineData("{{.ID")]
    [InlineData("{{ID}}")]
    public void A_tag_with_other_fields_is_refused(string tag) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => LogTag.Fill(tag, field => field == "ID" ? "id" : null)).Kind);

    [Fact]
    public async Task What_is_too_long_for_a_datagram_goes_to_journald_as_a_file()
    {
        string path = Path.Combine(Path.GetTempPath(), "tare-journal-" + Guid.NewGuid().ToString("N")[..8]);
        using FileDescriptor server = Socket.Create(Socket.AF_UNIX, Socket.SOCK_DGRAM);
        Socket.BindUnix(server, path);
        try
        {
            string big = new('v', 1 << 20);
            await using JournaldSink sink = new(new LogSource(new string('a', 64), "name", "image", "tag", new Dictionary<string, string> { ["_big.label"] = big }), path);
            await sink.ConnectAsync(CancellationToken.None);
            await sink.SendAsync(new LogLine("two\nlines"u8.ToArray(), true, Time, null), CancellationToken.None);
            List<FileDescriptor> descriptors = [];
            Assert.Equal(Errno.None, Socket.TryReceive(server, new byte[16], descriptors, out int length));
            Assert.Equal(0, length);
            using FileDescriptor file = Assert.Single(descriptors);
            byte[] content = new byte[2 << 20];
            Unistd.Seek(file, 0);
            int read = 0;
            while (file.Read(content.AsSpan(read)) is var more and > 0)
                read += more;
            // A value with a line feed has its length before it, eight bytes.
            Assert.Equal("MESSAGE\n", Encoding.ASCII.GetString(content, 0, 8));
            Assert.Equal(9ul, BinaryPrimitives.ReadUInt64LittleEndian(content.AsSpan(8)));
            string text = Encoding.ASCII.GetString(content, 16, read - 16);
            Assert.StartsWith("two\nlines\nPRIORITY=3\n", text);
            Assert.EndsWith("BIG_LABEL=" + big + "\n", text);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Labels_and_variables_are_chosen_by_name_and_pattern()
    {
        ContainerConfig config = new() { Labels = new() { ["a"] = "1", ["b.x"] = "2", ["b.y"] = "3", ["c"] = "4" }, Env = ["E=5", "F=6"] };
        Dictionary<string, string> options = new() { ["labels"] = "a,none", ["labels-regex"] = "^b\\.", ["env"] = "F" };
        Assert.Equal(["F", "a", "b.x", "b.y"], LogSource.AttributesOf(options, config).Keys.Order(StringComparer.Ordinal));
    }
}
