namespace Tare.Cli.Templates;

/// <summary>A piece of a parsed template.</summary>
internal abstract record TemplateNode;

/// <summary>Text as it is.</summary>
internal sealed record TextNode(string Text) : TemplateNode;

/// <summary>{{pipeline}}; prints unless it declares a variable.</summary>
internal sealed record ActionNode(Pipeline Pipeline) : TemplateNode;

/// <summary>{{if}} and {{with}}, which also moves the dot.</summary>
internal sealed record BranchNode(Pipeline Condition, List<TemplateNode> Then, List<TemplateNode> Else, bool MovesDot) : TemplateNode;

/// <summary>{{range}}.</summary>
internal sealed record RangeNode(Pipeline Over, List<TemplateNode> Body, List<TemplateNode> Else, string? Index, string? Item) : TemplateNode;

/// <summary>Commands joined by "|"; each result is the last argument of the next.</summary>
internal sealed record Pipeline(List<TemplateCommand> Commands, string? Variable);

/// <summary>A value, or a function with its arguments.</summary>
internal sealed record TemplateCommand(List<Operand> Operands, TemplatePlace Place);

/// <summary>A value in a command, with the fields that are taken of it.</summary>
internal sealed record Operand(OperandKind Kind, object? Value, List<string> Fields, TemplatePlace Place);

/// <summary>What an operand starts with.</summary>
internal enum OperandKind
{
    /// <summary>The current value.</summary>
    Dot,

    /// <summary>$ or $name.</summary>
    Variable,

    /// <summary>A text, number, true, false or nil.</summary>
    Literal,

    /// <summary>The name of a function.</summary>
    Function,

    /// <summary>A pipeline in parentheses.</summary>
    Group,
}
