// The few types that the language itself needs, in place of the base class library: compiled with the rest of tare-init, and only, for its freestanding
// build (Freestanding.targets). No garbage collector, strings, exceptions or statics stand behind them; what the compiler calls at borders is empty.
#pragma warning disable CA1050, CA1716, CA1720, IDE0040, IDE0044, CS0169
namespace System
{
    public class Object { private IntPtr _methodTable; }
    public abstract class ValueType { }
    public abstract class Enum : ValueType { }
    public abstract class Array { }
    public abstract class Delegate { }
    public abstract class MulticastDelegate : Delegate { }
    public abstract class Attribute { }
    public enum AttributeTargets { All = 32767 }
    public sealed class AttributeUsageAttribute : Attribute { public AttributeUsageAttribute(AttributeTargets on) { } public bool AllowMultiple { get; set; } public bool Inherited { get; set; } }
    public class Exception { }
    public sealed class String { public readonly int Length; }
    public struct Void { }
    public struct Boolean { }
    public struct Char { }
    public struct SByte { }
    public struct Byte { }
    public struct Int16 { }
    public struct UInt16 { }
    public struct Int32 { }
    public struct UInt32 { }
    public struct Int64 { }
    public struct UInt64 { }
    public struct IntPtr { }
    public struct UIntPtr { }
    public struct Single { }
    public struct Double { }
    public struct Nullable<T> where T : struct { }
    public struct RuntimeTypeHandle { }
    public struct RuntimeMethodHandle { }
    public struct RuntimeFieldHandle { }
}

namespace System.Runtime
{
    public sealed class RuntimeExportAttribute : Attribute { public RuntimeExportAttribute(string name) { } }
}

namespace System.Runtime.CompilerServices
{
    public static class RuntimeHelpers { }
    public static class RuntimeFeature { public const string UnmanagedSignatureCallingConvention = nameof(UnmanagedSignatureCallingConvention); }
}

namespace System.Runtime.InteropServices
{
    public enum LayoutKind { Sequential = 0 }
    public sealed class StructLayoutAttribute : Attribute { public int Size; public StructLayoutAttribute(LayoutKind kind) { } }
    public sealed class UnmanagedCallersOnlyAttribute : Attribute { public UnmanagedCallersOnlyAttribute() { } }
    public sealed class DllImportAttribute : Attribute { public DllImportAttribute(string library) { } }
}

namespace Internal.Runtime.CompilerHelpers
{
    /// <summary>Called by generated code when it goes from managed code to C and back; there is no collector that would have to know.</summary>
    internal static class StartupCodeHelpers
    {
        [System.Runtime.RuntimeExport("RhpReversePInvoke")]
        private static void EnterManaged(System.IntPtr frame) { }

        [System.Runtime.RuntimeExport("RhpReversePInvokeReturn")]
        private static void LeaveManaged(System.IntPtr frame) { }

        [System.Runtime.RuntimeExport("RhpPInvoke")]
        private static void EnterNative(System.IntPtr frame) { }

        [System.Runtime.RuntimeExport("RhpPInvokeReturn")]
        private static void LeaveNative(System.IntPtr frame) { }
    }
}
