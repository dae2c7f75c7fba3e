using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Tare.Linux;
using Tare.SyscallProgram;

namespace Tare.Tests.Unit.SyscallProgram;

/// <summary>The layout that tare-init reads, byte by byte.</summary>
public sealed class ProgramBuilderTests
{
    [Fact]
    public void Operations_and_the_header_are_64_bytes()
    {
        Assert.Equal(64, Unsafe.SizeOf<Operation>());
        Assert.Equal(64, Unsafe.SizeOf<ProgramHeader>());
    }

    [Fact]
    public void Strings_lie_in_the_pool_once_and_end_in_a_zero_byte()
    {
        ProgramBuilder builder = new();
        Argument first = builder.String("/proc");
        Assert.Equal(first, builder.String("/proc"));
        builder.Call(80, "chdir", "go there", first);
        ReadOnlySpan<byte> image = builder.Build().Image;
        ProgramHeader header = MemoryMarshal.Read<ProgramHeader>(image);
        ReadOnlySpan<byte> pool = image.Slice((int)header.PoolOffset, (int)header.PoolSize);
        Assert.Equal("/proc\0", Encoding.ASCII.GetString(pool.Slice((int)first.Value, 6)));
        Operation operation = MemoryMarshal.Read<Operation>(image[64..]);
        Assert.Equal((80, first.Value, ArgumentKind.Pool), (operation.Number, operation.A0, operation.Kinds & 15));
    }

    [Fact]
    public void Addresses_inside_structures_are_relocated_and_nothing_else_is()
    {
        ProgramBuilder builder = new();
        Argument text = builder.String("x");
        Argument words = builder.Words(7, text, 0);
        ReadOnlySpan<byte> image = builder.Build().Image;
        ProgramHeader header = MemoryMarshal.Read<ProgramHeader>(image);
        Assert.Equal(1u, header.RelocationCount);
        Assert.Equal((uint)words.Value + 8, MemoryMarshal.Read<uint>(image[(int)header.RelocationsOffset..]));
    }

    [Fact]
    public void A_result_cannot_be_put_into_a_structure_before_it_is_known()
    {
        ProgramBuilder builder = new();
        Slot slot = builder.Call(41, "socket", "a socket").Into();
        Assert.Throws<ArgumentException>(() => builder.Words(slot));
    }

    [Fact]
    public void A_failure_is_told_in_the_words_of_its_step()
    {
        ProgramBuilder builder = new();
        builder.Call(155, "pivot_root", "the container's files become /", builder.String("."), builder.String("."));
        Assert.Equal("the container's files become /: pivot_root: invalid argument", builder.Build().DescribeFailure(0, Errno.EINVAL));
    }
}
