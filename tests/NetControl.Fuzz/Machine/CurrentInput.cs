using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using System.Text;

namespace NetControl.Fuzz.Machine;

/// <summary>The input that is being run, in a mapped file that outlives the process: target's name, length, bytes.</summary>
internal sealed unsafe class CurrentInput : IDisposable
{
    private const int NameLength = 32;
    private const int Room = NameLength + sizeof(int) + FuzzRun.MaxInput;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;

    public CurrentInput(string path, string target)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, Room);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
        Encoding.ASCII.GetBytes(target.PadRight(NameLength), new Span<byte>(_bytes, NameLength));
    }

    /// <summary>Notes an input before it runs.</summary>
    public void Note(ReadOnlySpan<byte> input)
    {
        BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(_bytes + NameLength, sizeof(int)), input.Length);
        input.CopyTo(new Span<byte>(_bytes + NameLength + sizeof(int), FuzzRun.MaxInput));
    }

    /// <summary>Takes the last input out of a process's file, and keeps it.</summary>
    public static string Keep(string path, string failures)
    {
        byte[] all = File.ReadAllBytes(path);
        string target = Encoding.ASCII.GetString(all, 0, NameLength).Trim();
        int length = BinaryPrimitives.ReadInt32LittleEndian(all.AsSpan(NameLength));
        return Keep(target, all.AsSpan(NameLength + sizeof(int), length), failures);
    }

    /// <summary>Writes a reproducer and returns its path.</summary>
    public static string Keep(string target, ReadOnlySpan<byte> input, string failures)
    {
        Directory.CreateDirectory(failures);
        string file = Path.Combine(failures, $"{target}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}.bin");
        File.WriteAllBytes(file, input);
        return file;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
