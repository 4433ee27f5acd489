namespace Howdah.EndToEnd.Tests;

/// <summary>One lab for tests that only look at it, made when the first of them runs.</summary>
public sealed class SharedLab : IAsyncDisposable
{
    public const string Collection = "a lab that is looked at";

    private Lab? _lab;

    public async Task<Lab> UpAsync() => _lab ??= await Lab.UpAsync();

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null) await _lab.DisposeAsync();
    }
}

/// <summary>Classes of it run one after the other.</summary>
[CollectionDefinition(SharedLab.Collection)]
public sealed class SharedLabUsers : ICollectionFixture<SharedLab>;
