namespace Tare.Oci.Runtime.Reading;

/// <summary>Reads `process` with the fields that engines write.</summary>
internal static class ProcessReader
{
    public static ProcessSpec? Process(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        ProcessSpec process = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "terminal": process.Terminal = json.Given(json.Flag()); break;
                case "consoleSize": process.ConsoleSize = ConsoleSize(ref json); break;
                case "user": process.User = User(ref json) ?? new(); break;
                case "args": process.Args = json.Texts(); break;
                case "env": process.Env = json.Texts(); break;
                case "cwd": process.Cwd = json.Needed(); break;
                case "capabilities": process.Capabilities = Capabilities(ref json); break;
                case "rlimits": process.Rlimits = json.List(Rlimit); break;
                case "noNewPrivileges": process.NoNewPrivileges = json.Given(json.Flag()); break;
                case "oomScoreAdj": process.OomScoreAdj = json.Int(); break;
                case "apparmorProfile": process.ApparmorProfile = json.Text(); break;
                case "selinuxLabel": process.SelinuxLabel = json.Text(); break;
                default: json.GiveUp(); break;
            }
        }
        return process;
    }

    private static ConsoleSize? ConsoleSize(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        ConsoleSize size = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "height": size.Height = json.Given(json.UInt()); break;
                case "width": size.Width = json.Given(json.UInt()); break;
                default: json.GiveUp(); break;
            }
        }
        return size;
    }

    private static UserSpec? User(ref JsonFields json)
    {
        if (!json.BeginsObject())
        {
            json.GiveUp();
            return null;
        }
        UserSpec user = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "uid": user.Uid = json.Given(json.UInt()); break;
                case "gid": user.Gid = json.Given(json.UInt()); break;
                case "umask": user.Umask = json.UInt(); break;
                case "additionalGids": user.AdditionalGids = json.List(static (ref JsonFields item) => item.Given(item.UInt())); break;
                default: json.GiveUp(); break;
            }
        }
        return user;
    }

    private static CapabilitiesSpec? Capabilities(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        CapabilitiesSpec sets = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "bounding": sets.Bounding = json.Texts(); break;
                case "effective": sets.Effective = json.Texts(); break;
                case "inheritable": sets.Inheritable = json.Texts(); break;
                case "permitted": sets.Permitted = json.Texts(); break;
                case "ambient": sets.Ambient = json.Texts(); break;
                default: json.GiveUp(); break;
            }
        }
        return sets;
    }

    private static RlimitSpec? Rlimit(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        RlimitSpec limit = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "type": limit.Type = json.Needed(); break;
                case "hard": limit.Hard = json.Given(json.ULong()); break;
                case "soft": limit.Soft = json.Given(json.ULong()); break;
                default: json.GiveUp(); break;
            }
        }
        return limit;
    }
}
