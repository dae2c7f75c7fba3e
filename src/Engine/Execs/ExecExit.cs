using System.Globalization;
using Tare.Engine.Containers;
using Tare.Keeper.Protocol;

namespace Tare.Engine.Execs;

/// <summary>What follows the end of an exec.</summary>
public sealed class ExecExit(ContainerContext context, ExecStore execs)
{
    /// <summary>Handles the keeper's notice; false when the key is no exec's.</summary>
    internal async Task<bool> TryHandleAsync(ProcessNotice notice)
    {
        if (!execs.TryGet(notice.Key, out Exec? exec))
            return false;
        if (exec.End(notice.ShellCode, notice.EndedUnixNanoseconds))
        {
            execs.Ended(exec);
            context.Publish(exec.Container.Record, "exec_die", ("execID", exec.Id),
                ("exitCode", notice.ShellCode.ToString(CultureInfo.InvariantCulture)));
        }
        await context.Keeper.ForgetAsync(notice.Key);
        return true;
    }
}
