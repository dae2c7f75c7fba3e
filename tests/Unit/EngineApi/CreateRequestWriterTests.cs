using System.Collections;
using System.Reflection;
using System.Text.Json;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Execs;
using Tare.EngineApi.Json;

namespace Tare.Tests.Unit.EngineApi;

public sealed class CreateRequestWriterTests
{
    [Fact]
    public void Every_member_that_is_set_is_written()
    {
        var request = (CreateRequest)Filled(typeof(CreateRequest));
        CreateRequest again = JsonSerializer.Deserialize(CreateRequestWriter.Write(request), EngineApiJson.Default.CreateRequest)!;
        Assert.Equal(
            JsonSerializer.Serialize(request, EngineApiJson.Default.CreateRequest),
            JsonSerializer.Serialize(again, EngineApiJson.Default.CreateRequest));
    }

    [Fact]
    public void The_requests_of_an_exec_are_as_the_serializer_writes_them()
    {
        var create = (ExecCreateRequest)Filled(typeof(ExecCreateRequest));
        Assert.Equal(JsonSerializer.Serialize(create, EngineApiJson.Default.ExecCreateRequest), System.Text.Encoding.UTF8.GetString(ExecRequestWriter.Write(create)));
        var start = (ExecStartRequest)Filled(typeof(ExecStartRequest));
        Assert.Equal(JsonSerializer.Serialize(start, EngineApiJson.Default.ExecStartRequest), System.Text.Encoding.UTF8.GetString(ExecRequestWriter.Write(start)));
    }

    [Fact]
    public void Nothing_is_written_for_what_is_zero_but_empty_lists_stay()
    {
        var request = new CreateRequest { Image = "a", HostConfig = new HostConfig { MaskedPaths = [] } };
        Assert.Equal("""{"Image":"a","HostConfig":{"MaskedPaths":[]}}""", System.Text.Encoding.UTF8.GetString(CreateRequestWriter.Write(request)));
    }

    [Fact]
    public void Short_answers_are_read_and_wrong_ones_refused()
    {
        CreateResponse created = ShortAnswers.ReadCreated("""{"Id":"x","Warnings":["a","b"],"More":{"Id":"y"}}"""u8);
        Assert.Equal(("x", 2), (created.Id, created.Warnings.Count));
        Assert.Equal("x", ShortAnswers.ReadCreated("""{"Warnings":null,"Id":"x"}"""u8).Id);
        Assert.Equal(137, ShortAnswers.ReadWaited("""{"Error":null,"StatusCode":137}"""u8).StatusCode);
        Assert.Equal("m", ShortAnswers.ReadWaited("""{"StatusCode":1,"Error":{"Message":"m"}}"""u8).Error!.Message);
        _ = Assert.Throws<JsonException>(() => ShortAnswers.ReadCreated("{}"u8));
        Assert.Equal(7, ShortAnswers.ReadExitCode("""{"ID":"x","ProcessConfig":{"ExitCode":1},"ExitCode":7}"""u8));
        Assert.Null(ShortAnswers.ReadExitCode("""{"ExitCode":null}"""u8));
        _ = Assert.Throws<JsonException>(() => ShortAnswers.ReadExitCode("{}"u8));
    }

    /// <summary>A value with every member set to something that is not its default.</summary>
    private static object Filled(Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(string))
            return "t";
        if (plain == typeof(byte[]))
            return new byte[] { 7 };
        if (plain == typeof(bool))
            return true;
        if (plain.IsPrimitive)
            return Convert.ChangeType(7, plain);
        object made = Activator.CreateInstance(plain)!;
        if (made is IDictionary map)
            map["k"] = Filled(plain.GenericTypeArguments[1]);
        else if (made is IList list)
            _ = (list.Add(Filled(plain.GenericTypeArguments[0])), list.Add(Filled(plain.GenericTypeArguments[0])));
        else
        {
            foreach (PropertyInfo property in plain.GetProperties().Where(p => p.CanWrite))
                property.SetValue(made, Filled(property.PropertyType));
        }
        return made;
    }
}
