using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tare.Cli.Templates;

/// <summary>A parsed --format template; may be executed many times.</summary>
public sealed class Template
{
    private readonly List<TemplateNode> _nodes;

    private Template(List<TemplateNode> nodes) => _nodes = nodes;

    /// <summary>Reads a template; throws <see cref="TemplateException"/>.</summary>
    public static Template Parse(string text) => new(TemplateParser.Parse(text));

    /// <summary>Writes the template's text for JSON of a type that is known, or not. Throws <see cref="TemplateException"/>.</summary>
    public string Execute(JsonElement json, JsonTypeInfo? type = null) => Execute(TypedJson.Value(json, type));

    /// <summary>Writes the template's text for a value: see TemplateValue. Throws <see cref="TemplateException"/>.</summary>
    public string Execute(object? root)
    {
        var text = new StringBuilder();
        new Run(text, new Dictionary<string, object?> { ["$"] = root }).Nodes(_nodes, root);
        return text.ToString();
    }

    private sealed class Run(StringBuilder output, Dictionary<string, object?> variables)
    {
        public void Nodes(List<TemplateNode> nodes, object? dot)
        {
            foreach (TemplateNode node in nodes)
                Node(node, dot);
        }

        private void Node(TemplateNode node, object? dot)
        {
            switch (node)
            {
                case TextNode text:
                    _ = output.Append(text.Text);
                    break;
                case ActionNode action:
                    object? result = Evaluate(action.Pipeline, dot);
                    if (action.Pipeline.Variable is null)
                        _ = output.Append(TemplateValue.Print(result));
                    break;
                case BranchNode branch:
                    object? condition = Evaluate(branch.Condition, dot);
                    bool yes = TemplateValue.IsTrue(condition);
                    Nodes(yes ? branch.Then : branch.Else, yes && branch.MovesDot ? condition : dot);
                    break;
                case RangeNode range:
                    Range(range, dot);
                    break;
            }
        }

        private void Range(RangeNode range, object? dot)
        {
            object? over = Evaluate(range.Over, dot);
            List<(object? Key, object? Value)> items = TemplateValue.Items(over) ?? throw new TemplateException($"range can't iterate over {TemplateValue.Print(over)}");
            if (items.Count == 0)
                Nodes(range.Else, dot);
            foreach ((object? key, object? value) in items)
            {
                if (range.Index is not null)
                    variables[range.Index] = key;
                if (range.Item is not null)
                    variables[range.Item] = value;
                Nodes(range.Body, value);
            }
        }

        private object? Evaluate(Pipeline pipeline, object? dot)
        {
            object? value = null;
            for (int i = 0; i < pipeline.Commands.Count; i++)
                value = Command(pipeline.Commands[i], dot, hasLast: i > 0, value);
            if (pipeline.Variable is { } name)
                variables[name] = value;
            return value;
        }

        private object? Command(TemplateCommand command, object? dot, bool hasLast, object? last)
        {
            List<Operand> operands = command.Operands;
            Operand first = operands[0];
            List<object?> Arguments()
            {
                List<object?> values = operands[1..].ConvertAll(o => Value(o, dot));
                if (hasLast)
                    values.Add(last);
                return values;
            }
            try
            {
                if (first.Kind == OperandKind.Function)
                    return TakeFields(TemplateFunctions.Call((string)first.Value!, Arguments()), first.Fields);
                object? value = Value(first, dot);
                if (value is Func<string, object?> method && Arguments() is [{ } argument])
                    return method(TemplateValue.Print(argument));
                return operands.Count == 1 && !hasLast ? value : throw new TemplateException($"can't give argument to non-function {first.Place.Text}");
            }
            catch (TemplateException error)
            {
                throw error.At(command.Place);
            }
        }

        private object? Value(Operand operand, object? dot)
        {
            try
            {
                object? start = operand.Kind switch
                {
                    OperandKind.Dot => dot,
                    OperandKind.Literal => operand.Value,
                    OperandKind.Variable => variables.TryGetValue((string)operand.Value!, out object? v) ? v : throw new TemplateException($"undefined variable \"{operand.Value}\""),
                    OperandKind.Group => Evaluate((Pipeline)operand.Value!, dot),
                    _ => TemplateFunctions.Call((string)operand.Value!, []),
                };
                return TakeFields(start, operand.Fields);
            }
            catch (TemplateException error)
            {
                throw error.At(operand.Place);
            }
        }

        private static object? TakeFields(object? value, List<string> fields)
        {
            foreach (string field in fields)
                value = TemplateValue.Field(value, field);
            return value;
        }
    }
}
