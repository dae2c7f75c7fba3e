namespace Tare.Tests.EndToEnd.BadInput;

/// <summary>A request that is right, from which wrong ones are made.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">With {c}, {created}, {busy} for containers, {exec} for a new exec, {net} for a network.</param>
/// <param name="Query">Names and values.</param>
/// <param name="Json">The body, or null.</param>
internal sealed record Shape(string Method, string Path, string Query = "", string? Json = null)
{
    /// <summary>The answer may go on for ever, or wait for others: its head is enough, or none.</summary>
    public bool Streams { get; init; }

    /// <summary>The connection is taken away from HTTP.</summary>
    public bool Upgrades { get; init; }

    /// <summary>The body is an archive.</summary>
    public bool Archive { get; init; }

    /// <summary>Another machine is asked, which may not answer.</summary>
    public bool AsksOthers { get; init; }

    /// <summary>The text of the body is not changed byte by byte: a subnet with one digit less might be this machine's.</summary>
    public bool ValuesOnly { get; init; }

    private const string Endpoint = """
        {"IPAMConfig":{"IPv4Address":"10.222.1.9","IPv6Address":"","LinkLocalIPs":["169.254.1.1"]},"Links":["a:b"],"Aliases":["x"],"DriverOpts":{"k":"v"},"GwPriority":1,"MacAddress":"02:42:ac:11:00:09"}
        """;

    private const string Container = """
        {"Hostname":"h","Domainname":"d","User":"1:1","AttachStdin":false,"AttachStdout":true,"ExposedPorts":{"80/tcp":{}},"Tty":false,"OpenStdin":true,"StdinOnce":true,"Env":["A=b","C"],
        "Cmd":["true"],"Healthcheck":{"Test":["CMD","true"],"Interval":1000000000,"Timeout":1000000000,"Retries":3,"StartPeriod":1000000000},"Image":"busybox","Volumes":{"/v":{}},"WorkingDir":"/w",
        "Entrypoint":["sh","-c"],"NetworkDisabled":false,"MacAddress":"02:42:ac:11:00:03","OnBuild":[],"Labels":{"a":"b"},"StopSignal":"TERM","StopTimeout":3,"Shell":["sh"],
        "HostConfig":{"Binds":["vol1:/mnt:ro"],"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{"max-size":"1m","max-file":"2"}},"NetworkMode":"none","PortBindings":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"0"}]},
        "RestartPolicy":{"Name":"on-failure","MaximumRetryCount":2},"AutoRemove":false,"VolumeDriver":"","VolumesFrom":[],"ConsoleSize":[24,80],"Annotations":{"a":"b"},"CapAdd":["NET_ADMIN"],"CapDrop":["MKNOD"],
        "CgroupnsMode":"private","Dns":["1.1.1.1"],"DnsOptions":["ndots:1"],"DnsSearch":["example.org"],"ExtraHosts":["h:1.2.3.4"],"GroupAdd":["5"],"IpcMode":"private","Cgroup":"","Links":[],"OomScoreAdj":100,"PidMode":"",
        "Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":true,"SecurityOpt":["no-new-privileges"],"StorageOpt":{},"Tmpfs":{"/t":"size=1m"},"UTSMode":"","UsernsMode":"","ShmSize":1048576,"Sysctls":{"net.ipv4.ip_forward":"1"},
        "Runtime":"","Mounts":[{"Type":"tmpfs","Target":"/x","TmpfsOptions":{"SizeBytes":65536,"Mode":511}},{"Type":"volume","Source":"vol2","Target":"/y","ReadOnly":true,"VolumeOptions":{"NoCopy":true,"Labels":{"a":"b"},"Subpath":"s","DriverConfig":{"Name":"local","Options":{}}}}],
        "MaskedPaths":["/proc/kcore"],"ReadonlyPaths":["/proc/sys"],"Init":true,"CpuShares":512,"Memory":67108864,"NanoCpus":500000000,"CgroupParent":"","BlkioWeight":500,"BlkioWeightDevice":[{"Path":"x","Weight":10}],
        "BlkioDeviceReadBps":[{"Path":"x","Rate":1000}],"CpuPeriod":0,"CpuQuota":0,"CpusetCpus":"0","CpusetMems":"0","Devices":[{"PathOnHost":"x","PathInContainer":"y","CgroupPermissions":"rwm"}],"DeviceCgroupRules":["c 1:3 rwm"],
        "DeviceRequests":[{"Driver":"","Count":1,"DeviceIDs":["0"],"Capabilities":[["gpu"]],"Options":{}}],"MemoryReservation":33554432,"MemorySwap":134217728,"MemorySwappiness":60,"OomKillDisable":false,"PidsLimit":100,
        "Ulimits":[{"Name":"nofile","Hard":100,"Soft":50}]},
        "NetworkingConfig":{"EndpointsConfig":{"none":
        """ + Endpoint + "}}}";

