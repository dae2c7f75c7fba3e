namespace Tare.Cli;

/// <summary>The version this program was built as.</summary>
internal static class ProductVersion
{
    public static string Text => typeof(ProductVersion).Assembly.GetName().Version?.ToString(3) ?? "unknown";
}
