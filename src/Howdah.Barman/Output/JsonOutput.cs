using System.Text.Json.Nodes;

namespace Howdah.Barman.Output;

/// <summary>
/// One JSON document at the end, without a line break after it: results by server name, messages in lists
/// <c>_INFO</c>, <c>_WARNING</c>, <c>_ERROR</c>, <c>_DEBUG</c>.
/// </summary>
internal sealed class JsonOutput(TextWriter output, bool quiet, bool debug) : BarmanOutput
{
    private readonly JsonObject _document = [];
    private bool _raw;

    public override void Info(string message)
    {
        if (!quiet)
            Collect("_INFO", message);
    }

    public override void Warning(string message) => Collect("_WARNING", message);

    public override void Debug(string message)
    {
        if (debug)
            Collect("_DEBUG", message);
    }

    public override void Result(IEnumerable<string> lines, JsonObject json)
    {
        foreach (var (key, value) in json)
            _document[key] = value?.DeepClone();
    }

    public override void Raw(string text)
    {
        _raw = true;
        output.Write(text);
    }

    public override void Complete()
    {
        if (!_raw || _document.Count > 0)
            output.Write(SortedJson.Write(_document));
        output.Flush();
    }

    protected override void ShowError(string message) => Collect("_ERROR", message);

    private void Collect(string list, string message)
    {
        if (_document[list] is not JsonArray messages)
            _document[list] = messages = [];
        messages.Add((JsonNode)message);
    }
}
