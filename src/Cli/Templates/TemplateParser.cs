using System.Globalization;
using Token = Tare.Cli.Templates.TemplateLexer.Token;

namespace Tare.Cli.Templates;

/// <summary>Reads a template into nodes.</summary>
internal sealed class TemplateParser
{
    private readonly string _template;
    private readonly List<(bool IsAction, string Text, int Start)> _parts;
    private int _at;

    private TemplateParser(string template) => (_template, _parts) = (template, SplitParts(template));

    /// <summary>Throws a malformed <see cref="TemplateException"/>.</summary>
    public static List<TemplateNode> Parse(string template)
    {
        try
        {
            var parser = new TemplateParser(template);
            List<TemplateNode> nodes = parser.Block(out string end);
            return end.Length == 0 ? nodes : throw new TemplateException($"unexpected {{{{{end}}}}}");
        }
        catch (TemplateException error)
        {
            throw error.Malformed();
        }
    }

    private List<TemplateNode> Block(out string end)
    {
        var nodes = new List<TemplateNode>();
        while (_at < _parts.Count)
        {
            (bool isAction, string text, int start) = _parts[_at++];
            if (!isAction)
            {
                nodes.Add(new TextNode(text));
                continue;
            }
            string word = FirstWord(text);
            switch (word)
            {
                case "end" or "else":
                    end = text.Trim();
                    return nodes;
                case "if" or "with":
                    nodes.Add(Branch(Rest(text, word, ref start), start, word == "with"));
                    break;
                case "range":
                    nodes.Add(Range(Rest(text, word, ref start), start));
                    break;
                default:
                    nodes.Add(new ActionNode(Read(TemplateLexer.Split(text), start)));
                    break;
            }
        }
        end = "";
        return nodes;
    }

    private BranchNode Branch(string condition, int start, bool movesDot)
    {
        Pipeline pipeline = Read(TemplateLexer.Split(condition), start);
        List<TemplateNode> then = Block(out string end);
        return new BranchNode(pipeline, then, Otherwise(end), movesDot);
    }

    private List<TemplateNode> Otherwise(string end)
    {
        if (end == "end")
            return [];
        if (end.Length == 0)
            throw new TemplateException("unexpected EOF");
        string rest = end["else".Length..].Trim();
        string word = FirstWord(rest);
        if (word is "if" or "with")
            return [Branch(rest[word.Length..], _parts[_at - 1].Start, word == "with")];
        List<TemplateNode> nodes = Block(out string last);
        return last == "end" ? nodes : throw new TemplateException("unexpected EOF");
    }

    private RangeNode Range(string text, int start)
    {
        List<Token> tokens = TemplateLexer.Split(text);
        int declare = tokens.FindIndex(t => t.Kind == ':');
        string? index = null, item = null;
        if (declare >= 0)
        {
            List<string> names = tokens[..declare].FindAll(t => t.Kind == '$').ConvertAll(t => t.Text);
            (index, item) = names.Count == 2 ? (names[0], names[1]) : (null, names.FirstOrDefault());
            tokens = tokens[(declare + 1)..];
        }
        Pipeline over = Read(tokens, start);
        List<TemplateNode> body = Block(out string end);
        return new RangeNode(over, body, Otherwise(end), index, item);
    }

    /// <summary>What follows the keyword of an action, and where that starts.</summary>
    private static string Rest(string action, string word, ref int start)
    {
        int at = action.IndexOf(word, StringComparison.Ordinal) + word.Length;
        start += at;
        return action[at..];
    }

    private Pipeline Read(List<Token> tokens, int start) => new Words(tokens, _template, start).ReadPipeline();

    private static string FirstWord(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int end = 0;
        while (end < trimmed.Length && char.IsLetter(trimmed[end]))
            end++;
        return trimmed[..end].ToString();
    }

    private static List<(bool IsAction, string Text, int Start)> SplitParts(string template)
    {
        var parts = new List<(bool, string, int)>();
        int at = 0;
        bool trimNext = false;
        while (at < template.Length)
        {
            int open = template.IndexOf("{{", at, StringComparison.Ordinal);
            string text = open < 0 ? template[at..] : template[at..open];
            if (trimNext)
                text = text.TrimStart();
            bool trimBefore = open >= 0 && open + 3 < template.Length && template[open + 2] == '-' && char.IsWhiteSpace(template[open + 3]);
            if (trimBefore)
                text = text.TrimEnd();
            if (text.Length > 0)
                parts.Add((false, text, at));
            if (open < 0)
                break;
            int close = Close(template, open + 2);
            int start = open + 2 + (trimBefore ? 1 : 0);
            string action = template[start..close];
            trimNext = action.Length > 1 && action.EndsWith('-') && char.IsWhiteSpace(action[^2]);
            if (trimNext)
                action = action[..^1];
            if (!action.TrimStart().StartsWith("/*", StringComparison.Ordinal))
                parts.Add((true, action, start));
            at = close + 2;
        }
        return parts;
    }

