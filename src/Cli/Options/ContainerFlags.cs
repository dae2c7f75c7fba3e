using Tare.Cli.CommandLine;

namespace Tare.Cli.Options;

/// <summary>The options that run, create and explain share; <see cref="ContainerBody"/> turns them into the API's words.</summary>
internal sealed class ContainerFlags
{
    public ContainerFlags(FlagSet flags)
    {
        Attach = flags.List("attach", "Attach to STDIN, STDOUT or STDERR", 'a', check: CheckAttach);
        Interactive = flags.Switch("interactive", "Keep STDIN open even if not attached", 'i');
        Tty = flags.Switch("tty", "Allocate a pseudo-TTY", 't');
        Name = flags.Text("name", "Assign a name to the container");
        CidFile = flags.Text("cidfile", "Write the container ID to the file");
        AutoRemove = flags.Switch("rm", "Automatically remove the container and its associated anonymous volumes when it exits");
        Init = flags.Switch("init", "Run an init inside the container that forwards signals and reaps processes");
        Pull = flags.Text("pull", "Pull image before creating (\"always\", \"missing\", \"never\")", value: "missing");
        Quiet = flags.Switch("quiet", "Suppress the pull output", 'q');
        Platform = flags.Text("platform", "Set platform if server is multi-platform capable");
        Runtime = flags.Text("runtime", "Runtime to use for this container");
        Restart = flags.Text("restart", "Restart policy to apply when a container exits", value: "no");
        StopSignal = flags.Text("stop-signal", "Signal to stop the container");
        StopTimeout = flags.Integer("stop-timeout", "Timeout (in seconds) to stop a container");

        Hostname = flags.Text("hostname", "Container host name", 'h');
        Domainname = flags.Text("domainname", "Container NIS domain name");
        Env = flags.List("env", "Set environment variables", 'e', check: Options.EnvFile.CheckVariable);
        EnvFile = flags.List("env-file", "Read in a file of environment variables");
        Entrypoint = flags.Text("entrypoint", "Overwrite the default ENTRYPOINT of the image");
        Workdir = flags.Text("workdir", "Working directory inside the container", 'w');
        User = flags.Text("user", "Username or UID (format: <name|uid>[:<group|gid>])", 'u');
        GroupAdd = flags.List("group-add", "Add additional groups to join");
        Label = flags.List("label", "Set meta data on a container", 'l', check: Options.EnvFile.CheckLabel);
        LabelFile = flags.List("label-file", "Read in a line delimited file of labels");
        Annotation = flags.List("annotation", "Add an annotation to the container (passed through to the OCI runtime)", valueName: "map");
        LogDriver = flags.Text("log-driver", "Logging driver for the container");
        LogOpt = flags.List("log-opt", "Log driver options");

        Volume = flags.List("volume", "Bind mount a volume", 'v');
        Mount = flags.List("mount", "Attach a filesystem mount to the container", valueName: "mount", check: text => MountOption.Parse(text));
        Tmpfs = flags.List("tmpfs", "Mount a tmpfs directory");
        Secret = flags.List("secret", "Give a file in memory (format: id=NAME,src=FILE|env=VARIABLE[,target=PATH][,mode=MODE][,uid=ID][,gid=ID])", valueName: "secret");
        VolumesFrom = flags.List("volumes-from", "Mount volumes from the specified container(s)");
        VolumeDriver = flags.Text("volume-driver", "Optional volume driver for the container");
        ReadOnly = flags.Switch("read-only", "Mount the container's root filesystem as read only");
        StorageOpt = flags.List("storage-opt", "Storage driver options for the container");
        ShmSize = flags.Bytes("shm-size", "Size of /dev/shm");

        Network = flags.List("network", "Connect a container to a network", valueName: "network", check: text => NetworkOption.Parse(text));
        NetworkAlias = flags.List("network-alias", "Add network-scoped alias for the container");
        Ip = flags.Text("ip", "IPv4 address (e.g., 172.30.100.104)", valueName: "ip");
        Ip6 = flags.Text("ip6", "IPv6 address (e.g., 2001:db8::33)", valueName: "ip");
        LinkLocalIp = flags.List("link-local-ip", "Container IPv4/IPv6 link-local addresses");
        MacAddress = flags.Text("mac-address", "Container MAC address (e.g., 92:d0:c6:0a:29:33)");
        Link = flags.List("link", "Add link to another container");
        Publish = flags.List("publish", "Publish a container's port(s) to the host", 'p');
        PublishAll = flags.Switch("publish-all", "Publish all exposed ports to random ports", 'P');
        Expose = flags.List("expose", "Expose a port or a range of ports");
        AddHost = flags.List("add-host", "Add a custom host-to-IP mapping (host:ip)", check: HostEntry.Check);
        Dns = flags.List("dns", "Set custom DNS servers", check: HostEntry.CheckAddress);
        DnsSearch = flags.List("dns-search", "Set custom DNS search domains");
        DnsOption = flags.List("dns-option", "Set DNS options");

        Limits = new LimitFlags(flags);
        Isolation = new IsolationFlags(flags);
        Health = new HealthFlags(flags);
    }

    public ListFlag Attach { get; }
    public SwitchFlag Interactive { get; }
    public SwitchFlag Tty { get; }
    public TextFlag Name { get; }
    public TextFlag CidFile { get; }
    public SwitchFlag AutoRemove { get; }
    public SwitchFlag Init { get; }
    public TextFlag Pull { get; }
    public SwitchFlag Quiet { get; }
    public TextFlag Platform { get; }
    public TextFlag Runtime { get; }
    public TextFlag Restart { get; }
    public TextFlag StopSignal { get; }
    public NumberFlag StopTimeout { get; }
    public TextFlag Hostname { get; }
    public TextFlag Domainname { get; }
    public ListFlag Env { get; }
    public ListFlag EnvFile { get; }
    public TextFlag Entrypoint { get; }
    public TextFlag Workdir { get; }
    public TextFlag User { get; }
    public ListFlag GroupAdd { get; }
    public ListFlag Label { get; }
    public ListFlag LabelFile { get; }
    public ListFlag Annotation { get; }
    public TextFlag LogDriver { get; }
    public ListFlag LogOpt { get; }
    public ListFlag Volume { get; }
    public ListFlag Mount { get; }
    public ListFlag Tmpfs { get; }
    public ListFlag Secret { get; }
    public ListFlag VolumesFrom { get; }
    public TextFlag VolumeDriver { get; }
    public SwitchFlag ReadOnly { get; }
    public ListFlag StorageOpt { get; }
    public NumberFlag ShmSize { get; }
    public ListFlag Network { get; }
    public ListFlag NetworkAlias { get; }
    public TextFlag Ip { get; }
    public TextFlag Ip6 { get; }
    public ListFlag LinkLocalIp { get; }
    public TextFlag MacAddress { get; }
    public ListFlag Link { get; }
    public ListFlag Publish { get; }
    public SwitchFlag PublishAll { get; }
    public ListFlag Expose { get; }
    public ListFlag AddHost { get; }
    public ListFlag Dns { get; }
    public ListFlag DnsSearch { get; }
    public ListFlag DnsOption { get; }
    public LimitFlags Limits { get; }
    public IsolationFlags Isolation { get; }
    public HealthFlags Health { get; }

    private static void CheckAttach(string text)
    {
        if (text.ToLowerInvariant() is not ("stdin" or "stdout" or "stderr"))
            throw Errors.TareException.Invalid("valid streams are STDIN, STDOUT and STDERR");
    }
}
