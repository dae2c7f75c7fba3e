namespace Tare.Cli.Templates;

/// <summary>A template that cannot be read or does not fit its data; the message has the place, in the words of Go's text/template.</summary>
public sealed class TemplateException : Exception
{
    private readonly bool _placed;

    /// <summary>What is wrong, its place not known yet.</summary>
    public TemplateException(string message) : base(message)
    {
    }

    private TemplateException(string message, bool malformed) : base(message)
    {
        _placed = true;
        IsMalformed = malformed;
    }

    /// <summary>The template itself cannot be read; false when it does not fit its data.</summary>
    public bool IsMalformed { get; }

    /// <summary>The same, said of a template that cannot be read.</summary>
    internal TemplateException Malformed() => new($"template: :1: {Message}", malformed: true);

    /// <summary>The same, said of an operand or command; the innermost place stays.</summary>
    internal TemplateException At(TemplatePlace place) =>
        _placed ? this : new($"template: :{place.Line}:{place.Column}: executing \"\" at <{place.Text}>: {Message}", malformed: false);
}

/// <summary>Where something stands in a template: line from 1, column from 0, and the text as Go would write it.</summary>
internal readonly record struct TemplatePlace(int Line, int Column, string Text);
