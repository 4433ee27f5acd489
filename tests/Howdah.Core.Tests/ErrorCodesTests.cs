using Howdah.Core.Errors;

namespace Howdah.Core.Tests;

public sealed class ErrorCodesTests
{
    [Fact]
    public void Numbers_and_names_are_unique()
    {
        Assert.Equal(ErrorCodes.All.Count, ErrorCodes.All.Select(code => code.Number).Distinct().Count());
        Assert.Equal(ErrorCodes.All.Count, ErrorCodes.All.Select(code => code.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Every_code_that_is_declared_is_listed() =>
        Assert.Equal(
            typeof(ErrorCodes).GetFields().Where(
                field => field.FieldType == typeof(ErrorCode)).Select(field => (ErrorCode)field.GetValue(null)!),
            ErrorCodes.All);
}
