namespace Tare.Oci.Runtime.Reading;

/// <summary>Reads `linux.seccomp`, most of a document that has a filter.</summary>
internal static class SeccompReader
{
    public static SeccompSpec? Seccomp(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        SeccompSpec seccomp = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "defaultAction": seccomp.DefaultAction = json.Needed(); break;
                case "defaultErrnoRet": seccomp.DefaultErrnoRet = json.UInt(); break;
                case "architectures": seccomp.Architectures = json.Texts(); break;
                case "flags": seccomp.Flags = json.Texts(); break;
                case "listenerPath": seccomp.ListenerPath = json.Text(); break;
                case "listenerMetadata": seccomp.ListenerMetadata = json.Text(); break;
                case "syscalls": seccomp.Syscalls = json.List(Syscall); break;
                default: json.GiveUp(); break;
            }
        }
        return seccomp;
    }

    private static SeccompSyscall? Syscall(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        SeccompSyscall call = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "names": call.Names = json.Texts() ?? []; break;
                case "action": call.Action = json.Needed(); break;
                case "errnoRet": call.ErrnoRet = json.UInt(); break;
                case "args": call.Args = json.List(Argument); break;
                default: json.GiveUp(); break;
            }
        }
        return call;
    }

    private static SeccompArg? Argument(ref JsonFields json)
    {
        if (!json.BeginsObject())
            return null;
        SeccompArg argument = new();
        while (json.Next(out string field))
        {
            switch (field)
            {
                case "index": argument.Index = json.Given(json.UInt()); break;
                case "value": argument.Value = json.Given(json.ULong()); break;
                case "valueTwo": argument.ValueTwo = json.Given(json.ULong()); break;
                case "op": argument.Op = json.Needed(); break;
                default: json.GiveUp(); break;
            }
        }
        return argument;
    }
}
