using System.Text.Json;
using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Tests.Configuration;

public sealed class ConfigSchemaJsonTests
{
    [Fact]
    public void The_schema_in_the_manual_is_the_one_that_the_program_prints() =>
        GoldenFile.AssertEqual("docs/reference/howdah.schema.json", ConfigSchemaJson.Render());

    [Fact]
    public void Every_key_of_the_schema_is_read_by_the_reader()
    {
        using var schema = JsonDocument.Parse(ConfigSchemaJson.Render());
        foreach (var section in schema.RootElement.GetProperty("properties").EnumerateObject())
        {
            var table = section.Value.TryGetProperty("items", out var items) ? items : section.Value;
            if (!table.TryGetProperty("properties", out var keys))
                continue;
            var header = section.Value.TryGetProperty("items", out _) ? $"[[{section.Name}]]" : $"[{section.Name}]";
            foreach (var key in keys.EnumerateObject())
            {
                // A value of no kind that any key takes: whoever looks at the key complains, whoever does not know it says "unknown".
                var result = ClusterConfigReader.Read(
                    $"{header}\n{key.Name} = 1979-05-27\n",
                    "howdah.toml",
                    new ConfigDefaults { ClusterRoot = "/x" }
                );

                Assert.Contains(
                    result.Problems,
                    problem => problem.Line == 2 && !problem.Message.StartsWith("unknown", StringComparison.Ordinal)
                );
            }
        }
    }
}
