using System.Net;
using System.Text;
using Tare.Networking.Names;

namespace Tare.Tests.Unit.Networking;

public sealed class DnsMessageTests
{
    [Fact]
    public void A_question_is_read_and_answered_with_all_addresses_of_its_family()
    {
        byte[] query = Query("WEB.Front", DnsType.A);
        Assert.True(DnsQuestion.TryParse(query, out DnsQuestion? question, out _));
        Assert.Equal(("web.front", DnsType.A, 512), (question.Name, question.Type, question.MaxAnswer));
        byte[] answer = DnsAnswer.Addresses(query, question, [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), IPAddress.Parse("fd00::1")], 512);
        Assert.Equal(query[..2], answer[..2]);
        Assert.Equal([0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0], answer[2..12]);
        Assert.Equal(query.Length + (2 * 16), answer.Length);
        Assert.Equal([0xc0, 12, 0, 1, 0, 1, 0, 0, 2, 88, 0, 4, 10, 0, 0], answer[query.Length..(query.Length + 15)]);
    }

    [Fact]
    public void Too_many_addresses_are_cut_at_the_clients_limit_with_the_truncation_bit()
    {
        byte[] query = Query("web", DnsType.Aaaa);
        Assert.True(DnsQuestion.TryParse(query, out DnsQuestion? question, out _));
        IPAddress[] many = [.. Enumerable.Range(1, 100).Select(i => IPAddress.Parse($"fd00::{i:x}"))];
        byte[] answer = DnsAnswer.Addresses(query, question, many, question.MaxAnswer);
        Assert.True(answer.Length <= 512 && (answer[2] & 2) != 0 && answer[7] == 17);
    }

    [Fact]
    public void Edns_raises_the_limit_and_is_answered()
    {
        byte[] query = [.. Query("web", DnsType.A), 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0];
        query[11] = 1;
        Assert.True(DnsQuestion.TryParse(query, out DnsQuestion? question, out _));
        Assert.Equal(4096, question.MaxAnswer);
        byte[] answer = DnsAnswer.Addresses(query, question, [IPAddress.Loopback], question.MaxAnswer);
        Assert.Equal(1, answer[11]);
        Assert.Equal([0, 0, 41, 4, 208], answer[^11..^6]);
    }

    [Theory]
    [InlineData("1234010000010000000000", null)] // short
    [InlineData("123481800001000000000000", null)] // an answer
    [InlineData("123410000001000000000000", DnsCode.NotImplemented)] // another operation
    [InlineData("123401000002000000000000", DnsCode.FormatError)] // two questions announced
    [InlineData("123401000001000000000000", DnsCode.FormatError)] // none there
    [InlineData("123401000001000000000000c00c00010001", DnsCode.FormatError)] // a pointer to itself
    [InlineData("12340100000100000000000003776500", DnsCode.FormatError)] // a label past the end
    [InlineData("123401000001000000000001037765620000010001", DnsCode.FormatError)] // a record announced that is not there
    public void Hostile_packets_are_refused(string hex, DnsCode? expected)
    {
        Assert.False(DnsQuestion.TryParse(Convert.FromHexString(hex), out _, out DnsCode? error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void A_name_of_more_than_255_bytes_is_refused()
    {
        Assert.True(DnsQuestion.TryParse(Query(string.Join('.', Enumerable.Repeat(new string('a', 62), 4)), DnsType.A), out _, out _));
        Assert.False(DnsQuestion.TryParse(Query(string.Join('.', Enumerable.Repeat(new string('a', 62), 5)), DnsType.A), out _, out _));
    }

    [Fact]
    public void Random_packets_never_throw()
    {
        var random = new Random(11);
        byte[] good = Query("some.name.of.some.host", DnsType.A);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] packet = [.. good];
            for (int flips = random.Next(1, 6); flips > 0; flips--)
                packet[random.Next(packet.Length)] = (byte)random.Next(256);
            packet = packet[..random.Next(packet.Length + 1)];
            if (DnsQuestion.TryParse(packet, out DnsQuestion? question, out DnsCode? error))
                _ = DnsAnswer.Addresses(packet, question, [IPAddress.Loopback], 512);
            else if (error is { } code)
                _ = DnsAnswer.Failure(packet, null, code);
        }
    }

    [Theory]
    [InlineData("2.0.17.172.in-addr.arpa", "172.17.0.2")]
    [InlineData("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", "fd00::1")]
    [InlineData("2.0.17.in-addr.arpa", null)]
    [InlineData("2.0.17.999.in-addr.arpa", null)]
    public void Reverse_names_are_addresses(string name, string? address) => Assert.Equal(address, DnsServer.ParseReverse(name)?.ToString());

    [Fact]
    public void A_container_sees_the_names_of_its_own_networks_only()
    {
        var names = new NameDirectory();
        names.Register("n1", "e1", ["Web", "db"], ["10.0.0.1", null]);
        names.Register("n1", "e2", ["web2", "db"], ["10.0.0.2", ""]);
        names.Register("n2", "e3", ["secret"], ["10.1.0.1"]);
        INameTable view = names.View(() => [new VisibleNetwork("n1", "front")]);
        Assert.Equal(["10.0.0.1", "10.0.0.2"], view.Resolve("db")!.Select(a => a.ToString()).Order());
        Assert.Equal("10.0.0.1", Assert.Single(view.Resolve("web.front")!).ToString());
        Assert.Null(view.Resolve("secret"));
        Assert.Equal("web.front", view.NameOf(IPAddress.Parse("10.0.0.1")));
        Assert.Null(view.NameOf(IPAddress.Parse("10.1.0.1")));
    }

    [Fact]
    public void A_link_is_a_name_for_the_container_that_has_it_and_follows_the_other()
    {
        var names = new NameDirectory();
        names.Register("n1", "e1", ["web"], ["10.0.0.1"]);
        names.Register("n1", "e2", ["site"], ["10.0.0.9"]);
        INameTable linked = names.View(() => [new VisibleNetwork("n1", "front", new Dictionary<string, string> { ["site"] = "web" })]);
        Assert.Equal("10.0.0.1", Assert.Single(linked.Resolve("site")!).ToString());
        Assert.Equal("10.0.0.9", Assert.Single(names.View(() => [new VisibleNetwork("n1", "front")]).Resolve("site")!).ToString());
        names.Unregister("n1", "e1");
        Assert.Equal("10.0.0.9", Assert.Single(linked.Resolve("site")!).ToString());
    }

    private static byte[] Query(string name, DnsType type)
    {
        var query = new List<byte> { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (string label in name.Split('.'))
            query.AddRange([(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]);
        query.AddRange([0, 0, (byte)type, 0, 1]);
        return [.. query];
    }
}
