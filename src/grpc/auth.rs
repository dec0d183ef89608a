//! The door of each call: who calls, and whether there are calls left.

use super::limits::{Quiet, Rates};
use super::status::status_of_door;
use crate::session::Caller;
use crate::telemetry::CallRefused;
use crate::tenants::{KeyStore, Refusal};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::service::Interceptor;
use tonic::{Request, Status};

/// Why a call is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorError {
    /// Its key does not open.
    Refused(Refusal),
    /// Its tenant has no calls left for now.
    TooManyCalls {
        /// When there is one again.
        retry_after: Duration,
    },
}

/// Stands before a service and puts the [`Caller`] into each request that it lets in. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None`: no keys are asked for, and everybody is one tenant.
    keys: Option<Arc<KeyStore>>,
    calls_per_min: u32,
    rates: Rates,
    quiet: Quiet,
}

// === impl Gate ===

impl Gate {
    pub(super) fn new(keys: Option<Arc<KeyStore>>, calls_per_min: u32) -> Self {
        Self(Arc::new(Shared {
            keys,
            calls_per_min,
            rates: Rates::default(),
            quiet: Quiet::default(),
        }))
    }

    fn admit(&self, metadata: &MetadataMap) -> Result<Caller, DoorError> {
        let caller = match &self.0.keys {
            None => Caller::default(),
            Some(keys) => keys.admit(bearer(metadata)).map_err(DoorError::Refused)?,
        };
        let own = caller.limits.max_requests_per_min;
        let per_min = own.unwrap_or(self.0.calls_per_min);
        let taken = self.0.rates.take(&caller.tenant, per_min, Instant::now());
        let too_many = |retry_after| DoorError::TooManyCalls { retry_after };
        match taken.map_err(too_many) {
            Ok(()) => Ok(caller),
            Err(error) => {
                self.tell("rate", Some(caller.tenant.as_str()), None);
                Err(error)
            }
        }
    }

    fn tell_refusal(&self, refusal: &Refusal) {
        match refusal {
            Refusal::NoKey => self.tell("no_key", None, None),
            Refusal::Unknown => self.tell("unknown", None, None),
            Refusal::Revoked { tenant, key } => {
                self.tell("revoked", Some(tenant.as_str()), Some(key));
            }
            Refusal::Expired { tenant, key } => {
                self.tell("expired", Some(tenant.as_str()), Some(key));
            }
            Refusal::Suspended { tenant } => self.tell("suspended", Some(tenant.as_str()), None),
        }
    }

    fn tell(&self, cause: &'static str, tenant: Option<&str>, key: Option<&str>) {
        CallRefused {
            cause,
            tenant,
            key,
            quiet: self.0.quiet.pass(cause, Instant::now()),
        }
        .emit();
    }
}

impl Interceptor for Gate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        match self.admit(request.metadata()) {
            Ok(caller) => {
                // From here on nobody needs the key.
                request.metadata_mut().remove("authorization");
                request.extensions_mut().insert(caller);
                Ok(request)
            }
            Err(error) => {
                if let DoorError::Refused(refusal) = &error {
                    self.tell_refusal(refusal);
                }
                Err(status_of_door(&error))
            }
        }
    }
}

/// The one key of a call, from `authorization: Bearer KEY`; `None` for none or several.
fn bearer(metadata: &MetadataMap) -> Option<&str> {
    let mut values = metadata.get_all("authorization").iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bearer_is_read_and_nothing_else() {
        let read = |values: &[&str]| {
            let mut metadata = MetadataMap::new();
            for value in values {
                metadata.append("authorization", value.parse().unwrap());
            }
            bearer(&metadata).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer abc"]), Some("abc".to_owned()));
        assert_eq!(read(&["bearer  abc "]), Some("abc".to_owned()));
        for none in [&[][..], &["abc"], &["Basic abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(read(none), None, "{none:?}");
        }
    }

    #[tokio::test]
    async fn without_keys_everybody_is_one_tenant_with_so_many_calls() {
        let mut gate = Gate::new(None, 2);
        let mut call = || gate.call(Request::new(()));
        let request = call().unwrap();
        assert_eq!(request.extensions().get(), Some(&Caller::default()));
        assert!(call().is_ok());
        let status = call().unwrap_err();
        assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    }
}
