using Tare.Cli.CommandLine;

namespace Tare.Cli.Commands;

/// <summary>tare completion: a script for the user's shell, which asks "tare __complete" for words.</summary>
internal static class CompletionCommand
{
    // bash takes words apart at colons, which images have; so the line is read, and what stands before the last colon is not given back.
    private const string Bash = """
        _tare() {
            local line=${COMP_LINE:0:COMP_POINT} words current
            read -ra words <<< "$line"
            [[ $line == *[[:space:]] ]] && words+=("")
            current=${words[-1]}
            local IFS=$'\n'
            COMPREPLY=($(tare __complete "${words[@]:1}" 2>/dev/null))
            if [[ $current == *[:=]* ]]; then
                local before=${current%"${current##*[:=]}"}
                COMPREPLY=("${COMPREPLY[@]#"$before"}")
            fi
        }
        complete -o default -F _tare tare
        """;

    private const string Zsh = """
        #compdef tare
        _tare() {
            local -a words_found
            words_found=("${(@f)$(tare __complete "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
            words_found=("${(@)words_found:#}")
            if (( $#words_found )); then
                compadd -a words_found
            else
                _files
            fi
        }
        compdef _tare tare
        """;

    private const string Fish = """
        function __tare_words
            set -l before (commandline -opc)
            set -l last (commandline -ct)
            set -e before[1]
            tare __complete $before "$last" 2>/dev/null
        end
        complete -c tare -a '(__tare_words)'
        """;

    public static Command Build(string path) => new(path, "bash|zsh|fish", "Generate the autocompletion script for the specified shell")
    {
        MinArguments = 1,
        MaxArguments = 1,
        Run = static (session, words) =>
        {
            session.Out.WriteLine(words[0] switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => throw new UsageException($"unsupported shell \"{words[0]}\": use bash, zsh or fish", exitCode: 1),
            });
            return 0;
        },
    };
}
