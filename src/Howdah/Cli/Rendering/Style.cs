namespace Howdah.Cli.Rendering;

/// <summary>A few colours, or none.</summary>
internal sealed class Style(bool enabled)
{
    public bool IsEnabled => enabled;

    public string Good(string text) => Wrap("32", text);

    public string Bad(string text) => Wrap("31", text);

    public string Unsure(string text) => Wrap("33", text);

    public string Strong(string text) => Wrap("1", text);

    public string Faint(string text) => Wrap("2", text);

    private string Wrap(string code, string text) => enabled ? $"\e[{code}m{text}\e[0m" : text;
}
