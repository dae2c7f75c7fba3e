using System.Runtime.CompilerServices;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Stats;
using Tare.EngineApi.Containers;

namespace Tare.Engine.Containers;

/// <summary>docker stats.</summary>
public sealed class ContainerStatistics(ContainerContext context)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Samples a second apart until the client goes or the container does; without <paramref name="stream"/> one, which has the sample before it for
    /// comparison unless <paramref name="oneShot"/>. An unknown container throws at once.
    /// </summary>
    public IAsyncEnumerable<ContainerStats> ReadAsync(string reference, bool stream, bool oneShot, CancellationToken cancellation) =>
        ReadAsync(context.Store.Get(reference), stream, oneShot, cancellation);

    private async IAsyncEnumerable<ContainerStats> ReadAsync(Container container, bool stream, bool oneShot, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ContainerStats? before = null;
        if (!stream && !oneShot && container.State.HasProcess)
        {
            before = StatsSample.Read(context, container, null);
            await Task.Delay(Interval, context.Time, cancellation);
        }
        while (true)
        {
            ContainerStats sample = StatsSample.Read(context, container, before);
            yield return sample;
            if (!stream || container.Removed.IsCompleted)
                yield break;
            before = container.State.HasProcess ? sample : null;
            await Task.Delay(Interval, context.Time, cancellation);
        }
    }
}
