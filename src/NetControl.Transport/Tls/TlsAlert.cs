using System.Globalization;
using System.Security.Cryptography;

namespace NetControl.Transport.Tls;

/// <summary>The alerts of TLS (RFC 8446 section 6), and where the framework hides one that was received.</summary>
internal static class TlsAlert
{
    private const int SslLibrary = 20;
    private const int FirstAlertReason = 1000;

    /// <summary>Finds the alert among an exception and its causes.</summary>
    public static byte? Find(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            // The framework keeps OpenSSL's packed error code: library in bits 23 to 30, and for an alert 1000 + its number below.
            int library = (exception.HResult >> 23) & 0xFF;
            int reason = (exception.HResult & 0x7FFFFF) - FirstAlertReason;
            if (exception is CryptographicException && library == SslLibrary && reason is >= 0 and <= byte.MaxValue)
            {
                return (byte)reason;
            }
        }

        return null;
    }

    /// <summary>The standard's word for an alert, with its number.</summary>
    public static string Describe(byte alert)
    {
        string name = alert switch
        {
            10 => "unexpected message",
            20 => "bad record mac",
            22 => "record overflow",
            40 => "handshake failure",
            42 => "bad certificate",
            43 => "unsupported certificate",
            44 => "certificate revoked",
            45 => "certificate expired",
            46 => "certificate unknown",
            47 => "illegal parameter",
            48 => "unknown authority",
            49 => "access denied",
            50 => "decode error",
            51 => "decrypt error",
            70 => "protocol version",
            71 => "insufficient security",
            80 => "internal error",
            86 => "inappropriate fallback",
            90 => "user canceled",
            109 => "missing extension",
            110 => "unsupported extension",
            112 => "unrecognized name",
            113 => "bad certificate status response",
            115 => "unknown PSK identity",
            116 => "certificate required",
            120 => "no application protocol",
            _ => "alert",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{name} ({alert})");
    }
}
