using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Mapping;

/// <summary>Which fields of its resources a read gives (AIP-157): all where it names none, and where it names <c>*</c>.</summary>
internal sealed class ReadMask
{
    private readonly Dictionary<string, ReadMask> _fields = new(StringComparer.Ordinal);
    private bool _all;

    private ReadMask(bool all = false)
    {
        _all = all;
    }

    /// <summary>Reads a mask over messages of one kind; a path that they do not have is a violation.</summary>
    public static ReadMask Parse(FieldMask? mask, MessageDescriptor message, ViolationList violations)
    {
        ReadMask root = new(mask is not { Paths.Count: > 0 });
        for (int i = 0; i < mask?.Paths.Count; i++)
        {
            if (!root.TryAdd(mask.Paths[i], message))
            {
                violations.Add($"read_mask.paths[{i}]", mask.Paths[i], $"is not a field of {message.FullName}",
                    Spelling.Fix(mask.Paths[i], [.. message.Fields.InFieldNumberOrder().Select(f => f.Name), "*"]), "INVALID_FIELD_MASK");
            }
        }

        return root;
    }

    /// <summary>Takes from a message what was not asked for.</summary>
    public T Apply<T>(T message)
        where T : IMessage
    {
        if (_all)
        {
            return message;
        }

        foreach (FieldDescriptor of in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (!_fields.TryGetValue(of.Name, out ReadMask? part))
            {
                of.Accessor.Clear(message);
            }
            else if (!part._all && of.Accessor.GetValue(message) is IMessage inner)
            {
                part.Apply(inner);
            }
        }

        return message;
    }

    // Into single messages only: of a list's elements a mask cannot say which it means.
    private bool TryAdd(string path, MessageDescriptor? message)
    {
        ReadMask at = this;
        if (path == "*")
        {
            _all = true;
            return true;
        }

        foreach (string name in path.Split('.'))
        {
            if (message?.FindFieldByName(name) is not { } of)
            {
                return false;
            }

            if (!at._fields.TryGetValue(name, out ReadMask? part))
            {
                at._fields.Add(name, part = new ReadMask());
            }

            at = part;
            message = of is { IsRepeated: false, FieldType: FieldType.Message } ? of.MessageType : null;
        }

        at._all = true;
        return true;
    }
}
