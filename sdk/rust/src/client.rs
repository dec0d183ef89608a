//! The connection to a server.

use crate::access::{Access, Bearer, Way};
use crate::v1::info_service_client::InfoServiceClient;
use crate::v1::interview_service_client::InterviewServiceClient;
use crate::{ClientError, Interview, v1};
use std::time::Duration;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

/// HTTP/2 windows, as the server's: they make a stream of pictures about three times faster than
/// the defaults.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;
/// How long connecting may take: 5 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Sign of life when nothing else is sent: every 30 s, above the server's ping-flood limit.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// A connection that does not answer within this time is given up: 10 s.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to a server. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) way: Way,
}

impl Client {
    /// Connects to an address as `http://127.0.0.1:50551`; `https://` uses TLS with the
    /// system's trust where the `tonic` features of the program include it.
    ///
    /// # Errors
    /// [`ClientError::Connect`].
    pub async fn connect(address: impl Into<String>) -> Result<Self, ClientError> {
        Self::connect_with(address, &Access::default()).await
    }

    /// The same with a key, or certificates, for servers that ask for them.
    ///
    /// # Errors
    /// [`ClientError::Connect`], [`ClientError::Key`].
    pub async fn connect_with(
        address: impl Into<String>,
        access: &Access,
    ) -> Result<Self, ClientError> {
        let address = address.into();
        let bearer = access.bearer()?;
        let failed = |source| ClientError::Connect {
            address: address.clone(),
            source,
        };
        let endpoint = Endpoint::from_shared(address.clone()).map_err(failed)?;
        let endpoint = access.secure(endpoint).map_err(failed)?;
        let channel = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .connect()
            .await
            .map_err(failed)?;
        Ok(Self::over(channel, bearer))
    }

    /// A client over a connection that was set up elsewhere; of `access`, the key is used.
    ///
    /// # Errors
    /// [`ClientError::Key`].
    pub fn from_channel(channel: Channel, access: &Access) -> Result<Self, ClientError> {
        Ok(Self::over(channel, access.bearer()?))
    }

    fn over(channel: Channel, bearer: Bearer) -> Self {
        Self {
            way: InterceptedService::new(channel, bearer),
        }
    }

    /// What the server is: versions, models, limits, accepted media.
    ///
    /// # Errors
    /// The server's status.
    pub async fn info(&self) -> Result<v1::GetInfoResponse, ClientError> {
        let mut service = InfoServiceClient::new(self.way.clone());
        Ok(service.get_info(v1::GetInfoRequest {}).await?.into_inner())
    }

    /// Opens an interview and waits for `hello`.
    ///
    /// # Errors
    /// The server's status: `INVALID_ARGUMENT` with the field at fault in its details,
    /// `RESOURCE_EXHAUSTED` with a hint when to try again, and others.
    pub async fn open(&self, open: v1::Open) -> Result<Interview, ClientError> {
        let service = InterviewServiceClient::new(self.way.clone());
        Interview::open(service, open).await
    }
}