    /// <summary>Every route that takes a body, and those whose queries have a form of their own.</summary>
    public static Shape[] All { get; } =
    [
        new("POST", "/containers/create", "name=fuzz&platform=linux/amd64", Container),
        new("POST", "/containers/create", "name=fuzz", """{"Image":"busybox","Cmd":["true"],"HostConfig":{"NetworkMode":"none","Memory":8388608,"Ulimits":[{"Name":"nofile","Hard":1,"Soft":1}]}}"""),
        new("POST", "/tare/explain", "", Container),
        new("POST", "/containers/{busy}/update", "", """{"CpuShares":10,"Memory":67108864,"MemorySwap":134217728,"NanoCpus":1000000000,"PidsLimit":50,"CpusetCpus":"0","BlkioWeight":100,"RestartPolicy":{"Name":"no","MaximumRetryCount":0}}"""),
        new("POST", "/containers/{c}/exec", "", """{"User":"0","Privileged":false,"Tty":false,"ConsoleSize":[24,80],"AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"DetachKeys":"ctrl-p","Env":["A=b"],"WorkingDir":"/","Cmd":["true"]}"""),
        new("POST", "/exec/{exec}/start", "", """{"Detach":false,"Tty":false,"ConsoleSize":[24,80]}""") { Streams = true, Upgrades = true },
        new("POST", "/exec/{exec}/start", "", """{"Detach":true,"Tty":false}"""),
        new("POST", "/exec/{exec}/resize", "h=10&w=10"),
        new("POST", "/containers/{c}/attach", "stream=1&stdin=1&stdout=1&stderr=1&logs=1&detachKeys=ctrl-p,ctrl-q") { Streams = true, Upgrades = true },
        new("GET", "/containers/{c}/attach/ws", "stream=1&stdout=1") { Streams = true, Upgrades = true },
        new("POST", "/session", "") { Streams = true, Upgrades = true },
        new("POST", "/grpc", "") { Streams = true, Upgrades = true },
        new("POST", "/networks/create", "", """{"Name":"fuzznet","Driver":"bridge","Scope":"local","EnableIPv4":true,"EnableIPv6":false,"IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"10.223.7.0/24","IPRange":"10.223.7.0/25","Gateway":"10.223.7.1","AuxiliaryAddresses":{"a":"10.223.7.2"}}]},"Internal":false,"Attachable":true,"Ingress":false,"ConfigOnly":false,"ConfigFrom":{"Network":""},"Options":{"com.docker.network.driver.mtu":"1400","com.docker.network.bridge.enable_icc":"true"},"Labels":{"a":"b"}}""") { ValuesOnly = true },
        new("POST", "/networks/{net}/connect", "", """{"Container":"{created}","EndpointConfig":""" + Endpoint + "}"),
        new("POST", "/networks/{net}/disconnect", "", """{"Container":"{created}","Force":true}"""),
        new("POST", "/volumes/create", "", """{"Name":"fuzzvol","Driver":"local","DriverOpts":{"type":"tmpfs","device":"tmpfs","o":"size=1m"},"Labels":{"a":"b"}}"""),
        new("PUT", "/volumes/x", "version=1", """{"Spec":{}}"""),
        new("POST", "/commit", "container={created}&repo=fuzz&tag=t&changes=CMD true&changes=ENV A=b&pause=0&author=a&comment=c", """{"Cmd":["true"],"Env":["A=b"],"Labels":{"a":"b"},"ExposedPorts":{"80/tcp":{}}}"""),
        new("POST", "/auth", "", """{"username":"u","password":"p","serveraddress":"127.0.0.1:1","identitytoken":""}""") { AsksOthers = true },
        new("POST", "/images/create", "fromImage=127.0.0.1:1/x&tag=t") { AsksOthers = true },
        new("POST", "/images/create", "fromSrc=-&repo=fuzz&tag=t&changes=CMD true&message=m&platform=linux/amd64") { Archive = true },
        new("POST", "/images/load", "quiet=1") { Archive = true },
        new("PUT", "/containers/{created}/archive", "path=/&noOverwriteDirNonDir=1&copyUIDGID=1") { Archive = true },
        new("POST", "/images/busybox/tag", "repo=fuzz&tag=t"),
        new("POST", "/build", "t=fuzz&dockerfile=Dockerfile&buildargs={}&labels={}&version=1") { Archive = true, Streams = true },
        new("GET", "/containers/{created}/archive", "path=/"),
        new("HEAD", "/containers/{created}/archive", "path=/"),
        new("POST", "/containers/{created}/rename", "name=created"),
        new("POST", "/containers/{created}/resize", "h=10&w=20"),
        new("POST", "/containers/{created}/kill", "signal=TERM"),
        new("POST", "/containers/{created}/stop", "t=1&signal=TERM"),
        new("POST", "/containers/{c}/wait", "condition=next-exit") { Streams = true },
        new("GET", "/containers/{c}/logs", "stdout=1&stderr=1&tail=1&since=0&until=1&timestamps=1&follow=0") { Streams = true },
        new("GET", "/containers/{c}/top", "ps_args=-ef"),
        new("GET", "/containers/{c}/stats", "stream=0&one-shot=1"),
        new("GET", "/containers/json", "all=1&limit=3&size=1&filters={\"status\":[\"running\"],\"label\":[\"a\"],\"name\":[\"x\"]}"),
        new("GET", "/images/json", "all=1&shared-size=1&filters={\"dangling\":[\"0\"],\"reference\":[\"*\"]}"),
        new("GET", "/networks", "filters={\"driver\":[\"bridge\"]}"),
        new("GET", "/volumes", "filters={\"dangling\":[\"1\"]}"),
        new("GET", "/events", "since=1&until=2&filters={\"type\":[\"container\"]}") { Streams = true },
        new("GET", "/system/df", "type=container"),
        new("GET", "/images/get", "names=busybox") { Streams = true },
        new("POST", "/containers/prune", "filters={\"until\":[\"1h\"],\"label\":[\"no\"]}"),
        new("DELETE", "/containers/nothing", "force=1&v=1"),
        new("POST", "/plugins/x/enable", "timeout=1"),
        new("POST", "/services/create", "", """{"Name":"x"}"""),
        new("POST", "/swarm/init", "", """{"ListenAddr":"0.0.0.0"}"""),
    ];
}
