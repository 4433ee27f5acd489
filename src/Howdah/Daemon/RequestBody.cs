using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Howdah.Daemon;

/// <summary>Reads what a caller sends, never more than the server's limit or a smaller one.</summary>
internal static class RequestBody
{
    /// <exception cref="JsonException">It is not what it should be.</exception>
    /// <exception cref="BadHttpRequestException">It is too long, or comes too slowly.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, long? most = null)
        where T : class
    {
        if (most is { } limit)
            Limit(context, limit);
        return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
            ?? throw new JsonException("the body is null");
    }

    /// <summary>Lets a request have a shorter body than others; before a byte of it is read.</summary>
    public static void Limit(HttpContext context, long most)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = most;
    }
}
