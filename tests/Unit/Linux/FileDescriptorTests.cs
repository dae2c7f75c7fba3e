using Tare.Linux;

namespace Tare.Tests.Unit.Linux;

public class FileDescriptorTests
{
    [Fact]
    public void A_failed_open_gives_its_error_and_an_invalid_handle()
    {
        Errno errno = Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, "/no/such/file", Fcntl.O_RDONLY, 0, out FileDescriptor fd);
        Assert.Equal(Errno.ENOENT, errno);
        Assert.True(fd.IsInvalid);
    }
}
