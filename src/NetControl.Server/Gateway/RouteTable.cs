using Google.Api;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace NetControl.Server.Gateway;

/// <summary>The HTTP paths of all methods: those that their annotations say, and <c>POST /package.Service/Method</c> for each.</summary>
internal sealed class RouteTable
{
    private readonly List<HttpRoute> _routes = [];

    public RouteTable(IEnumerable<ServiceDescriptor> services)
    {
        // What cannot be said in one answer has no JSON form.
        foreach (MethodDescriptor method in services.SelectMany(s => s.Methods).Where(m => !m.IsClientStreaming))
        {
            _routes.AddRange(Annotated(method));
            _routes.Add(new HttpRoute(HttpMethods.Post, PathTemplate.Parse(GrpcPath(method)), "*", method));
        }

        _routes.Sort((a, b) => b.Template.Literals.CompareTo(a.Template.Literals));
    }

    public IReadOnlyList<HttpRoute> Routes => _routes;

    /// <summary>The routes that a method's annotations say.</summary>
    public static IEnumerable<HttpRoute> Annotated(MethodDescriptor method)
    {
        HttpRule? rule = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        return rule is null ? [] : rule.AdditionalBindings.Prepend(rule).Select(r => ToRoute(r, method));
    }

    public static string GrpcPath(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>Finds what a request means; null when the path is nobody's, or is only for other verbs.</summary>
    public (HttpRoute Route, string[] Values)? Find(string verb, string path, out IReadOnlyCollection<string> otherVerbs)
    {
        SortedSet<string> others = new(StringComparer.Ordinal);
        otherVerbs = others;
        foreach (HttpRoute route in _routes)
        {
            if (!route.Template.TryMatch(path, out string[] values))
            {
                continue;
            }

            if (route.Verb == verb)
            {
                return (route, values);
            }

            others.Add(route.Verb);
        }

        return null;
    }

    private static HttpRoute ToRoute(HttpRule rule, MethodDescriptor method)
    {
        (string verb, string path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => (HttpMethods.Get, rule.Get),
            HttpRule.PatternOneofCase.Put => (HttpMethods.Put, rule.Put),
            HttpRule.PatternOneofCase.Post => (HttpMethods.Post, rule.Post),
            HttpRule.PatternOneofCase.Delete => (HttpMethods.Delete, rule.Delete),
            HttpRule.PatternOneofCase.Patch => (HttpMethods.Patch, rule.Patch),
            _ => (rule.Custom.Kind, rule.Custom.Path),
        };
        return new HttpRoute(verb, PathTemplate.Parse(path), rule.Body, method);
    }
}
