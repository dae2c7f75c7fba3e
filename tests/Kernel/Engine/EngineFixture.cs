using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using Tare.Cgroups;
using Tare.Engine.Containers;
using Tare.Engine.Containers.Logs;
using Tare.Engine.Containers.State;
using Tare.Engine.Events;
using Tare.Engine.Volumes;
using Tare.EngineApi.Containers;
using Tare.Images;
using Tare.Images.Make;
using Tare.Keeper.Protocol;
using Tare.Oci;
using Tare.Storage.Metadata;

namespace Tare.Tests.Kernel.Engine;

/// <summary>The engine's container verbs on a real keeper, with a busybox image and no network.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    public const string ImageName = "box:latest";
    private static readonly string[] Applets =
        ["sh", "cat", "ls", "id", "sleep", "true", "echo", "grep", "touch", "ps", "kill", "head", "yes", "wc", "stat", "dd", "env", "pwd", "tail", "seq", "trap", "hostname"];
    private readonly System.Diagnostics.Process _keeper;
    private Database _database = null!;

    public EngineFixture()
    {
        Root = Directory.CreateTempSubdirectory("tare-engine-").FullName;
        ProcessStartInfo start = new(Binaries.Path("tare-keeper")) { ArgumentList = { "--socket", Path.Combine(Root, "keeper.sock"), "--init", Binaries.Path("tare-init") } };
        _keeper = System.Diagnostics.Process.Start(start)!;
    }

    public string Root { get; }
    public ContainerServices Engine { get; private set; } = null!;
    public EventBus Events { get; } = new();
    public VolumeService Volumes { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await OpenAsync();
        using MemoryStream archive = new();
        WriteImage(archive);
        archive.Position = 0;
        Assert.True(Reference.TryParse(ImageName, true, out Reference? reference));
        _ = await ImageImport.ImportAsync(Engine.Context.Images, archive, new ImageImportOptions
        {
            Reference = reference,
            Changes = ["ENV PATH=/bin", "CMD [\"sh\"]", "VOLUME /data", "LABEL from=image", "USER 0"],
        });
    }

    /// <summary>As after the death of the engine: new objects over the same directories, keeper and database.</summary>
    public async Task<IReadOnlyList<Exception>> RestartAsync()
    {
        Engine.Context.Keeper.Dispose();
        _database.Dispose();
        return await OpenAsync();
    }

    /// <summary>docker run without a network; returns what it wrote and its exit code.</summary>
    public async Task<(string Output, long Code)> RunAsync(string script, Action<CreateRequest>? change = null)
    {
        string id = await CreateAsync(script, change);
        await using ContainerStream stream = await Engine.Attach.OpenAsync(id, new AttachOptions { Stream = true, Stdout = true, Stderr = true });
        Task<WaitResponse> exit = Engine.Wait.Begin(id, "next-exit");
        await Engine.Start.RunAsync(id);
        string output = await ReadAsync(stream);
        long code = (await exit.WaitAsync(TimeSpan.FromSeconds(20))).StatusCode;
        await Engine.Remove.RunAsync(id, force: true, volumes: true);
        return (output, code);
    }

    public async Task<string> CreateAsync(string script, Action<CreateRequest>? change = null, string? name = null)
    {
        CreateRequest request = new()
        {
            Image = ImageName,
            Cmd = ["sh", "-c", script],
            HostConfig = new HostConfig { NetworkMode = "none" },
        };
        change?.Invoke(request);
        return (await Engine.Create.RunAsync(name, null, request)).Id;
    }

    public async Task<string> StartAsync(string script, Action<CreateRequest>? change = null)
    {
        string id = await CreateAsync(script, change);
        await Engine.Start.RunAsync(id);
        return id;
    }

    public async Task<string> LogsAsync(string id, LogsOptions options)
    {
        using MemoryStream output = new();
        await Engine.Logs.Open(id, options).CopyToAsync(output, CancellationToken.None);
        return Text(output.ToArray(), Engine.Logs.Open(id, options).IsMultiplexed);
    }

    /// <summary>All that comes, without the frames.</summary>
    public static async Task<string> ReadAsync(ContainerStream stream)
    {
        using MemoryStream output = new();
        await stream.PumpAsync(null, output, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        return Text(output.ToArray(), stream.IsMultiplexed);
    }

    public async Task DisposeAsync()
    {
        foreach (Container container in Engine.Context.Store.All)
            await Engine.Remove.RunAsync(container.Id, force: true, volumes: true);
        Engine.Context.Keeper.Dispose();
        _database.Dispose();
        _keeper.Kill();
        await _keeper.WaitForExitAsync();
        Directory.Delete(Root, recursive: true);
        CgroupHierarchy cgroups = Engine.Context.Cgroups;
        foreach (string mount in cgroups.LegacyMounts.Values.Append(cgroups.UnifiedMount).OfType<string>().Distinct())
        {
            if (Directory.Exists(mount + Engine.Context.CgroupParent))
                Directory.Delete(mount + Engine.Context.CgroupParent);
        }
    }

    private static string Text(byte[] data, bool framed)
    {
        if (!framed)
            return Encoding.UTF8.GetString(data);
        MemoryStream plain = new();
        for (int at = 0; at < data.Length;)
        {
            int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at + 4));
            plain.Write(data, at + 8, length);
            at += 8 + length;
        }
        return Encoding.UTF8.GetString(plain.ToArray());
    }

    private async Task<IReadOnlyList<Exception>> OpenAsync()
    {
        _database = Database.Open(Path.Combine(Root, "tare.db"));
        ContainerStore store = new(_database);
        Volumes = new VolumeService(_database, Path.Combine(Root, "volumes"), Events,
            name => [.. store.Records.Where(r => r.Mounts.Any(m => m.VolumeName == name)).Select(r => r.Id)]);
        KeeperClient keeper = await ConnectAsync();
        Engine = new ContainerServices(new ContainerContext
        {
            Store = store,
            Keeper = keeper,
            Images = ImageStore.Open(Root, _database),
            Networks = new NoNetworks(),
            Volumes = Volumes,
            Events = Events,
            Cgroups = CgroupHierarchy.Detect(),
            Paths = new ContainerPaths(Root, Path.Combine(Root, "run")),
            CgroupParent = "/tare-test-" + Path.GetFileName(Root),
        });
        keeper.Begin();
        return await Engine.Recovery.RunAsync();
    }

    private async Task<KeeperClient> ConnectAsync()
    {
        for (int tries = 0; tries < 1000; tries++)
        {
            if (KeeperClient.TryConnect(Path.Combine(Root, "keeper.sock")) is { } client)
                return client;
            await Task.Delay(5);
        }
        throw new TimeoutException("the keeper does not listen");
    }

    private static void WriteImage(Stream output)
    {
        using TarWriter writer = new(output, TarEntryFormat.Pax, leaveOpen: true);
        foreach (string directory in new[] { "bin", "etc", "tmp", "data", "home" })
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, directory) { Mode = (UnixFileMode)0x1ed });
        using (FileStream busybox = File.OpenRead("/bin/busybox"))
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { Mode = (UnixFileMode)0x1ed, DataStream = busybox });
        foreach (string applet in Applets)
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox" });
        Write(writer, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\n", 0);
        Write(writer, "etc/group", "root:x:0:\nstaff:x:50:ann\nann:x:1001:\n", 0);
        Write(writer, "data/seed", "from the image\n", 1000);
        Write(writer, "bin/not-a-program", "plain text\n", 0);
    }

    private static void Write(TarWriter writer, string name, string text, int owner) => writer.WriteEntry(
        new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)0x1a4, Uid = owner, Gid = owner, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
}
