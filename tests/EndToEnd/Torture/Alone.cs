using System.Globalization;

namespace Tare.Tests.EndToEnd.Torture;

/// <summary>Tests that take the whole machine, or whose times would mean nothing beside others: they run one by one, when the others have ended.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>What the environment says about how much is done.</summary>
internal static class Setting
{
    public static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
