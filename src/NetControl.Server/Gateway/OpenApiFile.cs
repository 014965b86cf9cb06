using System.Reflection;

namespace NetControl.Server.Gateway;

/// <summary>The API's OpenAPI document, <c>protos/openapi.json</c>, as it was when this was built.</summary>
internal static class OpenApiFile
{
    private const string Name = "openapi.json";

    public static Stream Open() => Assembly.GetExecutingAssembly().GetManifestResourceStream(Name)!;

    public static async Task WriteAsync(HttpContext context)
    {
        await using Stream file = Open();
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = file.Length;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
