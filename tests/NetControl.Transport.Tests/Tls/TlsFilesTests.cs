using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NetControl.Network;
using NetControl.Testing;
using NetControl.Testing.Certificates;
using NetControl.Transport.Chains;
using NetControl.Transport.Tls;

namespace NetControl.Transport.Tests.Tls;

/// <summary>A TLS hop's files: told when they are wrong, followed when they change.</summary>
public sealed class TlsFilesTests : IDisposable
{
    private readonly TestAuthority _authority = new("root");
    private readonly string _folder = Directory.CreateTempSubdirectory("netcontrol-tls-").FullName;

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Hop_FilesOfAllKinds_AreUsed()
    {
        string? seen = null;
        using var server = new TlsServer(_authority, change: options =>
        {
            options.ClientCertificateRequired = true;
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) => (seen = certificate?.Subject) is not null;
        });
        Write("ca.pem", _authority.Pem);
        WriteClient("cert.pem", "key.pem", "client one");
        using IStreamConnection connection = await DialAsync(server, $"tls:ca={_folder}/ca.pem&cert={_folder}/cert.pem&key={_folder}/key.pem");
        await connection.WriteAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await connection.ReadExactlyAsync(4));
        Assert.Equal("CN=client one", seen);
    }

    [Fact]
    public void FindFault_FilesThatAreWrong_NamesFileAndFix()
    {
        Assert.Equal($"part 1: tls: ca={_folder}/ca.pem: there is no such file; put it there, or name another", Fault($"tls:ca={_folder}/ca.pem"));
        Write("ca.pem", "no certificate");
        Assert.Equal($"part 1: tls: ca={_folder}/ca.pem: holds no certificate; write the authorities' PEM certificates into it",
            Fault($"tls:ca={_folder}/ca.pem"));
        Assert.Contains($"cert={_folder}: cannot be read", Fault($"tls:cert={_folder}"), StringComparison.Ordinal);
        Write("ca.pem", _authority.Pem);
        Write("key.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----");
        string? fault = Fault($"tls:sni=x|tls:cert={_folder}/ca.pem&key={_folder}/key.pem");
        Assert.StartsWith($"part 2: tls: cert={_folder}/ca.pem and key={_folder}/key.pem do not make a certificate", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", fault, StringComparison.Ordinal);
        Assert.Null(Fault($"tls:ca={_folder}/ca.pem"));
    }

    [Fact]
    public async Task FindFault_WhatNeverEndsOrNeverBegins_IsNotRead()
    {
        string pipe = Path.Combine(_folder, "pipe");
        using (System.Diagnostics.Process made = System.Diagnostics.Process.Start("mkfifo", pipe))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, made.ExitCode);
        }

        Write("long.pem", new string('a', (1 << 20) + 1));
        Write("ca.pem", _authority.Pem);
        File.CreateSymbolicLink(Path.Combine(_folder, "zero"), "/dev/zero");
        File.CreateSymbolicLink(Path.Combine(_folder, "link.pem"), Path.Combine(_folder, "ca.pem"));
        foreach (string path in new[] { "/dev/zero", pipe, $"{_folder}/zero", $"{_folder}/long.pem" })
        {
            string? fault = await Task.Run(() => Fault($"tls:ca={path}")).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Contains($"ca={path}: is empty, no ordinary file, or longer than", fault, StringComparison.Ordinal);
        }

        Assert.Null(Fault($"tls:ca={_folder}/link.pem"));
    }

    [Fact]
    public void Current_FilesChange_AreReadAgainAfterAWhile_AndABrokenSetIsNot()
    {
        ManualTimeProvider time = new();
        string certificate = Path.Combine(_folder, "both.pem");
        TlsFiles files = new(new TlsClientOptions { ServerName = "kept" }, null, certificate, null, time);
        DialException e = Assert.Throws<DialException>(files.Current);
        Assert.Contains("there is no such file", e.Message, StringComparison.Ordinal);

        WriteClient("both.pem", "both.pem", "first");
        Assert.Throws<DialException>(files.Current);
        time.Advance(TimeSpan.FromSeconds(5));
        TlsClientOptions first = files.Current();
        Assert.Equal("kept", first.ServerName);
        Assert.Equal("CN=first", first.ClientCertificate!.TargetCertificate.Subject);

        foreach (string broken in new[] { "nonsense", "" })
        {
            Write("both.pem", broken);
            time.Advance(TimeSpan.FromSeconds(5));
            Assert.Same(first, files.Current());
        }

        File.Delete(certificate);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Same(first, files.Current());
        WriteClient("both.pem", "both.pem", "second");
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("CN=second", files.Current().ClientCertificate!.TargetCertificate.Subject);
    }

    [Fact]
    public async Task Dial_FilesNotThere_FailsAndClosesTheConnection()
    {
        using var server = new TlsServer(_authority);
        await Assert.ThrowsAsync<DialException>(() => DialAsync(server, $"tls:ca={_folder}/ca.pem"));
        Assert.True(server.Dialer.Opened[^1].Disposed);
    }

    private static string? Fault(string text)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out _));
        return chain.FindFault();
    }

    private static async Task<IStreamConnection> DialAsync(TlsServer server, string text)
    {
        Assert.True(HopRegistry.Standard.TryParse(text, out Chain? chain, out _));
        Way direct = new(server.Dialer, new NoPackets("test"));
        return await chain.Wrap(direct, new HopContext(direct)).Streams.DialAsync(new HostPort("server.example", 443)).AsTask()
            .WaitAsync(StreamExtensions.Patience);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private void WriteClient(string certificateName, string keyName, string common)
    {
        using X509Certificate2 client = _authority.Issue(common, TestAuthority.ClientUsage);
        using ECDsa key = client.GetECDsaPrivateKey()!;
        Write(certificateName, client.ExportCertificatePem());
        File.AppendAllText(Path.Combine(_folder, keyName), "\n" + key.ExportPkcs8PrivateKeyPem());
    }
}
