//! What a client shows at the door, and whom it believes.

use crate::ClientError;
use tonic::metadata::AsciiMetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

/// What a client shows at the door, and whom it believes. Its `Debug` shows none of it.
#[derive(Clone, Default)]
pub struct Access {
    key: Option<String>,
    certificate_authority: Option<String>,
    identity: Option<(String, String)>,
}

/// The way to the server: a channel that shows the key with each call.
pub(crate) type Way = InterceptedService<Channel, Bearer>;

/// Puts the key into each call's metadata.
#[derive(Clone)]
pub(crate) struct Bearer(Option<AsciiMetadataValue>);

// === impl Access ===

impl Access {
    /// Shows this API key with each call. Over `http://` it travels in the clear.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Believes servers with a certificate of this authority (PEM), over `https://`.
    #[must_use]
    pub fn certificate_authority(mut self, pem: impl Into<String>) -> Self {
        self.certificate_authority = Some(pem.into());
        self
    }

    /// Shows this certificate (PEM chain and private key) to servers that ask for one.
    #[must_use]
    pub fn identity(mut self, certificate: impl Into<String>, key: impl Into<String>) -> Self {
        self.identity = Some((certificate.into(), key.into()));
        self
    }

    pub(crate) fn secure(&self, endpoint: Endpoint) -> Result<Endpoint, tonic::transport::Error> {
        if self.certificate_authority.is_none() && self.identity.is_none() {
            return Ok(endpoint);
        }
        let mut tls = ClientTlsConfig::new();
        if let Some(pem) = &self.certificate_authority {
            tls = tls.ca_certificate(Certificate::from_pem(pem));
        }
        if let Some((certificate, key)) = &self.identity {
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        endpoint.tls_config(tls)
    }

    pub(crate) fn bearer(&self) -> Result<Bearer, ClientError> {
        let Some(key) = &self.key else {
            return Ok(Bearer(None));
        };
        let value = AsciiMetadataValue::try_from(format!("Bearer {}", key.trim()));
        let mut value = value.map_err(|_| ClientError::Key)?;
        // Kept out of logs and out of the header compression table.
        value.set_sensitive(true);
        Ok(Bearer(Some(value)))
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access(..)")
    }
}

// === impl Bearer ===

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            let metadata = request.metadata_mut();
            metadata.insert("authorization", value.clone());
        }
        Ok(request)
    }
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_and_not_shown() {
        let access = Access::default()
            .key("lp_secret\n")
            .identity("cert", "lp_secret");
        let mut bearer = access.bearer().unwrap();
        let sent = bearer.call(Request::new(())).unwrap();
        let value = sent.metadata().get("authorization").unwrap();
        assert_eq!(value.to_str().unwrap(), "Bearer lp_secret");
        for shown in [
            format!("{access:?}"),
            format!("{bearer:?}"),
            format!("{:?}", sent.metadata()),
        ] {
            assert!(!shown.contains("lp_secret"), "{shown}");
        }
        let bad = Access::default().key("a\nb").bearer();
        assert!(matches!(bad, Err(ClientError::Key)));
        let none = Access::default().bearer().unwrap().call(Request::new(()));
        assert!(none.unwrap().metadata().get("authorization").is_none());
    }
}
