using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Howdah.Cluster.Agents;
using Howdah.Core.Errors;
using Microsoft.AspNetCore.Http;

namespace Howdah.Daemon;

/// <summary>What the agent writes into responses.</summary>
internal static class Answers
{
    public static async Task JsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        await BytesAsync(context, bytes, "application/json", status);
    }

    public static async Task BytesAsync(HttpContext context, byte[] bytes, string contentType, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    public static Task RefusalAsync(HttpContext context, OperationException failure, int? status = null) =>
        JsonAsync(context, AgentRefusal.Of(failure), AgentJson.Default.AgentRefusal, status ?? StatusOf(failure.Code));

    /// <summary>The class of the error as HTTP has it; the code itself is in the body.</summary>
    public static int StatusOf(ErrorCode code) => code.Exit switch
    {
        ExitCode.Refused or ExitCode.Busy => StatusCodes.Status409Conflict,
        ExitCode.Authentication => StatusCodes.Status403Forbidden,
        ExitCode.NotFound => StatusCodes.Status404NotFound,
        ExitCode.Usage or ExitCode.Configuration => StatusCodes.Status400BadRequest,
        _ => code.MayRetry ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
    };
}