    /// <summary>"}}" may stand inside a text.</summary>
    private static int Close(string template, int at)
    {
        char quote = '\0';
        for (int i = at; i < template.Length; i++)
        {
            char c = template[i];
            if (quote != '\0')
            {
                if (c == '\\' && quote == '"')
                    i++;
                else if (c == quote)
                    quote = '\0';
            }
            else if (c is '"' or '`')
                quote = c;
            else if (c == '}' && i + 1 < template.Length && template[i + 1] == '}')
                return i;
        }
        throw new TemplateException("unclosed action");
    }

    /// <summary>The words of one action, read from left to right.</summary>
    private sealed class Words(List<Token> tokens, string template, int start)
    {
        private int _at;

        private Token? Next => _at < tokens.Count ? tokens[_at] : null;

        public Pipeline ReadPipeline()
        {
            SkipSpace();
            string? variable = null;
            int mark = _at;
            if (Next is { Kind: '$' } name)
            {
                _at++;
                SkipSpace();
                if (Next is { Kind: ':' or '=' })
                {
                    variable = name.Text;
                    _at++;
                }
                else
                    _at = mark;
            }
            var commands = new List<TemplateCommand>();
            do
            {
                commands.Add(ReadCommand());
            }
            while (Take('|'));
            return new Pipeline(commands, variable);
        }

        private TemplateCommand ReadCommand()
        {
            var operands = new List<Operand>();
            SkipSpace();
            while (Next is { } token && token.Kind is not ('|' or ')'))
            {
                operands.Add(ReadOperand(token));
                SkipSpace();
            }
            if (operands.Count == 0)
                throw new TemplateException("missing value for command");
            return new TemplateCommand(operands, operands[0].Place with { Text = string.Join(' ', operands.Select(o => o.Place.Text)) });
        }

        private Operand ReadOperand(Token token)
        {
            int first = _at++;
            int at = token.Start;
            var fields = new List<string>();
            (OperandKind kind, object? value) = token.Kind switch
            {
                '.' => (OperandKind.Dot, null),
                '$' => (OperandKind.Variable, token.Text),
                '"' => (OperandKind.Literal, token.Text),
                '0' => (OperandKind.Literal, Number(token.Text)),
                'n' => Name(token.Text),
                '(' => (OperandKind.Group, (object?)ReadGroup()),
                _ => throw new TemplateException($"unexpected \"{token.Text}\" in operand"),
            };
            if (token.Kind == '.' && token.Text.Length > 0)
                fields.Add(token.Text);
            while (Next is { Kind: '.' } field && field.Text.Length > 0)
            {
                // Go says of a chain that it stands where its second link does.
                if (fields.Count == (token.Kind == '.' ? 1 : 0))
                    at = field.Start;
                fields.Add(field.Text);
                _at++;
            }
            return new Operand(kind, value, fields, Place(at, string.Concat(tokens[first.._at].Select(t => t.Source))));
        }

        private TemplatePlace Place(int at, string text)
        {
            ReadOnlySpan<char> before = template.AsSpan(0, start + at);
            return new TemplatePlace(before.Count('\n') + 1, before.Length - before.LastIndexOf('\n') - 1, text);
        }

        private Pipeline ReadGroup()
        {
            Pipeline inner = ReadPipeline();
            SkipSpace();
            return Take(')') ? inner : throw new TemplateException("unclosed left paren");
        }

        private bool Take(char kind)
        {
            SkipSpace();
            if (Next?.Kind != kind)
                return false;
            _at++;
            return true;
        }

        private void SkipSpace()
        {
            while (Next is { Kind: ' ' })
                _at++;
        }

        private static (OperandKind Kind, object? Value) Name(string name) => name switch
        {
            "true" => (OperandKind.Literal, true),
            "false" => (OperandKind.Literal, false),
            "nil" => (OperandKind.Literal, null),
            _ when TemplateFunctions.Names.Contains(name) => (OperandKind.Function, name),
            _ => throw new TemplateException($"function \"{name}\" not defined"),
        };

        private static object Number(string text) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? (object)whole
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real
            : throw new TemplateException($"bad number syntax: \"{text}\"");
    }
}
