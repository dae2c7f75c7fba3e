using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Tare.Archive.Compression;
using Tare.Cgroups;
using Tare.Distribution;
using Tare.Engine.Containers;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.Engine.Daemon;
using Tare.Engine.Events;
using Tare.Engine.Hosting;
using Tare.Engine.Images;
using Tare.Engine.Networks;
using Tare.Engine.Registries;
using Tare.Engine.Volumes;
using Tare.Errors;
using Tare.Images;
using Tare.Images.Push;
using Tare.Images.Trust;
using Tare.Keeper.Protocol;
using Tare.Networking;
using Tare.Networking.Files;
using Tare.Storage.Content;
using Tare.Storage.Metadata;

namespace Tare.Engine;

/// <summary>
/// One engine instance: takes its directories, opens what is kept there, finds the keeper, and wires the services that the API serves. Disposing
/// leaves containers, networks and the keeper as they are.
/// </summary>
public sealed class EngineHost : IDisposable
{
    private static readonly TimeSpan KeeperRetry = TimeSpan.FromSeconds(1);
    private readonly ConcurrentStack<IDisposable> _owned = new();

    private readonly HeldStreams _held = new();
    private readonly KeeperLauncher _launcher;
    private volatile bool _disposed;

    private EngineHost(EngineOptions options)
    {
        Options = options;
        _launcher = Own(new KeeperLauncher(options, Own(_held)));
    }

    /// <summary>As it was started.</summary>
    public EngineOptions Options { get; }

    /// <summary>What happens.</summary>
    public EventBus Events { get; } = new();

    /// <summary>Volumes.</summary>
    public VolumeService Volumes { get; private set; } = null!;

    /// <summary>Networks.</summary>
    public NetworkService Networks { get; private set; } = null!;

    /// <summary>The metadata, for others who keep theirs beside the engine's.</summary>
    public Database Database { get; private set; } = null!;

    /// <summary>The blobs, for others who share them.</summary>
    public ContentStore Content { get; private set; } = null!;

    /// <summary>Images that are here.</summary>
    public ImageService Images { get; private set; } = null!;

    /// <summary>Images as archives.</summary>
    public ImageTransfer ImageTransfer { get; private set; } = null!;

    /// <summary>Images from registries.</summary>
    public ImagePulls Pulls { get; private set; } = null!;

    /// <summary>Images to registries.</summary>
    public ImagePushes Pushes { get; private set; } = null!;

    /// <summary>Whether images are as they must be.</summary>
    public ImageVerification Verification { get; private set; } = null!;

    /// <summary>What else is asked of registries.</summary>
    public RegistryService Registries { get; private set; } = null!;

    /// <summary>Containers and their verbs.</summary>
    public ContainerServices Containers { get; private set; } = null!;

    /// <summary>What a start would do.</summary>
    public ContainerExplain Explain { get; private set; } = null!;

    /// <summary>The engine and the machine.</summary>
    public InfoService Info { get; private set; } = null!;

    /// <summary>What takes how much of the disk.</summary>
    public DiskUsageService DiskUsage { get; private set; } = null!;

    /// <summary>What the names of this instance's kernel objects end with; nothing for the usual data root.</summary>
    private string InstanceSuffix => Options.IsDefaultInstance ? "" : Suffix(Options.DataRoot);

