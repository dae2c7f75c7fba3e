using Tare.Errors;
using Tare.Keeper;
using Tare.Linux;

namespace Tare.Hosts;

/// <summary>tare-keeper: started by tared, lives as long as there are containers.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        string? socket = Value(arguments, "--socket");
        string? init = Value(arguments, "--init");
        if (socket is null || init is null)
            return Complain("usage: tare-keeper --socket PATH --init PATH\nStarted by tared; keeps containers alive while tared is away.");
        try
        {
            Linux.Process.StartSession();
            Linux.Process.BecomeSubreaper();
            ResourceLimit.RaiseOpenFiles();
            using KeeperServer server = new(socket, init);
            server.Run();
            return 0;
        }
        catch (Exception e) when (e is TareException or SyscallException or IOException or UnauthorizedAccessException)
        {
            return Complain($"tare-keeper: {TareException.Describe(e)}");
        }
    }

    private static string? Value(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }

    private static int Complain(string message)
    {
        using FileDescriptor stderr = new(2, owns: false);
        stderr.Write(System.Text.Encoding.UTF8.GetBytes(message + "\n"));
        return 1;
    }
}
