namespace System.Runtime;

/// <summary>What the native compiler knows by this name: the method is a symbol that the linker finds.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RuntimeImportAttribute(string library, string entryPoint) : Attribute
{
    public string Library => library;

    public string EntryPoint => entryPoint;
}
