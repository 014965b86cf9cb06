using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetControl.Engine.Hardening;

namespace NetControl.Server.Hosting;

/// <summary>A socket that listens already, for Kestrel to accept from.</summary>
/// <remarks>
/// Bound before anything else is set up, so that a port in use is found while there is nothing to undo. Lifetime: Kestrel disposes the
/// socket once it has it; the file of a Unix socket is removed here.
/// </remarks>
internal sealed class BoundListener : IDisposable
{
    private const int Backlog = 512;
    private const UnixFileMode OwnerAndGroup =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite; // 0660

    private const UnixFileMode Reachable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute; // 0755

    private BoundListener(ListenAddress address, Socket socket)
    {
        Address = address;
        Socket = socket;
    }

    public ListenAddress Address { get; }

    public Socket Socket { get; }

    /// <summary>What clients connect to, the real port included.</summary>
    public string Url => Socket.LocalEndPoint is IPEndPoint ip
        ? string.Create(CultureInfo.InvariantCulture, $"{(Address.IsTls ? "https" : "http")}://{(Address.IsEverywhere ? $"*:{ip.Port}" : ip)}")
        : Address.Text;

    /// <summary>The end point under which Kestrel knows it.</summary>
    public EndPoint EndPoint => Address.EndPoint is IPEndPoint ? Socket.LocalEndPoint! : Address.EndPoint;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="StartException">Naming the field, the value and the fix.</exception>
    public static BoundListener Bind(ListenAddress address, uint? owner = null, uint? group = null)
    {
        EndPoint endPoint = address is { IsEverywhere: true, EndPoint: IPEndPoint any } && !Socket.OSSupportsIPv6
            ? new IPEndPoint(IPAddress.Any, any.Port) : address.EndPoint;
        Socket socket = new(endPoint.AddressFamily, SocketType.Stream, address.UnixPath is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (address.UnixPath is { } path)
            {
                Prepare(path, address);
            }

            if (address.IsEverywhere && endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = true;
            }

            socket.Bind(endPoint);
            if (address.UnixPath is { } bound)
            {
                // Before listen: until then nobody can connect, whatever the umask let through.
                File.SetUnixFileMode(bound, OwnerAndGroup);
                Give(bound, address, owner, group);
            }

            socket.Listen(Backlog);
            return new BoundListener(address, socket);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw Refused(address, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Socket.Dispose();
        if (Address.UnixPath is { } path)
        {
            File.Delete(path);
        }
    }

    // A left-over file of a process that was killed is in the way of bind; that of a living one must not be taken from it.
    private static void Prepare(string path, ListenAddress address)
    {
        CreateReachable(Path.GetDirectoryName(path)!);
        if (!File.Exists(path))
        {
            return;
        }

        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(address.EndPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            if (IsSocket(path))
            {
                File.Delete(path);
                return;
            }

            throw new StartException(ExitCode.ListenFailed,
                $"{address.Field}: \"{address.Text}\" is a file that is not a socket; write another path, or remove it");
        }

        throw new StartException(ExitCode.ListenFailed,
            $"{address.Field}: \"{address.Text}\" is in use: another process listens there; stop it, or write another path");
    }

    // Whatever the umask: the socket's own mode says who may connect, and those must be able to reach it.
    private static void CreateReachable(string directory)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        if (Path.GetDirectoryName(directory) is { } parent)
        {
            CreateReachable(parent);
        }

        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, Reachable);
    }

    private static void Give(string path, ListenAddress address, uint? owner, uint? group)
    {
        if ((owner ?? group) is not null && ProcessHardening.ChangeOwner(path, owner, group) is { } error)
        {
            throw new StartException(ExitCode.ListenFailed, $"{address.Field}: \"{address.Text}\" cannot be given to the owner and group of "
                + $"listen.unix ({error}); write a group that this user belongs to, or run with CAP_CHOWN");
        }
    }

    // open(2) of a socket always fails with ENXIO; anything that opens is somebody's file.
    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static StartException Refused(ListenAddress address, Exception e)
    {
        string problem = e is SocketException socket
            ? socket.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "is in use: another process listens there; stop it, or write another port",
                SocketError.AddressNotAvailable => "is not an address of this machine; write one that is, e.g. 127.0.0.1",
                SocketError.AccessDenied => "may not be bound by this user; write a port from 1024 on, or another path",
                SocketError.AddressFamilyNotSupported => "is of a family that this kernel lacks; write an IPv4 address",
                _ => $"cannot be bound ({socket.Message}); write another one",
            }
            : $"cannot be bound ({e.Message}); write a path in a directory that this user may write";
        return new StartException(ExitCode.ListenFailed, $"{address.Field}: \"{address.Text}\" {problem}", e);
    }
}
