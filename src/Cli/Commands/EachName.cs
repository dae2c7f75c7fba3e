using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Commands;

/// <summary>Does something for each name, prints the names that went well, and goes on past failures: 1 when there was one.</summary>
internal static class EachName
{
    public static int Do(Session session, List<string> names, Action<string> action, bool mayBeMissing = false) => Try(session, names, name =>
    {
        action(name);
        session.Out.WriteLine(name);
    }, mayBeMissing);

    /// <summary>As <see cref="Do"/>, without printing the names; what is missing is told too, but no failure where it may be.</summary>
    public static int Try(Session session, List<string> names, Action<string> action, bool mayBeMissing = false)
    {
        int code = 0;
        foreach (string name in names)
        {
            try
            {
                action(name);
            }
            catch (EngineErrorException error)
            {
                session.Out.Flush();
                session.Error.WriteLine($"Error response from daemon: {error.Message}");
                code = mayBeMissing && error.IsNotFound ? code : 1;
            }
            catch (TareException error) when (error.Kind != ErrorKind.Unavailable)
            {
                session.Out.Flush();
                session.Error.WriteLine(TareException.Describe(error));
                code = 1;
            }
        }
        return code;
    }
}
