using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.Errors;

namespace Tare.Tests.Unit.Engine.Containers;

/// <summary>dockerd's userns-remap: whose ids containers have that choose no user namespace.</summary>
public sealed class UserRemapTests
{
    private static readonly string[] Passwd = ["root:x:0:0::/root:/bin/sh", "dockremap:x:112:115::/:/bin/false", "ann:x:1000:1001::/home/ann:/bin/sh"];
    private static readonly string[] Group = ["root:x:0:", "dockremap:x:115:", "staff:x:50:ann", "ann:x:1001:"];
    private static readonly string[] Subuid = ["# comment", "dockremap:165536:65536", "1000:300000:1000", "ann:400000:65536", "zero:0:65536", "far:2147483000:65536", "broken:x:1"];
    private static readonly string[] Subgid = ["dockremap:165536:65536", "staff:420000:65536", "1001:400000:65536", "zero:0:65536", "far:2147483000:65536"];

    [Theory]
    [InlineData("default", 165536u, 65536u)]
    [InlineData("dockremap", 165536u, 65536u)]
    [InlineData("112:115", 165536u, 65536u)]
    [InlineData("ann", 400000u, 65536u)]
    [InlineData("ann:staff", 420000u, 45536u)]
    [InlineData("1000:50", 420000u, 45536u)]
    public void The_ids_are_what_both_files_give_to_user_and_group(string remap, uint first, uint size) =>
        Assert.Equal(new UserRange(first, size), SubordinateIds.Of(remap, Subuid, Subgid, Passwd, Group));

    [Theory]
    [InlineData("nobody")]
    [InlineData("zero")]
    [InlineData("far")]
    [InlineData("dockremap:ann")]
    [InlineData("a:b:c")]
    [InlineData("ann:")]
    public void A_user_without_ids_in_both_files_is_refused(string remap) =>
        Assert.Contains("userns-remap", Assert.Throws<TareException>(() => SubordinateIds.Of(remap, Subuid, Subgid, Passwd, Group)).Message, StringComparison.Ordinal);

    [Fact]
    public void Default_without_such_a_user_gives_each_container_ids_of_its_own()
    {
        Assert.Null(SubordinateIds.Of("default", ["ann:1:2"], [], Passwd, Group));
        Assert.Equal((UserRange.DefaultSize, null), UserRemap.Choose(new UserRemap(null), ""));
    }

    [Fact]
    public void A_container_that_chooses_itself_is_not_remapped()
    {
        UserRemap remap = new(new UserRange(165536, 65536));
        Assert.Equal((null, remap.Shared), UserRemap.Choose(remap, ""));
        Assert.Equal((null, null), UserRemap.Choose(remap, "host"));
        Assert.Equal((1000u, null), UserRemap.Choose(remap, "auto:size=1000"));
        Assert.Equal((null, null), UserRemap.Choose(null, ""));
    }

    [Fact]
    public void A_range_of_its_own_overlaps_no_other_even_when_shared_ones_lie_below()
    {
        ContainerRecord[] records =
        [
            .. new UserRange[] { new(165536, 65536), new(165536, 65536), new(0x7000_0000, 65536), new(0x7001_0000 + 1000, 65536) }.Select(range => Of(range)),
        ];
        Assert.Equal(new UserRange(0x7001_0000, 1000), UserRange.Free(records, 1000));
        Assert.Equal(new UserRange(0x7002_0000 + 1000, 65536), UserRange.Free(records, 65536));
    }

    private static ContainerRecord Of(UserRange range) => new()
    {
        Id = "x",
        Name = "x",
        CreatedAt = 0,
        ImageId = "",
        Config = new(),
        HostConfig = new(),
        State = new LifecycleState.Created(ExitRecord.None),
        Users = range,
    };
}
