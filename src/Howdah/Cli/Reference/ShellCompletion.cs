namespace Howdah.Cli.Reference;

/// <summary>
/// Completion scripts. They ask the program itself (<c>howdah [suggest:POSITION] "LINE"</c>, answered in a few milliseconds), so they
/// are never out of date.
/// </summary>
internal static class ShellCompletion
{
    private const string Bash = """
        # bash completion for howdah
        _howdah() {
          local IFS=$'\n'
          COMPREPLY=( $(compgen -W "$(howdah "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
          [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=( $(compgen -f -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -o filenames -F _howdah howdah

        """;

    private const string Zsh = """
        #compdef howdah
        # zsh completion for howdah
        _howdah() {
          local -a words_known
          words_known=("${(@f)$(howdah "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          if [[ -n "$words_known" ]]; then compadd -- $words_known; else _files; fi
        }
        compdef _howdah howdah

        """;

    private const string Fish = """
        # fish completion for howdah
        complete -c howdah -a '(howdah "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'

        """;

    public static string Of(string shell) =>
        shell switch
        {
            "zsh" => Zsh,
            "fish" => Fish,
            _ => Bash,
        };
}
