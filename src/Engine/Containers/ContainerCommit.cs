using Tare.Cgroups;
using Tare.Engine.Containers.Create;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.EngineApi.Containers;
using Tare.Images;
using Tare.Images.Make;
using Tare.Linux;
using Tare.Oci;
using Tare.Oci.Image;
using OciEmpty = Tare.Oci.Image.EmptyObject;

namespace Tare.Engine.Containers;

/// <summary>What POST /commit takes.</summary>
public sealed record CommitWish
{
    public required string Container { get; init; }
    public string Repository { get; init; } = "";
    public string Tag { get; init; } = "";
    public string Author { get; init; } = "";
    public string Comment { get; init; } = "";
    public bool Pause { get; init; } = true;
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Replaces parts of the container's configuration; null takes it as it is.</summary>
    public ContainerConfig? Config { get; init; }
}

/// <summary>docker commit: an image from a container's changes, taken while its processes stand still.</summary>
public sealed class ContainerCommit(ContainerContext context)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Makes the image and returns its id.</summary>
    public async Task<Digest> RunAsync(CommitWish wish, CancellationToken cancel)
    {
        Container container = context.Store.Get(wish.Container);
        Reference? name = wish.Repository.Length == 0 ? null : Reference.Parse(wish.Tag.Length == 0 ? wish.Repository : $"{wish.Repository}:{wish.Tag}");
        ContainerRecord record = container.Record;
        _ = context.Images.TryGet(Digest.Parse(record.ImageId), out Image? source);
        ContainerConfig config = wish.Config is null ? record.Config : ConfigMerge.Merge(wish.Config, ImageConfiguration(record.Config));
        using (await container.Lock.EnterAsync())
        {
            ContainerCgroup? frozen = wish.Pause && container.State is LifecycleState.Running ? Freeze(record) : null;
            try
            {
                using FileDescriptor upper = new RootFilesystem(context).OpenUpper(record);
                Image made = await ImageCommit.CommitAsync(context.Images, new ImageCommitOptions
                {
                    Base = source,
                    Upper = upper,
                    Config = ImageConfiguration(config),
                    Changes = wish.Changes,
                    Author = wish.Author,
                    Message = wish.Comment,
                    CreatedBy = string.Join(' ', (record.Config.Entrypoint ?? []).Concat(record.Config.Cmd ?? [])),
                    Reference = name,
                }, cancel);
                context.Publish(record, "commit", ("comment", wish.Comment), ("imageID", made.Id.ToString()), ("imageRef", name?.ToString() ?? ""));
                return made.Id;
            }
            finally
            {
                frozen?.Thaw(Patience);
            }
        }
    }

    private ContainerCgroup Freeze(ContainerRecord record)
    {
        ContainerCgroup cgroup = ContainerCgroup.Open(context.Cgroups, context.CgroupPath(record));
        cgroup.Freeze(Patience);
        return cgroup;
    }

    /// <summary>The part of a container's configuration that an image carries.</summary>
    private static ImageRunConfig ImageConfiguration(ContainerConfig config) => new()
    {
        User = config.User,
        ExposedPorts = config.ExposedPorts?.Keys.ToDictionary(key => key, _ => OciEmpty.Value),
        Env = config.Env?.ToArray(),
        Entrypoint = config.Entrypoint?.ToArray(),
        Cmd = config.Cmd?.ToArray(),
        Volumes = config.Volumes?.Keys.ToDictionary(key => key, _ => OciEmpty.Value),
        WorkingDir = config.WorkingDir,
        Labels = config.Labels,
        StopSignal = config.StopSignal,
        OnBuild = config.OnBuild?.ToArray(),
        Shell = config.Shell?.ToArray(),
        Healthcheck = config.Healthcheck is not { } health ? null : new ImageHealthcheck
        {
            Test = health.Test?.ToArray(),
            Interval = health.Interval,
            Timeout = health.Timeout,
            StartPeriod = health.StartPeriod,
            StartInterval = health.StartInterval,
            Retries = health.Retries,
        },
    };
}
