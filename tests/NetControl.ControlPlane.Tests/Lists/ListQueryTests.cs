using CsCheck;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Tests.Lists.Filters;

namespace NetControl.ControlPlane.Tests.Lists;

public sealed class ListQueryTests
{
    private static readonly Gen<(string Path, bool Descending)[]> s_order = Gen.Select(
        Gen.Shuffle((string[])["name", "label", "count", "time", "age", "color", "big"]), Gen.Bool.Array[7], Gen.Int[0, 4]).Select((paths, down, count) =>
            paths.Zip(down).Take(count).ToArray());

    [Fact]
    public void AnyFilterOrderAndSize_GiveEveryChosenItemOnce_InOrder() =>
        Gen.Select(Things.Many, Gen.Null(FilterTexts.Any), s_order, Gen.Int[1, 7]).Sample((things, tree, order, size) =>
        {
            ListRequest request = new($"{tree}", Text(order), size);
            List<Thing> read = [];
            do
            {
                Page<Thing> page = Read(request, things);
                Assert.True(page.Items.Count <= size);
                Assert.Equal(things.Count(thing => thing.IsChosenBy(tree)), page.TotalSize);
                read.AddRange(page.Items);
                request = request with { PageToken = page.NextPageToken };
            }
            while (request.PageToken.Length > 0);
            Assert.Equal(Sort(things.Where(thing => thing.IsChosenBy(tree)), order), read);
        }, iter: 1000);

    // What is there all the time is read once, whatever comes and goes between two pages.
    [Fact]
    public void ChangesBetweenPages_NeitherHideNorRepeatWhatStays() =>
        Gen.Select(Things.Many, s_order, Gen.Int[1, 5], Gen.Bool.Array[40].Array[41]).Sample((things, order, size, present) =>
        {
            HashSet<Thing> stayed = [.. things];
            List<Thing> read = [];
            ListRequest request = new("", Text(order), size);
            for (int n = 0; n == 0 || request.PageToken.Length > 0; n++)
            {
                Thing[] there = [.. things.Where((_, i) => i % 2 == 0 || present[n][i])];
                stayed.IntersectWith(there);
                Page<Thing> page = Read(request, there);
                read.AddRange(page.Items);
                request = request with { PageToken = page.NextPageToken };
            }

            Assert.Equal(read.Distinct(), read);
            Assert.Empty(stayed.Except(read));
        }, iter: 1000);

    [Fact]
    public void AToken_WithAnotherFilterOrOrder_IsRefused_AndBothAreNamed()
    {
        Thing[] things = [.. Enumerable.Range(0, 9).Select(i => new Thing($"things/a{i}", "", [], i, null, 0, false))];
        string token = Read(new ListRequest("count>1", "count desc", 2), things).NextPageToken;
        Assert.Single(Read(new ListRequest(" count>1 ", "count desc", 1, token), things).Items);
        ControlPlaneException e = Refused(new ListRequest("count>2", "", 2, token), things);
        Assert.Equal(
            "was given for filter \"count>1\" and order_by \"count desc\", and this request has filter \"count>2\" and order_by \"\"; "
            + "repeat those of the first page, or leave page_token out to begin anew", Assert.Single(e.Violations).Description);
        Assert.Equal("PAGE_TOKEN_MISMATCH", e.Violations[0].Reason);
    }

    [Fact]
    public void AnyToken_OfAnotherListOrNone_IsRefused() => Gen.OneOf(
        Gen.String, Gen.Byte.Array[0, 40].Select(bytes => Convert.ToBase64String(bytes).TrimEnd('=')), Gen.Const(Token("others")), Gen.Const(Token("things") + "AA"))
        .Where(text => text.Length > 0).Sample(text =>
            Assert.Equal("page_token", Assert.Single(Refused(new ListRequest(PageToken: text), []).Violations).Field));

