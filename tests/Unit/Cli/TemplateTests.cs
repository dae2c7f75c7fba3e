using System.Text.Json;
using Tare.Cli.Templates;
using Tare.EngineApi.Json;

namespace Tare.Tests.Unit.Cli;

public sealed class TemplateTests
{
    private static readonly JsonElement Data = JsonDocument.Parse("""
        {"Name":"/web","State":{"Running":true,"Pid":42,"Health":null},"Args":["a","b"],"Config":{"Labels":{"x.y":"z","k":"v"}},
         "Mounts":[{"Source":"/s","RW":true},{"Source":"/t","RW":false}],"mediaType":"m","F":1.5}
        """).RootElement;

    [Theory]
    [InlineData("{{.Name}} {{.State.Pid}}", "/web 42")]
    [InlineData("{{json .Args}}", "[\"a\",\"b\"]")]
    [InlineData("{{.Args}} {{.Config.Labels}}", "[a b] map[k:v x.y:z]")]
    [InlineData("{{range .Mounts}}{{.Source}}{{if .RW}}:rw{{else}}:ro{{end}} {{end}}", "/s:rw /t:ro ")]
    [InlineData("{{range $i, $m := .Mounts}}{{$i}}={{$m.Source}};{{end}}", "0=/s;1=/t;")]
    [InlineData("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}", "k=v x.y=z ")]
    [InlineData("{{index .Config.Labels \"x.y\"}}", "z")]
    [InlineData("{{(index .Mounts 1).Source}}", "/t")]
    [InlineData("{{len .Args}} {{join .Args \",\"}} {{upper .Name}} {{title \"ab cd\"}}", "2 a,b /WEB Ab Cd")]
    [InlineData("{{index (split .Name \"/\") 1}}", "web")]
    [InlineData("{{if and .State.Running (eq .State.Pid 42)}}yes{{end}}", "yes")]
    [InlineData("{{if eq .Name \"a\" \"/web\"}}in{{else if true}}out{{end}}", "in")]
    [InlineData("{{if .State.Health}}h{{else if ne .State.Pid 1}}none{{end}}", "none")]
    [InlineData("{{with .State}}{{.Pid}} {{$.Name}}{{end}}", "42 /web")]
    [InlineData("{{printf \"%-5s|%03d|%q|%.1f\" .mediaType .State.Pid .Name .F}}", "m    |042|\"/web\"|1.5")]
    [InlineData("{{.Name | printf \"%s!\" | upper}}", "/WEB!")]
    [InlineData("{{$x := .Name}}{{$x}}{{println 1 \"a\"}}", "/web1 a\n")]
    [InlineData("a {{- /* c */ -}} b{{\"}}\"}}", "ab}}")]
    [InlineData("{{.MediaType}} {{not true}} {{or .State.Health \"d\"}}", "m false d")]
    [InlineData("{{slice .Name 1 3}} {{slice .Args 1}}", "we [b]")]
    public void Templates_write_what_go_writes(string template, string expected) => Assert.Equal(expected, Template.Parse(template).Execute(Data));

    [Theory]
    [InlineData("{{.Name")]
    [InlineData("{{if .Name}}x")]
    [InlineData("{{end}}")]
    [InlineData("{{nope .Name}}")]
    [InlineData("{{.Nope.Deeper}}")]
    [InlineData("{{range .Name}}{{end}}")]
    [InlineData("{{index .Args 7}}")]
    [InlineData("{{slice .Name 1 99}}")]
    public void Templates_that_do_not_fit_are_refused(string template) =>
        Assert.Throws<TemplateException>(() => Template.Parse(template).Execute(Data));

    [Theory]
    [InlineData("{{.Nope}}", "template: :1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\"")]
    [InlineData("a\n {{.State.Nope}}", "template: :2:9: executing \"\" at <.State.Nope>: map has no entry for key \"Nope\"")]
    [InlineData("{{if .Name}}{{len .F}}{{end}}", "template: :1:14: executing \"\" at <len .F>: wrong type of value for len")]
    [InlineData("{{nope .Name}}", "template: :1: function \"nope\" not defined")]
    public void Errors_name_their_place_as_go_does(string template, string message) =>
        Assert.Equal(message, Assert.Throws<TemplateException>(() => Template.Parse(template).Execute(Data)).Message);

    [Theory]
    [InlineData("{{.Binds}} {{.PortBindings}} {{.Memory}} {{.Init}} {{.UsernsMode}}|", "[] map[] 0 <nil> |")]
    [InlineData("{{.StorageOpt}} {{.Sysctls}}|", "map[] map[]|")]
    [InlineData("{{.RestartPolicy}} {{if .Init}}yes{{else}}no{{end}} {{json .Binds}}", "{always 3} no null")]
    public void Members_that_are_left_out_are_zero_values_of_their_types(string template, string expected)
    {
        JsonElement host = JsonDocument.Parse("""{"RestartPolicy":{"Name":"always","MaximumRetryCount":3},"PortBindings":null}""").RootElement;
        Assert.Equal(expected, Template.Parse(template).Execute(host, EngineApiJson.Default.HostConfig));
    }

    [Fact]
    public void A_row_takes_methods_and_names_its_fields_when_one_is_missing()
    {
        var row = new Dictionary<string, object?> { ["ID"] = "1", ["Label"] = (Func<string, object?>)(name => "<" + name + ">") };
        Assert.Equal("1 <a>", Template.Parse("{{.ID}} {{.Label \"a\"}}").Execute(row));
        Assert.Contains("there are: ID", Assert.Throws<TemplateException>(() => Template.Parse("{{.Id}}").Execute(row)).Message, StringComparison.Ordinal);
    }
}
