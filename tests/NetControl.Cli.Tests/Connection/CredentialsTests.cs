using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NetControl.Cli.Commands;
using NetControl.Cli.Connection;

namespace NetControl.Cli.Tests.Connection;

public sealed class CredentialsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netctl").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TokenFile_ComesBeforeTheEnvironment()
    {
        string file = Path.Combine(_folder, "token");
        File.WriteAllText(file, "nct_file\n");
        Assert.Equal("nct_file", Credentials.Load(null, null, null, file, "nct_env").Token);
        Assert.Equal("nct_env", Credentials.Load(null, null, null, null, "nct_env").Token);
        Assert.Null(Credentials.Load(null, null, null, null, "").Token);
    }

    [Fact]
    public void CertificateKeyAndAuthority_AreRead()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 made = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        string certificate = Path.Combine(_folder, "x.crt");
        string keyFile = Path.Combine(_folder, "x.key");
        File.WriteAllText(certificate, made.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        Credentials credentials = Credentials.Load(certificate, certificate, keyFile, null, null);
        Assert.True(credentials.Certificate!.HasPrivateKey);
        Assert.Single(credentials.Authorities);
        Assert.Empty(credentials.Intermediates);
    }

    [Fact]
    public void WhatCannotBeUsed_IsNamedWithItsFix()
    {
        string rubbish = Path.Combine(_folder, "rubbish");
        File.WriteAllText(rubbish, "rubbish");
        Assert.Equal("--key: is required with --cert; write the PEM file of the certificate's key", Fault(null, rubbish, null, null));
        Assert.StartsWith("--cert: is required with --key", Fault(null, null, rubbish, null), StringComparison.Ordinal);
        Assert.Equal($"--ca: \"{rubbish}\" holds no certificate; write a PEM file of certificates", Fault(rubbish, null, null, null));
        Assert.StartsWith($"--cert: \"{rubbish}\" cannot be used", Fault(null, rubbish, rubbish, null), StringComparison.Ordinal);
        Assert.StartsWith("--token-file: \"/nonexistent\" cannot be used", Fault(null, null, null, "/nonexistent"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://h:1", "https://h:1")]
    [InlineData("https://h:1", "https://h:1")]
    [InlineData("unix:/a", "unix:/a")]
    public void Tls_IsImpliedForTcpOnly(string address, string expected) => Assert.Equal(expected, ServerAddress.WithTls(address));

    [Fact]
    public async Task Command_WithAMissingFile_IsAUsageError()
    {
        using StringWriter error = new();
        int code = await NetctlCommand.Create().Parse("info --address https://127.0.0.1:1 --ca /nonexistent").InvokeAsync(
            new System.CommandLine.InvocationConfiguration { Error = error });
        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith("netctl: --ca: \"/nonexistent\"", error.ToString(), StringComparison.Ordinal);
    }

    private static string Fault(string? ca, string? certificate, string? key, string? token) =>
        Assert.Throws<CredentialException>(() => Credentials.Load(ca, certificate, key, token, null)).Message;
}