    // Ages are counted to the moment of the first page: nothing slips out of a list, or into it, because reading takes its time.
    [Fact]
    public void Age_OnLaterPages_IsThatOfTheFirst()
    {
        Thing[] things = [.. Enumerable.Range(0, 4).Select(i => new Thing($"things/a{i}", "", [], i, 4, 0, false))];
        ListRequest request = new("age<2s", "", 3);
        request = request with { PageToken = Read(request, things).NextPageToken };
        Page<Thing> late = ListQuery<Thing>.Compile(request, Thing.Schema, "things", Thing.Now.AddHours(1)).Run(things);
        Assert.Equal((1, 4), (late.Items.Count, late.TotalSize));
    }

    [Fact]
    public void EverythingThatIsWrong_IsToldAtOnce()
    {
        ControlPlaneException e = Refused(new ListRequest("cout=1 AND (count=x OR color=RAD) AND tags=a AND label<b", "label up, size, count, count", -1, "?"), []);
        Assert.Equal(
        [
            "page_size: \"-1\" is negative; write 0 for the default of 100, or up to 1000",
            "order_by: \"label up\" at column 1 is not a field, or one with desc; write e.g. create_time desc, name",
            "order_by: \"size\" at column 11 is nothing that things can be ordered by; did you mean time?",
            "order_by: \"count\" stands there twice; leave one of them out",
            "page_token: does not belong to this list; pass next_page_token of the page before, with the same other fields",
            "filter: \"cout\" at column 1 is not a field of things; did you mean count?",
            "filter: \"x\" at column 19 is not a whole number, as count is; write e.g. 1500",
            "filter: \"RAD\" at column 30 is not a word of color; did you mean RED?",
            "filter: \"=\" at column 39 cannot be asked of tags, which is a list; write tags with :, after NOT for the opposite",
            "filter: \"<\" at column 50 cannot be asked of label, which is a text; write label with =, != or :",
        ],
        e.Violations.Select(v => $"{v}"));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(1, 1)]
    [InlineData(5000, 1000)]
    public void PageSize_HasADefaultAndAMost(int asked, int got)
    {
        Thing[] things = [.. Enumerable.Range(0, 1200).Select(i => new Thing($"things/a{i:0000}", "", [], i, null, 0, false))];
        Page<Thing> page = Read(new ListRequest(PageSize: asked), things);
        Assert.Equal((got, 1200, true), (page.Items.Count, page.TotalSize, page.NextPageToken.Length > 0));
    }

    [Fact]
    public void NothingAtAll_IsAnEmptyLastPage()
    {
        Page<Thing> page = Read(new ListRequest("count>5", "count"), []);
        Assert.Equal((0, "", 0), (page.Items.Count, page.NextPageToken, page.TotalSize));
    }

    private static Page<Thing> Read(ListRequest request, Thing[] things) =>
        ListQuery<Thing>.Compile(request, Thing.Schema, "things", Thing.Now).Run(things);

    private static ControlPlaneException Refused(ListRequest request, Thing[] things) =>
        Assert.Throws<ControlPlaneException>(() => Read(request, things));

    private static string Token(string scope) => new PageToken(scope, "", "", 0, ["x"]).ToString();

    private static string Text((string Path, bool Descending)[] order) =>
        string.Join(", ", order.Select(by => by.Descending ? $"{by.Path} desc" : by.Path));

    private static IEnumerable<Thing> Sort(IEnumerable<Thing> things, (string Path, bool Descending)[] order)
    {
        IOrderedEnumerable<Thing> sorted = things.Order(Comparer<Thing>.Create((_, _) => 0));
        foreach ((string path, bool descending) in order)
        {
            Func<Thing, object?> key = path switch
            {
                "name" => thing => thing.Name,
                "label" => thing => thing.Label,
                "count" => thing => thing.Count,
                "time" => thing => thing.Second,
                "age" => thing => -thing.Second,
                "color" => thing => thing.Color,
                _ => thing => thing.Big,
            };
            Comparer<object?> comparer = Comparer<object?>.Create((a, b) =>
                a is string text ? string.CompareOrdinal(text, (string?)b) : Comparer<object?>.Default.Compare(a, b));
            sorted = descending ? sorted.ThenByDescending(key, comparer) : sorted.ThenBy(key, comparer);
        }

        return sorted.ThenBy(thing => thing.Name, StringComparer.Ordinal);
    }
}
