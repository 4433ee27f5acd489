using System.Net.Sockets;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>
/// Opens a session with the first server of the settings that can be reached and is of the wanted kind.
/// </summary>
/// <remarks>The order and the rules of libpq: src/interfaces/libpq/fe-connect.c, PQconnectPoll.</remarks>
internal sealed class ConnectionOpener(ConnectionSettings settings, StartupParameters startup, TimeProvider time)
{
    // Keywords whose absence here would weaken what the user asked for.
    private static readonly string[] RefusedKeywords = [
        "sslpassword",
        "sslcrl",
        "sslcrldir",
        "requirepeer",
        "require_auth",
        "ssl_max_protocol_version"
    ];

    public async Task<WireConnection> OpenAsync(CancellationToken cancellationToken)
    {
        RefuseUnsupported();
        var failures = new List<OperationException>();
        var passes = settings.TargetSessionAttributes == TargetSessionAttributes.PreferStandby
            ? [TargetSessionAttributes.Standby, TargetSessionAttributes.Any]
            : new[] { settings.TargetSessionAttributes };
        foreach (var wanted in passes)
        {
            foreach (var server in settings.Servers)
            {
                if (await TryServerAsync(server, wanted, failures, cancellationToken) is { } connection)
                    return connection;
            }
        }

        throw Combine(failures);
    }

    private async Task<WireConnection?> TryServerAsync(
        ServerAddress server, TargetSessionAttributes wanted, List<OperationException> failures, CancellationToken cancellationToken)
    {
        IReadOnlyList<Target> targets = [];
        await AttemptAsync(
            server.ToString(), failures, async token => targets = await SocketConnector.ResolveAsync(server, token), cancellationToken);
        foreach (var target in targets)
        {
            WireConnection? opened = null;
            await AttemptAsync(target.ToString(), failures, OpenAndCheckAsync, cancellationToken);
            if (opened is not null)
                return opened;

            async Task OpenAndCheckAsync(CancellationToken token)
            {
                var connection = await OpenTargetAsync(target, token);
                try
                {
                    await SessionKind.CheckAsync(connection, wanted, token);
                    opened = connection;
                }
                finally
                {
                    if (opened is null)
                        await connection.DisposeAsync();
                }
            }
        }

        return null;
    }

    /// <summary>One step within the connect timeout; its failure is remembered unless it ends the whole attempt.</summary>
    private async Task AttemptAsync(
        string target, List<OperationException> failures, Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(settings.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await step(either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            failures.Add(new OperationException(
                ErrorCodes.ServerTimeout,
                $"connection to {target} was not ready within {settings.ConnectTimeout.TotalSeconds:0.#} s",
                null,
                exception));
        }
        catch (SocketException exception)
        {
            failures.Add(
                new OperationException(
                    ErrorCodes.ServerUnreachable, $"connection to {target} failed: {exception.Message}", null, exception));
        }
        catch (OperationException exception) when (exception.Code != ErrorCodes.AuthenticationFailed)
        {
            // Not after an authentication failure: the next server would be asked with the same wrong password.
            failures.Add(exception);
        }
    }

    private async Task<WireConnection> OpenTargetAsync(Target target, CancellationToken cancellationToken)
    {
        if (target.Server.IsUnixSocket)
            return await SignInAsync(target, wantsTls: false, cancellationToken);
        try
        {
            return await SignInAsync(target, wantsTls: settings.SslMode > SslMode.Allow, cancellationToken);
        }
        catch (OperationException exception) when (settings.SslMode is SslMode.Allow or SslMode.Prefer && MayHelpOtherwise(exception))
        {
            return await SignInAsync(target, wantsTls: settings.SslMode == SslMode.Allow, cancellationToken);
        }
    }

    // pg_hba.conf may accept only the other kind (28000), or TLS itself failed.
    private static bool MayHelpOtherwise(OperationException exception) =>
        exception.Code == ErrorCodes.TlsFailed || ServerError.Of(exception)?.SqlState == SqlStates.InvalidAuthorization;

    private async Task<WireConnection> SignInAsync(Target target, bool wantsTls, CancellationToken cancellationToken)
    {
        var socket = await SocketConnector.ConnectAsync(target, settings.SourceAddress, cancellationToken);
        WireConnection? connection = null;
        try
        {
            var encrypted = wantsTls ? await TlsClient.StartAsync(socket, target, settings, cancellationToken) : null;
            if (encrypted is null && settings.SslMode >= SslMode.Require && !target.Server.IsUnixSocket)
                throw new OperationException(
                    ErrorCodes.TlsFailed, $"{target} does not support TLS, and sslmode demands it", "turn ssl on at the server");
            connection = new WireConnection(socket, encrypted is null ? socket : encrypted, target, time);
            await SignIn.RunAsync(connection, encrypted, settings, startup, cancellationToken);
            return connection;
        }
        catch
        {
            if (connection is not null)
                await connection.DisposeAsync();
            await socket.DisposeAsync();
            throw;
        }
    }

    private void RefuseUnsupported()
    {
        var refused = settings.OtherKeywords.Keys.FirstOrDefault(keyword => RefusedKeywords.Contains(keyword, StringComparer.Ordinal))
            ?? (settings.OtherKeywords.GetValueOrDefault("gssencmode") == "require" ? "gssencmode=require" : null);
        if (refused is not null)
            throw new OperationException(
                ErrorCodes.ConnectionStringInvalid,
                $"the connection keyword {refused} is not supported",
                "remove it; ignoring it would weaken the connection");
    }

    private static OperationException Combine(List<OperationException> failures)
    {
        if (failures.Count == 1)
            return failures[0];
        // The first few name the problem; 64 servers with ten addresses each would not fit a screen.
        var shown = string.Join("; ", failures.Take(8).Select(failure => failure.Message));
        return new OperationException(
            failures[^1].Code, $"no server could be used: {shown}", failures[^1].Hint, failures[^1].InnerException);
    }
}
