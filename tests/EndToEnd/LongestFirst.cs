using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Tare.Tests.EndToEnd.LongestFirst", "Tare.Tests.EndToEnd")]

namespace Tare.Tests.EndToEnd;

/// <summary>The collections that take minutes begin first, so that the others fill the time beside them instead of waiting for the last one.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [nameof(SystemdHostTests), nameof(Clients.DockerPeerTests), SharedEngineCollection.Name, nameof(RuntimeSpecTests)];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(Rank);

    private static int Rank(ITestCollection collection)
    {
        int rank = Array.FindIndex(Long, name => collection.DisplayName.Contains(name, StringComparison.Ordinal));
        return rank < 0 ? Long.Length : rank;
    }
}
