using Howdah.Postgres.DataDirectory;

namespace Howdah.Postgres.Tests.DataDirectory;

public sealed class RelationFileNameTests
{
    [Theory]
    [InlineData("base/1/2602", 2602u, RelationFork.Main, 0u)]
    [InlineData("global/1262", 1262u, RelationFork.Main, 0u)]
    [InlineData("base/16384/16385_fsm", 16385u, RelationFork.FreeSpaceMap, 0u)]
    [InlineData("base/16384/16385_vm.3", 16385u, RelationFork.VisibilityMap, 3u)]
    [InlineData("base/16384/16385_init", 16385u, RelationFork.Initialization, 0u)]
    [InlineData("base/16384/4294967295.32767", 4294967295u, RelationFork.Main, 32767u)]
    [InlineData("pg_tblspc/16400/PG_15_202209061/16384/16401.12", 16401u, RelationFork.Main, 12u)]
    public void Files_of_relations_are_recognised(string path, uint number, RelationFork fork, uint segment)
    {
        Assert.True(RelationFileName.TryParsePath(path, out var file));
        Assert.Equal(new RelationFileName(number, fork, segment), file);
        Assert.Equal(segment * 131072, file.FirstBlock);
    }

    [Theory]
    [InlineData("global/pg_control")]
    [InlineData("global/pg_filenode.map")]
    [InlineData("base/1/PG_VERSION")]
    [InlineData("base/1/pg_internal.init")]
    [InlineData("base/1/t3_16385")]
    [InlineData("base/1/16385_foo")]
    [InlineData("base/1/16385.")]
    [InlineData("base/1/16385.01")]
    [InlineData("base/1/016385")]
    [InlineData("base/1/0")]
    [InlineData("base/1/4294967296")]
    [InlineData("base/1/16385.32768")]
    [InlineData("base/pgsql_tmp/16385")]
    [InlineData("pg_xact/0000")]
    [InlineData("pg_tblspc/16400/16384/16401")]
    [InlineData("pg_tblspc/16400/PG_15/x/16384/16401")]
    [InlineData("1234")]
    [InlineData("")]
    public void Other_files_are_not(string path) => Assert.False(RelationFileName.TryParsePath(path, out _));
}
