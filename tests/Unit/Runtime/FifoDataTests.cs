using System.Buffers.Binary;
using Tare.Runtime.Checkpoint;

namespace Tare.Tests.Unit.Runtime;

/// <summary>What of criu's fifo-data.img stays, against images written by hand.</summary>
public sealed class FifoDataTests
{
    private static readonly byte[] Header = [0x19, 0x43, 0x56, 0x54, 1, 2, 3, 4];

    [Fact]
    public void What_is_in_a_fifo_of_the_host_s_is_left_to_its_reader()
    {
        byte[] image = [.. Header, .. Entry(7, "seven"), .. Entry(8, ""), .. Entry(9, "nine")];
        Assert.Equal([.. Header, .. Entry(8, ""), .. Entry(9, "nine")], FifoData.Without(image, [7u]));
        Assert.Equal(image, FifoData.Without(image, [1u]));
        Assert.Equal(Header, FifoData.Without(image, [7u, 8u, 9u]));
    }

    private static byte[] Entry(uint fifo, string data)
    {
        ReadOnlySpan<byte> message = new CriuWriter().Number(1, fifo).Number(2, data.Length).Number(3, 65536).Bytes;
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, message.Length);
        return [.. length, .. message, .. System.Text.Encoding.ASCII.GetBytes(data)];
    }
}
