namespace Tare.Tests.EndToEnd;

/// <summary>The main job: a PostgreSQL server in a container, asked by a real psql, its data kept in a volume.</summary>
public sealed class PostgresTests : IDisposable
{
    private readonly Engine _engine = new();

    public PostgresTests() => _engine.Tare("load", "-q", "-i", Repository.Image("postgres")).Ok();

    [Fact]
    public void A_table_survives_its_container_on_a_volume()
    {
        _engine.Tare("run", "--name", "postgres", "-e", "POSTGRES_PASSWORD=mysecret", "-p", "127.0.0.1:27432:5432", "-v", "pgdata:/var/lib/postgresql/data", "-d", "postgres").Ok();
        WaitUntilReady();
        Psql("create table kept (text text); insert into kept values ('still here')");
        _engine.Tare("stop", "postgres").Ok();
        _engine.Tare("rm", "postgres").Ok();
        _engine.Docker("run", "--name", "postgres", "-e", "POSTGRES_PASSWORD=mysecret", "-p", "127.0.0.1:27432:5432", "-v", "pgdata:/var/lib/postgresql/data", "-d", "postgres").Ok();
        WaitUntilReady();
        Assert.Equal("still here\n", Psql("select text from kept").Ok());
        _engine.Tare("rm", "-f", "postgres").Ok();
        _engine.Tare("volume", "rm", "pgdata").Ok();
    }

    [Fact]
    public void Without_a_password_the_container_says_what_is_missing()
    {
        Result result = _engine.Tare("run", "--rm", "postgres");
        Assert.NotEqual(0, result.Code);
        Assert.Contains("POSTGRES_PASSWORD", result.Error);
    }

    public void Dispose() => _engine.Dispose();

    private void WaitUntilReady() =>
        Wait.Until(() => Psql("select 1").Code == 0, TimeSpan.FromSeconds(60), () => _engine.Tare("logs", "postgres").Error + _engine.Tare("logs", "postgres").Output);

    private Result Psql(string statement) =>
        Repository.Run("psql", ["-h", "127.0.0.1", "-p", "27432", "-U", "postgres", "-Atc", statement], environment: new() { ["PGPASSWORD"] = "mysecret", ["PGCONNECT_TIMEOUT"] = "2" });
}
