using Google.Protobuf.Reflection;

namespace NetControl.Server.Gateway;

/// <summary>One way to call a method over HTTP.</summary>
/// <param name="Verb">GET, POST, PATCH, PUT or DELETE.</param>
/// <param name="Template">The path.</param>
/// <param name="Body">The field that is the body; <c>*</c> is the whole request, empty is no body.</param>
/// <param name="Method">The method.</param>
internal sealed record HttpRoute(string Verb, PathTemplate Template, string Body, MethodDescriptor Method);
