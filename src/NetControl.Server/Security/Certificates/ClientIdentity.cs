using System.Security.Cryptography.X509Certificates;

namespace NetControl.Server.Security.Certificates;

/// <summary>A client's certificate on a live connection.</summary>
/// <remarks>Lifetime: from the handshake to the end of the connection. The store ends the connection when the certificate's time has come,
/// or its authority was taken away.</remarks>
internal sealed class ClientIdentity
{
    private readonly Action _abort;

    public ClientIdentity(X509Certificate2 certificate, X509Certificate2Collection intermediates, Action abort)
    {
        Certificate = certificate;
        Intermediates = intermediates;
        Names = CertificateName.Of(certificate);
        NotAfter = certificate.NotAfter.ToUniversalTime();
        _abort = abort;
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection Intermediates { get; }

    public IReadOnlyList<CertificateName> Names { get; }

    public DateTime NotAfter { get; }

    /// <summary>Whether calls are refused from now on.</summary>
    public bool Revoked { get; private set; }

    public void Revoke()
    {
        Revoked = true;
        _abort();
    }
}
