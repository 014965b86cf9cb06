using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NetControl.Server.Security.Certificates;

/// <summary>What handshakes use: an immutable snapshot of the files.</summary>
/// <param name="Server">The server's certificate with its intermediates.</param>
/// <param name="NotAfter">Until when it is valid.</param>
/// <param name="Authorities">Who may vouch for clients; empty where nobody is asked.</param>
internal sealed record TlsMaterial(SslStreamCertificateContext Server, DateTimeOffset NotAfter, X509Certificate2Collection Authorities);
