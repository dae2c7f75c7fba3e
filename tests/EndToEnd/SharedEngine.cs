namespace Tare.Tests.EndToEnd;

/// <summary>One engine with the busybox image for all tests that only add containers of their own.</summary>
public sealed class SharedEngine : IDisposable
{
    public SharedEngine()
    {
        Engine = new Engine();
        Engine.LoadBusybox();
    }

    public Engine Engine { get; }

    public void Dispose() => Engine.Dispose();
}

/// <summary>Ties test classes to the shared engine.</summary>
[CollectionDefinition(Name)]
public sealed class SharedEngineCollection : ICollectionFixture<SharedEngine>
{
    public const string Name = "shared engine";
}
