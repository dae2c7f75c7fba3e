namespace System.Runtime;

/// <summary>What the native compiler knows by this name: the method gets a symbol that the linker finds, called without the runtime's transition.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RuntimeExportAttribute(string entryPoint) : Attribute
{
    public string EntryPoint => entryPoint;
}
