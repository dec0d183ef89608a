//! Events of the server itself: connections, keys, certificates, readiness.
//!
//! An address belongs to a person as often as to a machine, so none is logged.

use super::metrics::metrics;

/// A connection was refused before its first call.
#[derive(Debug)]
pub struct ConnectionRefused {
    /// `total`, `address`, `handshake` or `timeout`.
    pub cause: &'static str,
    /// What TLS says, in words of its library; of bounded length.
    pub detail: Option<String>,
    /// How many such refusals were counted and not logged since the last line; `None` logs nothing.
    pub quiet: Option<u64>,
}

impl ConnectionRefused {
    /// Counts, and logs where it is time to.
    pub fn emit(self) {
        let labels = [("cause", self.cause)];
        metrics().connections_refused.get_or_create(&labels).inc();
        if let Some(quiet) = self.quiet {
            tracing::warn!(
                cause = self.cause,
                detail = self.detail,
                unlogged_before = quiet,
                "connection refused"
            );
        }
    }
}

/// A call was refused for its key or its number.
#[derive(Debug)]
pub struct CallRefused<'a> {
    /// `no_key`, `unknown`, `revoked`, `expired`, `suspended` or `rate`.
    pub cause: &'static str,
    /// Whose key it is, where that is known; the operator's name for them.
    pub tenant: Option<&'a str>,
    /// Its id in the key file, where it is in there.
    pub key: Option<&'a str>,
    /// As of [`ConnectionRefused::quiet`].
    pub quiet: Option<u64>,
}

impl CallRefused<'_> {
    /// Counts, and logs where it is time to.
    pub fn emit(self) {
        let labels = [("cause", self.cause)];
        metrics().calls_refused.get_or_create(&labels).inc();
        if let Some(quiet) = self.quiet {
            tracing::warn!(
                cause = self.cause,
                tenant = self.tenant,
                key = self.key,
                unlogged_before = quiet,
                "call refused"
            );
        }
    }
}

fn reload(what: &'static str, outcome: &'static str) {
    let labels = [("what", what), ("outcome", outcome)];
    metrics().reloads.get_or_create(&labels).inc();
}

/// The key file was read anew.
#[derive(Debug)]
pub struct KeysReloaded {
    /// Tenants in it.
    pub tenants: usize,
    /// Keys in it.
    pub keys: usize,
}

impl KeysReloaded {
    /// Logs and counts.
    pub fn emit(self) {
        reload("keys", "done");
        tracing::info!(
            tenants = self.tenants,
            keys = self.keys,
            "key file read anew"
        );
    }
}

/// The key file changed and cannot be used; the keys stay as they were.
#[derive(Debug)]
pub struct KeysUnreadable {
    /// Why, without any hash.
    pub error: String,
}

impl KeysUnreadable {
    /// Logs and counts.
    pub fn emit(self) {
        reload("keys", "failed");
        tracing::error!(error = self.error, "the keys stay as they were");
    }
}

/// The certificates were read anew.
#[derive(Debug)]
pub struct CertificateReloaded;

impl CertificateReloaded {
    /// Logs and counts.
    pub fn emit(self) {
        reload("certificate", "done");
        tracing::info!("certificates read anew; open connections keep theirs");
    }
}

/// The certificates cannot be used; those in use stay.
#[derive(Debug)]
pub struct CertificateUnusable {
    /// Why.
    pub error: String,
}

impl CertificateUnusable {
    /// Logs and counts.
    pub fn emit(self) {
        reload("certificate", "failed");
        tracing::error!(error = self.error, "the certificates stay as they were");
    }
}

/// A connection that is open; counted until dropped.
#[derive(Debug)]
pub struct OpenConnection(());

impl OpenConnection {
    /// Counts it.
    pub fn begin() -> Self {
        metrics().connections.inc();
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        metrics().connections.dec();
    }
}

/// The server takes interviews from now on, or no more.
#[derive(Debug)]
pub struct Readiness(pub bool);

impl Readiness {
    /// Shows it.
    pub fn emit(self) {
        metrics().ready.set(i64::from(self.0));
        tracing::info!(ready = self.0, "readiness");
    }
}

/// What a server is, shown once at its start.
#[derive(Debug)]
pub struct ServerStarted<'a> {
    /// Version of the program.
    pub version: &'a str,
    /// Execution provider.
    pub provider: &'a str,
    /// Worker threads.
    pub workers: usize,
    /// Interviews that may run at once.
    pub slots: u32,
    /// Of each model: id, task, digest, and whether it is in use.
    pub models: Vec<(String, String, String, bool)>,
}

impl ServerStarted<'_> {
    /// Shows it.
    pub fn emit(self) {
        let m = metrics();
        m.workers
            .set(i64::try_from(self.workers).unwrap_or(i64::MAX));
        m.session_slots.set(i64::from(self.slots));
        let build = vec![
            ("version", self.version.to_owned()),
            ("provider", self.provider.to_owned()),
        ];
        m.build.get_or_create(&build).set(1);
        for (model, task, sha256, used) in self.models {
            let labels = vec![("model", model), ("task", task), ("sha256", sha256)];
            m.models.get_or_create(&labels).set(i64::from(used));
        }
    }
}
