using System.Text;
using Tare.Runtime.Checkpoint;

namespace Tare.Tests.Unit.Runtime;

/// <summary>The wire form of criu's RPC, against bytes written by hand from protobuf's description.</summary>
public sealed class CriuMessageTests
{
    [Fact]
    public void A_request_is_written_as_protobuf_says()
    {
        CriuWriter inner = new CriuWriter().Text(1, "k").Number(2, 300);
        Assert.Equal([0x08, 1, 0x18, 1, 0x9a, 0x01, 6, 0x0a, 1, (byte)'k', 0x10, 0xac, 0x02],
            new CriuWriter().Number(1, 1).Flag(2, false).Flag(3, true).Text(9, null).Message(19, inner).Bytes.ToArray());
    }

    [Fact]
    public void An_answer_is_read_with_what_it_carries()
    {
        byte[] message = [.. new CriuWriter().Number(1, 2).Number(2, 1).Message(4, new CriuWriter().Number(1, 4711))
            .Message(10, new CriuWriter().Number(1, 3).Number(2, 17).Text(3, "x").Number(4, 1)).Number(7, 5).Text(9, "ouch").Bytes];
        CriuAnswer answer = CriuAnswer.Parse(message);
        Assert.Equal((2, true, 4711, 31701, 5, "ouch"), (answer.Type, answer.Success, answer.Pid, answer.Version, answer.Errno, answer.Message));
    }

    [Fact]
    public void A_notification_names_its_script_and_process()
    {
        CriuAnswer answer = CriuAnswer.Parse(new CriuWriter().Number(1, 6).Number(2, 1).Message(5, new CriuWriter().Text(1, "post-restore").Number(2, 99)).Bytes);
        Assert.Equal(("post-restore", 99), (answer.Script, answer.Pid));
    }

    [Fact]
    public void Fields_of_a_fixed_size_are_passed_over() =>
        Assert.Equal(3, CriuAnswer.Parse([0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4, 0x08, 3]).Type);

    [Theory]
    [InlineData(new byte[] { 0x08 })]
    [InlineData(new byte[] { 0x08, 0xff, 0xff })]
    [InlineData(new byte[] { 0x2a, 9, 1 })]
    [InlineData(new byte[] { 0x0b })]
    [InlineData(new byte[] { 0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    [InlineData(new byte[] { 0x2a, 2, 0x0a, 9 })]
    public void What_is_cut_off_is_refused(byte[] message) => Assert.Throws<FormatException>(() => CriuAnswer.Parse(message));

    [Fact]
    public void Random_bytes_never_do_more_than_be_refused()
    {
        Random random = new(7);
        byte[] bytes = new byte[40];
        for (int i = 0; i < 20000; i++)
        {
            random.NextBytes(bytes);
            try
            {
                _ = CriuAnswer.Parse(bytes.AsSpan(0, random.Next(bytes.Length)));
            }
            catch (FormatException)
            {
                continue;
            }
        }
        Assert.Equal("ü", CriuAnswer.Parse(new CriuWriter().Text(9, "ü").Bytes).Message);
        Assert.Equal(2, Encoding.UTF8.GetByteCount("ü"));
    }
}
