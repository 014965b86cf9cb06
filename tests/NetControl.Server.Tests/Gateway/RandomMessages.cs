using System.Collections;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace NetControl.Server.Tests.Gateway;

/// <summary>Messages with random contents, by their descriptors.</summary>
internal static class RandomMessages
{
    private const int Deepest = 3;
    private static readonly string[] s_texts =
    [
        "", "devices/tun0", "delegates/egress", "proxies/a", "proxies/b", "a b&c=d?e#f", "%2F/\\\"", "zażółć 🚀", "true", "12", "null", "Żabc",
    ];

    public static Gen<IMessage> Of(MessageDescriptor type) => Gen.Int.Select(seed => Make(type, new Random(seed), 0));

    private static IMessage Make(MessageDescriptor type, Random random, int depth)
    {
        IMessage message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (FieldDescriptor field in type.Fields.InDeclarationOrder().Where(_ => random.Next(3) > 0))
        {
            if (depth >= Deepest && field.FieldType == FieldType.Message)
            {
                continue;
            }

            if (field.IsMap)
            {
                ((IDictionary)field.Accessor.GetValue(message))[Text(random)] = Text(random);
            }
            else if (field.IsRepeated)
            {
                IList list = (IList)field.Accessor.GetValue(message);
                for (int i = random.Next(3); i > 0; i--)
                {
                    list.Add(Value(field, random, depth));
                }
            }
            else if (field.RealContainingOneof is null || field.RealContainingOneof.Accessor.GetCaseFieldDescriptor(message) is null)
            {
                field.Accessor.SetValue(message, Value(field, random, depth));
            }
        }

        return message;
    }

    private static object Value(FieldDescriptor field, Random random, int depth) => field.FieldType switch
    {
        FieldType.Bool => random.Next(2) == 1,
        FieldType.Int32 => random.Next(3) == 0 ? int.MinValue : random.Next(-5, 2000),
        FieldType.UInt32 => random.Next(3) == 0 ? uint.MaxValue : (uint)random.Next(2000),
        FieldType.Int64 => random.Next(3) == 0 ? long.MaxValue : random.NextInt64(-5, 1L << 60),
        FieldType.UInt64 => random.Next(3) == 0 ? ulong.MaxValue : (ulong)random.NextInt64(1L << 60),
        FieldType.Double => random.NextDouble(),
        FieldType.String => Text(random),
        FieldType.Bytes => ByteString.CopyFromUtf8(Text(random)),
        FieldType.Enum => field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number,
        FieldType.Message when field.MessageType == Duration.Descriptor => new Duration { Seconds = random.Next(-9, 9999) },
        FieldType.Message when field.MessageType == Timestamp.Descriptor => new Timestamp { Seconds = random.Next() },
        FieldType.Message when field.MessageType == FieldMask.Descriptor =>
            new FieldMask { Paths = { random.Next(2) == 0 ? ["udp_idle_timeout", "config"] : ["routes"] } },
        FieldType.Message => Make(field.MessageType, random, depth + 1),
        _ => throw new NotSupportedException(field.FullName),
    };

    private static string Text(Random random) => s_texts[random.Next(s_texts.Length)];
}
