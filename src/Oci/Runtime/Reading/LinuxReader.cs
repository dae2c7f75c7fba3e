namespace Tare.Oci.Runtime.Reading;

/// <summary>Reads `linux` with the fields that engines write.</summary>
internal static class LinuxReader
{
    public static LinuxSpec? Linux(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        LinuxSpec linux = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "uidMappings": linux.UidMappings = json.List(Mapping); break;
                case "gidMappings": linux.GidMappings = json.List(Mapping); break;
                case "sysctl": linux.Sysctl = json.Map(); break;
                case "resources": linux.Resources = ResourcesReader.Resources(ref json); break;
                case "cgroupsPath": linux.CgroupsPath = json.Text(); break;
                case "namespaces": linux.Namespaces = json.List(Namespace); break;
                case "devices": linux.Devices = json.List(Device); break;
                case "seccomp": linux.Seccomp = SeccompReader.Seccomp(ref json); break;
                case "rootfsPropagation": linux.RootfsPropagation = json.Text(); break;
                case "maskedPaths": linux.MaskedPaths = json.Texts(); break;
                case "readonlyPaths": linux.ReadonlyPaths = json.Texts(); break;
                case "mountLabel": linux.MountLabel = json.Text(); break;
                default: json.GiveUp(); break;
            }
        }
        return linux;
    }

    private static IdMapping? Mapping(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        IdMapping mapping = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "containerID": mapping.ContainerId = json.Given(json.UInt()); break;
                case "hostID": mapping.HostId = json.Given(json.UInt()); break;
                case "size": mapping.Size = json.Given(json.UInt()); break;
                default: json.GiveUp(); break;
            }
        }
        return mapping;
    }

    private static NamespaceSpec? Namespace(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        NamespaceSpec ns = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "type": ns.Type = json.Needed(); break;
                case "path": ns.Path = json.Text(); break;
                default: json.GiveUp(); break;
            }
        }
        return ns;
    }

    private static DeviceSpec? Device(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        DeviceSpec device = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "type": device.Type = json.Needed(); break;
                case "path": device.Path = json.Needed(); break;
                case "major": device.Major = json.Given(json.Long()); break;
                case "minor": device.Minor = json.Given(json.Long()); break;
                case "fileMode": device.FileMode = json.UInt(); break;
                case "uid": device.Uid = json.UInt(); break;
                case "gid": device.Gid = json.UInt(); break;
                default: json.GiveUp(); break;
            }
        }
        return device;
    }
}
