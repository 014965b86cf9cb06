using NetControl.Cli.Completion;
using NetControl.ControlPlane.Delegates;
using NetControl.ControlPlane.Devices;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Policies;
using NetControl.ControlPlane.Proxies;
using NetControl.ControlPlane.Sessions;

namespace NetControl.Cli.Tests.Completion;

public sealed class ListFieldsTests
{
    [Fact]
    public void Fields_AreThoseOfTheServer()
    {
        Check("devices", DeviceList.Schema.Fields);
        Check("delegates", DelegateList.Schema.Fields);
        Check("proxies", ProxyList.Schema.Fields);
        Check("policies", PolicyList.Schema.Fields);
        Check("sessions", SessionList.Schema);
    }

    // A filter and an order that help shows are ones that the server takes.
    private static void Check<T>(string collection, ListSchema<T> schema)
    {
        Assert.Equal(
            schema.Fields.Select(f => (f.Path, f.Key is not null, string.Join(' ', f.Words))),
            ListFields.Of(collection).Select(f => (f.Name, f.Sorts, string.Join(' ', f.Words))));
        ListQuery<T>.Compile(
            new ListRequest(ListFields.Example(collection), ListFields.OrderExample(collection)), schema, collection, DateTimeOffset.UnixEpoch);
    }

    [Theory]
    [InlineData("", "NOT")]
    [InlineData("na", "name")]
    [InlineData("state=READY A", "state=READY AND")]
    [InlineData("NOT (state!=", "NOT (state!=DRAINING")]
    [InlineData("failover.mode=f", "failover.mode=FIXED")]
    public void Filter_IsCompleted_AfterWhatIsThere(string written, string expected) =>
        Assert.Contains(expected, ListFields.CompleteFilter("delegates", written).Select(item => item.Label));

    [Theory]
    [InlineData("cre", "create_time desc")]
    [InlineData("proxy, na", "proxy, name")]
    public void Order_IsCompleted_AfterWhatIsThere(string written, string expected) =>
        Assert.Contains(expected, ListFields.CompleteOrder("delegates", written).Select(item => item.Label));

    [Fact]
    public void AWord_IsNotCompleted_WithWhatTheFieldDoesNotHave() =>
        Assert.Empty(ListFields.CompleteFilter("delegates", "state=FIX").Concat(ListFields.CompleteFilter("delegates", "proxy=")));
}
