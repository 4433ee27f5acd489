using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Operations.FetchWal;
using Howdah.Postgres.Server;
using Howdah.Repository;

namespace Howdah.Cluster.Execution;

/// <summary>What all steps work with. Owned by one operation at a time.</summary>
internal sealed class ClusterWorkshop : IAsyncDisposable
{
    private ClusterWorkshop(ClusterModel model, ClusterEnvironment environment, PostgresInstallation installation)
    {
        Model = model;
        Self = environment.SelfIn(model);
        Environment = environment with
        {
            Observer = environment.Observer as SerializedObserver ?? new SerializedObserver(environment.Observer),
        };
        Installation = installation;
        Survey = new ClusterSurvey(model, environment, installation);
        Files = new ClusterStateFiles(model.Paths);
        Secrets = new SecretFiles(model);
        Receiver = new ReceiverHost(this);
    }

    public ClusterModel Model { get; }

    /// <summary>This machine.</summary>
    public HostModel Self { get; }

    public ClusterEnvironment Environment { get; }

    public TimeProvider Time => Environment.Time;

    public IClusterObserver Observer => Environment.Observer;

    public PostgresInstallation Installation { get; }

    public ClusterSurvey Survey { get; }

    public ClusterStateFiles Files { get; }

    public SecretFiles Secrets { get; }

    public ReceiverHost Receiver { get; }

    /// <summary>Its owner holds the supervisor's lock, so that it is the one to receive.</summary>
    public bool IsSupervising { get; set; }

    public static async Task<ClusterWorkshop> OpenAsync(
        ClusterModel model, ClusterEnvironment environment, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> directories = model.BinDirectory is { } chosen
            ? [chosen, .. environment.InstallationDirectories]
            : environment.InstallationDirectories;
        var installation = await PostgresInstallations.FindAsync(model.PostgresMajor, directories, cancellationToken);
        return new ClusterWorkshop(model, environment, installation);
    }

    /// <summary>Before anything is changed: does PostgreSQL accept what the cluster file says?</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/>: what it refuses.</exception>
    public Task TrySettingsAsync(CancellationToken cancellationToken) =>
        SettingsTrial.RunAsync(Model, Installation, Survey.RenderOptionsFor(null), cancellationToken);

    public PostgresServer Server(NodeModel node) => new(Installation, node.DataDirectory, Model.Paths.NodeLog(node), Time);

    public BackupRepository OpenRepository() => BackupRepository.Open(Model.Backup.RepositoryDirectory, RepositoryOptions());

    public RepositoryOptions RepositoryOptions() => PartialFrontier.Options(Time);

    public void Announce(AnnouncementLevel level, string text, string? hint = null) =>
        Observer.Announced(new Announcement(Time.GetUtcNow(), level, text) { Hint = hint });

    /// <summary>Looks, and adds what only this process knows: whether it receives.</summary>
    public async Task<ObservedCluster> ObserveAsync(CancellationToken cancellationToken)
    {
        var seen = await Survey.TakeAsync(cancellationToken);
        if (!Self.IsBackupHost)
            return seen;
        var elsewhere = seen.SupervisorProcessId is not null && !IsSupervising;
        var isReceiving = Receiver.IsReceiving;
        return seen with
        {
            Backup = seen.Backup with
            {
                IsReceiverRunning = Receiver.IsRunning || elsewhere,
                ReceiverError = isReceiving ? null : Receiver.Error,
                HoldsFlushed = isReceiving ? true : seen.Backup.HoldsFlushed,
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Receiver.StopAsync();
        await Survey.DisposeAsync();
    }
}
