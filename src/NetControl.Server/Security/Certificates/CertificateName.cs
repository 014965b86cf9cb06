using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NetControl.Server.Security.Certificates;

/// <summary>A name in a client's certificate.</summary>
/// <param name="Kind"><c>uri</c>, <c>dns</c>, <c>email</c> or <c>cn</c>.</param>
/// <param name="Value">The name.</param>
internal sealed record CertificateName(string Kind, string Value)
{
    private const string SubjectAlternativeName = "2.5.29.17";

    // GeneralName of RFC 5280, section 4.2.1.6: rfc822Name [1], dNSName [2], uniformResourceIdentifier [6], all IA5String.
    private const int EmailTag = 1;
    private const int DnsTag = 2;
    private const int UriTag = 6;

    public override string ToString() => $"{Kind}:{Value}";

    /// <summary>The names of a certificate, those of the extension first.</summary>
    public static IReadOnlyList<CertificateName> Of(X509Certificate2 certificate)
    {
        List<CertificateName> names = [];
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == SubjectAlternativeName)
            {
                Read(extension.RawData, names);
            }
        }

        string common = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        string subject = certificate.SubjectName.Name;
        if (common.Length > 0 && subject.Contains("CN=", StringComparison.Ordinal))
        {
            names.Add(new CertificateName("cn", common));
        }

        return names;
    }

    private static void Read(byte[] extension, List<CertificateName> names)
    {
        try
        {
            AsnReader reader = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                Asn1Tag tag = reader.PeekTag();
                string? kind = tag.TagClass != TagClass.ContextSpecific ? null : tag.TagValue switch
                {
                    EmailTag => "email",
                    DnsTag => "dns",
                    UriTag => "uri",
                    _ => null,
                };
                if (kind is null)
                {
                    reader.ReadEncodedValue();
                    continue;
                }

                string value = Encoding.ASCII.GetString(reader.ReadOctetString(tag));
                if (value.All(c => c is > ' ' and <= '~'))
                {
                    names.Add(new CertificateName(kind, value));
                }
            }
        }
        catch (AsnContentException)
        {
            // A certificate whose names cannot be read has the names before them, and no others.
        }
    }
}
