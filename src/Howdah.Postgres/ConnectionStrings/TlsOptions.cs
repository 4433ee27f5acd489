namespace Howdah.Postgres.ConnectionStrings;

/// <summary>Whether TLS is used, and what is verified (libpq <c>sslmode</c>, PostgreSQL documentation 34.19.1).</summary>
public enum SslMode
{
    /// <summary>Never TLS.</summary>
    Disable,

    /// <summary>Plain first, TLS where the server refuses that.</summary>
    Allow,

    /// <summary>TLS first, plain where the server has none. libpq's default.</summary>
    Prefer,

    /// <summary>TLS; the certificate is verified as in <see cref="VerifyCa"/> only where a root certificate file exists.</summary>
    Require,

    /// <summary>TLS, and the certificate leads to a trusted root.</summary>
    VerifyCa,

    /// <summary>As <see cref="VerifyCa"/>, and the certificate names the host.</summary>
    VerifyFull,
}

/// <summary>How TLS starts (libpq <c>sslnegotiation</c>).</summary>
public enum SslNegotiation
{
    /// <summary>An SSLRequest message asks first; every server version understands it.</summary>
    Postgres,

    /// <summary>With the first byte; needs a server of 17 or later and at least <see cref="SslMode.Require"/>.</summary>
    Direct,
}

/// <summary>Whether SCRAM is bound to the TLS channel (libpq <c>channel_binding</c>).</summary>
public enum ChannelBinding
{
    Disable,

    /// <summary>Where both sides can. libpq's default.</summary>
    Prefer,

    /// <summary>Anything else is refused: no server in the middle can relay the authentication.</summary>
    Require,
}

/// <summary>Which kind of server is wanted (libpq <c>target_session_attrs</c>).</summary>
public enum TargetSessionAttributes
{
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,

    /// <summary>A standby, or any server where no standby answers.</summary>
    PreferStandby,
}