    /// <summary>Starts an engine; when that fails nothing of it stays but what it keeps.</summary>
    public static EngineHost Start(EngineOptions options)
    {
        var host = new EngineHost(options);
        try
        {
            host.Open();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Starts what the restart policies want to run, beside the serving of requests.</summary>
    public Task StartWantedAsync() => Containers.Recovery.StartWantedAsync();

    /// <summary>Makes an image from a container's changes and returns its id.</summary>
    public async Task<string> CommitAsync(CommitWish wish, CancellationToken cancellation) =>
        (await Containers.Commit.RunAsync(wish, cancellation)).ToString();

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        while (_owned.TryPop(out IDisposable? owned))
            owned.Dispose();
    }

    private void Open()
    {
        UserRemap? users = UserRemap.Read(Options.UsernsRemap);

        // 1. The directories are this engine's alone.
        _ = Own(RootLock.Take(Options.DataRoot, 0x1c8, "data-root"));
        _ = Own(RootLock.Take(Options.ExecRoot, 0x1c9, "exec-root"));

        Own(Events).KeepIn(Options.DataRoot);

        // 2. The keeper starts while the rest is opened.
        Task<KeeperClient> keeper = Task.Run(_launcher.Connect);
        try
        {
            Database database = Own(OpenDatabase());
            var containers = new ContainerStore(database);
            ImageStore images = ImageStore.Open(Options.DataRoot, database, Options.Downloads, Options.OtherHolder?.Invoke(database));
            Database = database;
            Content = images.Content;
            CgroupHierarchy cgroups = CgroupHierarchy.Detect();
            Volumes = new VolumeService(database, Path.Combine(Options.DataRoot, "volumes"), Events, name => UsersOf(containers, name));
            Images = new ImageService(images, containers, Events);
            ImageTransfer = new ImageTransfer(Images);
            RegistryClient registries = Own(new RegistryClient(Options.Registries));
            var budget = Own(new ImageBudget(Images, Images.Space, Options.ImageBudget, Options.Log));
            budget.Start();
            var trust = new ImageTrust(Options.TrustPolicy, database);
            images.Admission = trust.AdmitRun;
            Pulls = new ImagePulls(Images, registries, budget, trust);
            Pushes = new ImagePushes(Images, registries, new ImagePushOptions { Uploads = Options.Uploads, CompressionLevel = Options.PushCompressionLevel ?? BlockGzip.DefaultLevel });
            Verification = new ImageVerification(images, registries);
            Registries = new RegistryService(registries);
            Sandboxes sandboxes = OpenNetworks(database, containers);

            // 3. The services, now that all they stand on is there.
            Containers = new ContainerServices(new ContainerContext
            {
                Store = containers,
                Keeper = Own(keeper.GetAwaiter().GetResult()),
                Images = images,
                Networks = sandboxes,
                Volumes = Volumes,
                Events = Events,
                Cgroups = cgroups,
                Paths = new ContainerPaths(Options.DataRoot, Options.ExecRoot),
                CgroupParent = InstanceSuffix.Length == 0 ? "/tare" : $"/tare-{InstanceSuffix}",
                LogDriver = Options.LogDriver,
                LogOptions = Options.LogOptions,
                Log = Options.Log,
                CdiSpecDirs = Options.CdiSpecDirs,
                Users = users,
                Dns = new DnsSettings(Options.Dns, Options.DnsSearch, Options.DnsOptions),
            });
            _ = Own(Containers.Context.LogDrivers);
            Explain = new ContainerExplain(Containers, Volumes);
            RecoverAsync().GetAwaiter().GetResult();
            Info = new InfoService(Options, cgroups, containers, images, Events);
            DiskUsage = new DiskUsageService(Images, Volumes, Containers.List);
        }
        catch when (!keeper.IsCompletedSuccessfully || Containers is null)
        {
            _ = keeper.ContinueWith(started => started.Result.Dispose(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Replaces the keeper when it dies, from now on.</summary>
    private void Watch(KeeperClient keeper)
    {
        int replaced = 0;
        void Replace()
        {
            if (!_disposed && Interlocked.Exchange(ref replaced, 1) == 0)
                _ = Task.Run(ReplaceKeeperAsync);
        }
        keeper.Disconnected += Replace;
        // It may have died just before.
        if (keeper.IsGone)
            Replace();
    }

    /// <summary>The keeper has died: a new one takes its place and takes over what the old one held.</summary>
    private async Task ReplaceKeeperAsync()
    {
        Options.Log("the keeper has died; starting another");
        while (!_disposed)
        {
            try
            {
                await HandOverAsync(_launcher.Connect());
                return;
            }
            catch (Exception error)
            {
                // Nobody waits for this; requests that need the keeper say that it does not answer.
                Options.Log($"replace the keeper: {TareException.Describe(error)}");
                await Task.Delay(KeeperRetry);
            }
        }
    }

    private async Task HandOverAsync(KeeperClient keeper)
    {
        _ = Own(keeper);
        OrphanReaper orphans = OrphanReaper.Find([_launcher.KeeperPid]);
        try
        {
            Containers.Notices.Listen(keeper);
            keeper.Begin();
            Watch(keeper);
            Containers.Context.Keeper = keeper;
            foreach (Exception failure in await Containers.Recovery.HandOverAsync(orphans.Pids))
                Options.Log(TareException.Describe(failure));
        }
        finally
        {
            orphans.Begin((pid, status) => _ = Containers.Context.Keeper.ReportAsync(pid, status));
        }
    }

    private async Task RecoverAsync()
    {
        Containers.Context.Keeper.Begin();
        IReadOnlyList<Exception> failures;
        while (true)
        {
            KeeperClient keeper = Containers.Context.Keeper;
            try
            {
                failures = await Containers.Recovery.RunAsync();
                if (!keeper.IsGone)
                {
                    Watch(keeper);
                    break;
                }
            }
            catch (TareException error) when (error.Kind == ErrorKind.Unavailable && keeper.IsGone)
            {
                Options.Log("the keeper has died while the engine started; starting another");
            }
            keeper = Own(_launcher.Connect());
            Containers.Notices.Listen(keeper);
            Containers.Context.Keeper = keeper;
            keeper.Begin();
        }
        foreach (Exception failure in failures)
            Options.Log(TareException.Describe(failure));
        Volumes.Recover(id => Containers.Context.Store.TryGet(id, out Container? found) && found.Id == id);
    }

    /// <summary>Containers' environments are in it: nobody but root may read it, nor the files that SQLite makes beside it with the same mode.</summary>
    private Database OpenDatabase()
    {
        string path = Path.Combine(Options.DataRoot, "tare.db");
        new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }).Dispose();
        return Database.Open(path);
    }

    private Sandboxes OpenNetworks(Database database, ContainerStore containers)
    {
        string suffix = InstanceSuffix;
        NetworkDriver driver = Own(new NetworkDriver(new NetworkDriverOptions
        {
            NamespaceDirectory = Path.Combine(Options.ExecRoot, "netns"),
            Instance = suffix.Length == 0 ? null : suffix,
            DefaultBridge = Options.Bridge ?? (suffix.Length == 0 ? "tare0" : $"tare-{suffix}"),
            AddressPools = Options.Subnets,
            Log = Options.Log,
        }));
        var store = new NetworkStore(database);
        var sandboxes = new Sandboxes(store, driver, Own(new ContainerNames(store, driver)), Events);
        DefaultNetworks.DropChanged(store, driver, Options);
        RecoveryReport report = sandboxes.Recover(containers.Records.Where(record => record.State.HasProcess).Select(record => record.Id).ToHashSet(StringComparer.Ordinal));
        foreach (string lost in report.Lost)
            Options.Log(lost);
        DefaultNetworks.Ensure(store, driver, Options);
        Networks = new NetworkService(store, driver, Events);
        return sandboxes;
    }

    private static string[] UsersOf(ContainerStore containers, string volume) =>
        [.. containers.Records.Where(record => record.Mounts.Any(mount => mount.VolumeName == volume)).Select(record => record.Id)];

    /// <summary>Eight hexadecimal digits that stay the same for a data root (FNV-1a; a cryptographic hash would load OpenSSL at start).</summary>
    private static string Suffix(string dataRoot)
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(dataRoot))
            hash = (hash ^ b) * 16777619;
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }

    private T Own<T>(T resource) where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }
}
