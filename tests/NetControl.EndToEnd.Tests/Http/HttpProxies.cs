using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NetControl.Testing.Certificates;

namespace NetControl.EndToEnd.Tests.Http;

/// <summary>HTTP proxies that others wrote, run in the world's server namespace.</summary>
internal static class HttpProxies
{
    public const string User = "user";
    public const string Password = "pass word";
    private const int Port = 3128;

    // What htpasswd makes of the password.
    private const string PasswordLine = User + ":$apr1$netctrl1$/sjaWN8I2l/DCIBHiMefx/\n";

    private static IPEndPoint EndPoint => new(IPAddress.Parse(World.SocksAddress), Port);

    private static string Bound => $"{World.SocksAddress}:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Starts a proxy and returns the hop that leads to it, without credentials.</summary>
    /// <param name="world">Where.</param>
    /// <param name="program">squid, tinyproxy, apache2, apache2-tls, node-h2c, node-h2 or node-h1.</param>
    /// <param name="authenticated">Whether it wants <see cref="User"/> and <see cref="Password"/>.</param>
    public static async Task<HttpProxy> StartAsync(World world, string program, bool authenticated = false)
    {
        // The proxies' own users look at the password file.
        File.SetUnixFileMode(world.Folder, (UnixFileMode)Convert.ToInt32("755", 8));
        HttpProxy proxy = program switch
        {
            "squid" => Squid(world, authenticated),
            "tinyproxy" => Tinyproxy(world, authenticated),
            "apache2" => Apache(world, authenticated, tls: false),
            "apache2-tls" => Apache(world, authenticated, tls: true),
            "node-h2c" => Node(world, authenticated, "h2connect", "?plain=true"),
            "node-h2" => Node(world, authenticated, "httpconnect", Certify(world), "proxy.crt", "proxy.key"),
            _ => Node(world, authenticated, "httpconnect", Certify(world), "proxy.crt", "proxy.key", "http1"),
        };
        await World.WaitForPortAsync(world.Server, EndPoint);
        return proxy;
    }

    private static HttpProxy Squid(World world, bool authenticated)
    {
        string login = authenticated
            ? $"""
                auth_param basic program /usr/lib/squid/basic_ncsa_auth {Write(world, "passwords", PasswordLine)}
                acl known proxy_auth REQUIRED
                http_access deny !known
                """
            : "";
        string file = Write(world, "squid.conf", $"""
            http_port {Bound}
            {login}
            acl forbidden port 7
            http_access deny forbidden
            http_access allow all
            cache deny all
            access_log none
            cache_log /dev/null
            pid_filename none
            coredump_dir {world.Folder}
            cache_effective_user proxy
            cache_effective_group proxy
            max_filedescriptors 4096
            shutdown_lifetime 0 seconds
            connect_timeout 3 seconds

            """);
        // A name of its own, because its shared memory has that name and outlives it when it is killed.
        world.Run(world.Server, "squid", "-N", "-n", $"test{Random.Shared.Next():x}", "-f", file);
        return new HttpProxy("httpconnect", EndPoint, "?plain=true");
    }

    private static HttpProxy Tinyproxy(World world, bool authenticated)
    {
        string file = Write(world, "tinyproxy.conf", $"""
            User root
            Group root
            Listen {World.SocksAddress}
            Port {Port.ToString(CultureInfo.InvariantCulture)}
            Timeout 60
            MaxClients 200
            LogLevel Error
            {(authenticated ? $"BasicAuth {User} pass" : "")}

            """);
        world.Run(world.Server, "tinyproxy", "-d", "-c", file);
        return new HttpProxy("httpconnect", EndPoint, "?plain=true") { ItsPassword = "pass" };
    }

    private static HttpProxy Apache(World world, bool authenticated, bool tls)
    {
        string options = tls ? Certify(world) : "?plain=true";
        string[] modules = ["mpm_event", "authz_core", "authz_user", "authn_core", "authn_file", "auth_basic", "proxy", "proxy_connect", "ssl"];
        string login = authenticated
            ? $"AuthType Basic\nAuthName test\nAuthUserFile {Write(world, "passwords", PasswordLine)}\nRequire valid-user"
            : "Require all granted";
        string secured = tls
            ? $"SSLEngine on\nSSLCertificateFile {world.Folder}/proxy.crt\nSSLCertificateKeyFile {world.Folder}/proxy.key"
            : "";
        string file = Write(world, "apache2.conf", $"""
            ServerRoot {world.Folder}
            ServerName proxy.example
            PidFile {world.Folder}/apache2.pid
            ErrorLog {world.Folder}/apache2.log
            Mutex pthread
            {string.Join('\n', modules.Select(name => $"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"))}
            User www-data
            Group www-data
            Listen {Bound}
            {secured}
            ProxyRequests On
            AllowCONNECT 1-65535
            <Proxy *>
            {login}
            </Proxy>

            """);
        world.Run(world.Server, "apache2", "-D", "FOREGROUND", "-f", file);
        return new HttpProxy("httpconnect", EndPoint, options);
    }

    private static HttpProxy Node(World world, bool authenticated, string scheme, string options, params string[] arguments)
    {
        string folder = ForeignTools.Install();
        string login = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        world.Run(
            world.Server, "env",
            [
                .. authenticated ? (string[])[$"AUTHORIZATION={login}"] : [], "node", Path.Combine(folder, "connect.mjs"), World.SocksAddress,
                Port.ToString(CultureInfo.InvariantCulture), .. arguments.Select(name => name == "http1" ? name : Path.Combine(world.Folder, name)),
            ]);
        return new HttpProxy(scheme, EndPoint, options);
    }

    /// <summary>Makes a certificate for the proxy, and returns the options by which the hop trusts it.</summary>
    private static string Certify(World world)
    {
        using TestAuthority authority = new("proxies");
        using X509Certificate2 certificate = authority.Issue("proxy", TestAuthority.ServerUsage, static names => names.AddDnsName("proxy.example"));
        Write(world, "ca.pem", authority.Pem);
        Write(world, "proxy.crt", certificate.ExportCertificatePem());
        Write(world, "proxy.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return $"?certname=proxy.example&ca={Uri.EscapeDataString(Path.Combine(world.Folder, "ca.pem"))}";
    }

    private static string Write(World world, string name, string text)
    {
        string file = Path.Combine(world.Folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
