using Google.Protobuf.Reflection;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Lists.Fields;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Sessions;

namespace NetControl.Server.Tests.Mapping;

/// <summary>What lists are filtered by is what their messages have: the control plane's words for it are those of the protos.</summary>
public sealed class ListFieldsTests
{
    // What the messages do not have: prose of the protos.
    private static readonly string[] s_made = ["age", "uses", "source.port", "destination.port"];

    [Fact]
    public void Devices_AreListedByTheirMessage() => Check(DeviceList.Schema.Fields, Protocol.V1.Device.Descriptor);

    [Fact]
    public void Delegates_AreListedByTheirMessage() => Check(DelegateList.Schema.Fields, Protocol.V1.Delegate.Descriptor);

    [Fact]
    public void Proxies_AreListedByTheirMessage() => Check(ProxyList.Schema.Fields, Protocol.V1.Proxy.Descriptor);

    [Fact]
    public void Policies_AreListedByTheirMessage() => Check(PolicyList.Schema.Fields, Protocol.V1.Policy.Descriptor);

    [Fact]
    public void Sessions_AreListedByTheirMessage() => Check(SessionList.Schema, Protocol.V1.Session.Descriptor);

    private static void Check<T>(ListSchema<T> schema, MessageDescriptor message)
    {
        Assert.NotEmpty(schema.Fields);
        foreach (ListField<T> field in schema.Fields.Where(field => !s_made.Contains(field.Path)))
        {
            FieldDescriptor? found = null;
            MessageDescriptor? of = message;
            foreach (string part in field.Path.Split('.'))
            {
                found = of?.FindFieldByName(part);
                Assert.True(found is not null, $"{message.Name} has no {field.Path}");
                of = found.FieldType == FieldType.Message ? found.MessageType : null;
            }

            if (found!.FieldType == FieldType.Enum)
            {
                Assert.Equal(
                    found.EnumType.Values.Where(value => value.Number != 0).Select(value => value.Name).Order(StringComparer.Ordinal),
                    field.Words.Select(word => field.Prefix + word).Order(StringComparer.Ordinal));
            }
        }
    }
}
