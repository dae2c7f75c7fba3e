using Tare.Engine.Containers.State;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>docker rename.</summary>
public sealed class ContainerRename(ContainerContext context)
{
    /// <summary>Gives a container a new name; Conflict when it is taken.</summary>
    public async Task RunAsync(string reference, string newName)
    {
        if (newName.Length == 0)
            throw TareException.Invalid("Neither old nor new names may be empty");
        Container container = context.Store.Get(reference);
        string name = ContainerName.Check(newName);
        using (await container.Lock.EnterAsync())
        {
            string old = container.Record.Name;
            if (old == name)
                throw TareException.Invalid("Renaming a container with the same name as its current name");
            context.Store.Rename(container, name);
            if (container.State.HasProcess)
                await context.Networks.RenameAsync(container.Id, name);
            context.Publish(container.Record, "rename", ("oldName", "/" + old));
        }
    }
}
