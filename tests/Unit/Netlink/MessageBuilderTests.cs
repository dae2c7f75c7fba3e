using System.Net;
using Tare.Netlink;
using Tare.Netlink.Nftables;
using Tare.Netlink.Route;

namespace Tare.Tests.Unit.Netlink;

public sealed class MessageBuilderTests
{
    [Fact]
    public void A_message_has_the_layout_of_netlink_7()
    {
        MessageBuilder messages = new MessageBuilder().AddAddress(7, IPAddress.Parse("172.17.0.2"), 16);
        Assert.Equal(
            "300000001400050605000000000000000210000007000000" // header, ifaddrmsg
            + "08000200ac110002" + "08000100ac110002" + "08000400ac11ffff", // local, address, broadcast
            Convert.ToHexStringLower(messages.Complete(5)));
    }

    [Fact]
    public void What_was_written_is_read_back_with_nesting_and_padding()
    {
        var messages = new MessageBuilder();
        _ = messages.Begin(16, MessageFlags.Create, new byte[16]).Put(3, "eth0");
        int nest = messages.Nest(18);
        _ = messages.Put(1, "veth").PutBig(2, 258).Unnest(nest);
        _ = messages.Begin(17, MessageFlags.None, new byte[16]).PutByte(9, 1);
        var reader = new MessageReader(messages.Complete(40));
        Assert.True(reader.Read());
        Assert.Equal((16, 40u), (reader.Type, reader.Sequence));
        var attributes = new AttributeReader(reader.Payload[16..]);
        Assert.True(attributes.Read());
        Assert.Equal((3, "eth0"), (attributes.Type, attributes.Text));
        Assert.True(attributes.Read());
        var inner = new AttributeReader(attributes.Value);
        Assert.True(inner.Read() && inner.Text == "veth");
        Assert.True(inner.Read() && inner.BigInt == 258);
        Assert.False(inner.Read() || attributes.Read());
        Assert.True(reader.Read());
        Assert.Equal((17, 41u), (reader.Type, reader.Sequence));
        Assert.False(reader.Read());
    }

    [Fact]
    public void Lengths_that_lie_end_the_walk()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] garbage = new byte[random.Next(0, 64)];
            random.NextBytes(garbage);
            if (garbage.Length > 3)
                (garbage[1], garbage[2], garbage[3]) = (0, 0, 0);
            var reader = new MessageReader(garbage);
            while (reader.Read())
            {
                var attributes = new AttributeReader(reader.Payload);
                while (attributes.Read())
                    Assert.True(attributes.Value.Length < garbage.Length);
            }
        }
    }

    [Fact]
    public void Elements_join_fields_at_multiples_of_four_bytes()
    {
        byte[] key = NftElement.Join([6], IPAddress.Parse("10.0.0.1").GetAddressBytes(), NftElement.Port(8080));
        Assert.Equal("060000000a0000011f900000", Convert.ToHexStringLower(key));
        Assert.Equal(new NftElement(key), new NftElement([.. key]));
        Assert.Equal("eth0", System.Text.Encoding.ASCII.GetString(NftElement.InterfaceName("eth0")).TrimEnd('\0'));
    }
}
