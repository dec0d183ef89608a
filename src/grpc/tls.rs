//! TLS of the server: certificates from files, read anew on request.

use crate::telemetry::{CertificateReloaded, CertificateUnusable};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Where certificate and key of the server lie, PEM.
#[derive(Clone)]
pub struct Tls {
    /// Certificate chain.
    pub certificate_file: PathBuf,
    /// Private key.
    pub key_file: PathBuf,
    /// Authority whose certificates clients must show; `None` asks for none.
    pub client_ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls(..)")
    }
}

/// Why TLS cannot be served. Names the setting; the key's path is not printed.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate chain cannot be read.
    #[error("server.tls_cert_file: {}: {source}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: pem::Error,
    },
    /// The private key cannot be read.
    #[error("server.tls_key_file: cannot be read, or holds no private key")]
    Key,
    /// The client authority cannot be read.
    #[error("server.tls_client_ca_file: {}: {source}", .path.display())]
    ClientCa {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: pem::Error,
    },
    /// The file holds no certificate.
    #[error("{setting}: the file holds no certificate")]
    Empty {
        /// The setting.
        setting: &'static str,
    },
    /// Certificate and key cannot be used together, or the authority is none.
    #[error("{setting}: {message}")]
    Unusable {
        /// The settings at fault.
        setting: &'static str,
        /// What the library says.
        message: String,
    },
}

/// The certificates in use. Clones share them.
#[derive(Clone)]
pub(super) struct Certificates {
    files: Arc<Tls>,
    current: Arc<RwLock<Arc<ServerConfig>>>,
}

// === impl Certificates ===

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(super) fn read(files: &Tls) -> Result<Self, TlsError> {
        let config = server_config(files)?;
        Ok(Self {
            files: Arc::new(files.clone()),
            current: Arc::new(RwLock::new(Arc::new(config))),
        })
    }

    /// What a new connection is greeted with.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        // One pointer: a panic cannot leave it half changed.
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// Reads the files anew; where they cannot be used, what is in use stays.
    pub(super) fn reload(&self) {
        match server_config(&self.files) {
            Ok(config) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(config);
                CertificateReloaded.emit();
            }
            Err(error) => CertificateUnusable {
                error: error.to_string(),
            }
            .emit(),
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_file_iter(path)?.collect()
}

fn server_config(files: &Tls) -> Result<ServerConfig, TlsError> {
    let path = &files.certificate_file;
    let chain = certificates(path).map_err(|source| TlsError::Certificate {
        path: path.clone(),
        source,
    })?;
    if chain.is_empty() {
        let setting = "server.tls_cert_file";
        return Err(TlsError::Empty { setting });
    }
    let key = PrivateKeyDer::from_pem_file(&files.key_file).map_err(|_| TlsError::Key)?;
    let unusable = |setting, error: &dyn std::fmt::Display| TlsError::Unusable {
        setting,
        message: error.to_string(),
    };
    let pair = "server.tls_cert_file and server.tls_key_file";
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable(pair, &e))?;
    let builder = match &files.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(path) => builder.with_client_cert_verifier(client_verifier(path)?),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|e| unusable(pair, &e))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Certificates of this authority, within their dates. Lists of revoked ones are not read.
fn client_verifier(path: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let setting = "server.tls_client_ca_file";
    let unusable = |message: String| TlsError::Unusable { setting, message };
    let found = certificates(path).map_err(|source| TlsError::ClientCa {
        path: path.to_owned(),
        source,
    })?;
    if found.is_empty() {
        return Err(TlsError::Empty { setting });
    }
    let mut roots = RootCertStore::empty();
    for certificate in found {
        roots
            .add(certificate)
            .map_err(|e| unusable(e.to_string()))?;
    }
    let provider = Arc::new(ring::default_provider());
    WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .map_err(|e| unusable(e.to_string()))
}
