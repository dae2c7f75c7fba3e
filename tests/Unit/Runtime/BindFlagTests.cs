using Tare.Linux;
using Tare.Oci.Runtime;
using Tare.Runtime;

namespace Tare.Tests.Unit.Runtime;

/// <summary>Which flags a bind mount gets, by its options and what its source has.</summary>
public sealed class BindFlagTests
{
    private const ulong Restrictions = Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC | Mount.MOUNT_ATTR_NOSYMFOLLOW;
    private const ulong AccessTime = Mount.MOUNT_ATTR_ATIME_MASK | Mount.MOUNT_ATTR_NODIRATIME;

    [Theory]
    [InlineData("rbind,rprivate", 0, 0)]
    [InlineData("bind,atime", 0, Restrictions)]
    [InlineData("bind,dev", 0, Restrictions)]
    [InlineData("bind,ro", Mount.MOUNT_ATTR_RDONLY, Restrictions & ~Mount.MOUNT_ATTR_RDONLY)]
    [InlineData("bind,relatime", 0, Restrictions | AccessTime)]
    [InlineData("bind,nodiratime,norelatime", Mount.MOUNT_ATTR_NODIRATIME, Restrictions | Mount.MOUNT_ATTR_ATIME_MASK)]
    [InlineData("bind,nodiratime,strictatime", Mount.MOUNT_ATTR_NODIRATIME | Mount.MOUNT_ATTR_STRICTATIME, Restrictions | Mount.MOUNT_ATTR_ATIME_MASK)]
    public void With_any_flag_a_bind_has_exactly_the_given_ones(string options, ulong set, ulong clear) =>
        Assert.Equal((set, clear), BindFlags.Of(Parse(options), locked: false));

    [Theory]
    [InlineData("bind,ro", Mount.MOUNT_ATTR_RDONLY, Mount.MOUNT_ATTR_NOSYMFOLLOW)]
    [InlineData("bind,dev", 0, Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOSYMFOLLOW)]
    public void In_a_user_namespace_what_restricts_the_source_stays(string options, ulong set, ulong clear) =>
        Assert.Equal((set, clear), BindFlags.Of(Parse(options), locked: true));

    [Theory]
    [InlineData("bind,rw", 1 | 4, "cannot clear locked flags ro")]
    [InlineData("bind,dev,suid", 2 | 4, "cannot clear locked flags nosuid,nodev")]
    [InlineData("bind,rw", 4, null)]
    [InlineData("bind,noatime", Stat.ST_RELATIME, "cannot change locked atime flags")]
    [InlineData("bind,relatime", Stat.ST_RELATIME, null)]
    [InlineData("bind,nodiratime", Stat.ST_RELATIME, "cannot change locked atime flags")]
    [InlineData("bind,atime,norelatime,nostrictatime,diratime", Stat.ST_NOATIME | Stat.ST_NODIRATIME, null)]
    public void What_is_locked_on_the_source_is_named(string options, ulong source, string? message) =>
        Assert.Equal(message, BindFlags.Locked(Parse(options), source));

    private static MountOptions Parse(string options) => MountOptions.Parse(new MountSpec { Destination = "/x", Source = "/y", Options = [.. options.Split(',')] });
}
