namespace Tare.Cli.Templates;

/// <summary>A template that cannot be read or does not fit its data.</summary>
public sealed class TemplateException(string message) : Exception("template: " + message);
