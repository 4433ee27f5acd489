namespace Howdah;

/// <summary>The product's version; the same as in Directory.Build.props, which a test checks.</summary>
internal static class ProductVersion
{
    public const string Text = "0.1.0";

    public const string Line = $"howdah {Text}";
}
