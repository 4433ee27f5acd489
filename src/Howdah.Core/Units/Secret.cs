namespace Howdah.Core.Units;

/// <summary>A password or key. Shows itself to nobody by accident: text, logs and records print <c>***</c>.</summary>
public sealed class Secret(string value)
{
    /// <summary>The secret itself; call it only where the bytes leave for the server or for a file of mode 0600.</summary>
    public string Reveal() => value;

    public override string ToString() => "***";
}
