namespace Tare.Oci.Runtime.Reading;

/// <summary>
/// Reads a config.json without the tables of types that the serializer makes first, which take 3 ms in a fresh process: more than all else that
/// tare-runtime does in its own process. It knows the fields that engines write; anything else makes it give up, and the serializer reads the document.
/// </summary>
internal static class SpecReader
{
    public static RuntimeSpec? Spec(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        RuntimeSpec spec = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "ociVersion": spec.OciVersion = json.Needed(); break;
                case "process": spec.Process = ProcessReader.Process(ref json); break;
                case "root": spec.Root = Root(ref json); break;
                case "hostname": spec.Hostname = json.Text(); break;
                case "domainname": spec.Domainname = json.Text(); break;
                case "mounts": spec.Mounts = json.List(Mount); break;
                case "hooks": spec.Hooks = Hooks(ref json); break;
                case "linux": spec.Linux = LinuxReader.Linux(ref json); break;
                case "annotations": spec.Annotations = json.Map(); break;
                default: json.GiveUp(); break;
            }
        }
        return spec;
    }

    private static RootSpec? Root(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        RootSpec root = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "path": root.Path = json.Needed(); break;
                case "readonly": root.Readonly = json.Given(json.Flag()); break;
                default: json.GiveUp(); break;
            }
        }
        return root;
    }

    private static MountSpec? Mount(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        MountSpec mount = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "destination": mount.Destination = json.Needed(); break;
                case "type": mount.Type = json.Text(); break;
                case "source": mount.Source = json.Text(); break;
                case "options": mount.Options = json.Texts(); break;
                default: json.GiveUp(); break;
            }
        }
        return mount;
    }

    private static HooksSpec? Hooks(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        HooksSpec hooks = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "prestart": hooks.Prestart = json.List(Hook); break;
                case "createRuntime": hooks.CreateRuntime = json.List(Hook); break;
                case "createContainer": hooks.CreateContainer = json.List(Hook); break;
                case "startContainer": hooks.StartContainer = json.List(Hook); break;
                case "poststart": hooks.Poststart = json.List(Hook); break;
                case "poststop": hooks.Poststop = json.List(Hook); break;
                default: json.GiveUp(); break;
            }
        }
        return hooks;
    }

    private static HookSpec? Hook(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        HookSpec hook = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "path": hook.Path = json.Needed(); break;
                case "args": hook.Args = json.Texts(); break;
                case "env": hook.Env = json.Texts(); break;
                case "timeout": hook.Timeout = json.Int(); break;
                default: json.GiveUp(); break;
            }
        }
        return hook;
    }
}
