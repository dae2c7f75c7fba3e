using Tare.Cgroups;

namespace Tare.Tests.Unit.Cgroups;

public class DeviceTableTests
{
    [Fact]
    public void Later_rules_add_to_and_take_from_earlier_ones()
    {
        DeviceTable table = DeviceTable.From(
        [
            new DeviceRule(false),
            new DeviceRule(true, 'c', 1, 3),
            new DeviceRule(true, 'c', null, null, "m"),
            new DeviceRule(false, 'c', 1, 3, "m"),
            new DeviceRule(true, 'a', 7, 1, "r"),
        ]);

        Assert.False(table.AllowByDefault);
        Assert.Equal(["c *:* m", "c 1:3 rw", "b 7:1 r", "c 7:1 r"], table.Exceptions.Select(e => e.ToString()));
    }

    [Fact]
    public void A_rule_for_everything_forgets_what_came_before()
    {
        DeviceTable table = DeviceTable.From([new DeviceRule(false), new DeviceRule(true, 'c', 1, 3), new DeviceRule(true)]);
        Assert.True(table.AllowsEverything);
    }
}
