//! The server: services, limits of the transport, health, and an end that comes in time.

use super::auth::Gate;
use super::connections::Door;
use super::convert::pb::info_service_server::{InfoService, InfoServiceServer};
use super::convert::pb::interview_service_server::{InterviewService, InterviewServiceServer};
use super::convert::pb::{GetInfoRequest, GetInfoResponse, InterviewRequest, InterviewResponse};
use super::convert::{client_message, info_response, server_message};
use super::limits::DoorLimits;
use super::pages::{self, Pages};
use super::reviews::Reviews;
use super::status::{inbound_error, status_of};
use super::tls::{Certificates, Tls, TlsError};
use super::web::Web;
use crate::challenge::NoEntropy;
use crate::jobs::{Jobs, JobsError};
use crate::session::{Backend, Caller, Hub, InboundError, Registry, Session, SessionLimits};
use crate::telemetry::{Readiness, SessionRefused};
use crate::tenants::{KeyStore, KeysError};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Response, Status, Streaming};
use tonic_health::server::HealthReporter;

/// HTTP/2 window of a stream: 2 MiB. Measured to make one stream of pictures about three times
/// faster than the default of 64 KiB.
const STREAM_WINDOW: u32 = 2 << 20;
/// HTTP/2 window of a connection: 8 MiB, four streams' worth.
const CONNECTION_WINDOW: u32 = 8 << 20;
/// A connection on which nothing arrives for this long is asked for a sign of life: 20 s, below
/// the idle limits of common load balancers (60 s) and above gRPC's ping-flood limits.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// A connection that gives none within this time is closed: 10 s.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Messages between a session and its connection: 4; the session's own outbox is the buffer.
const OUTPUT_MESSAGES: usize = 4;
/// Largest response: 4 MiB, gRPC's usual limit on the client's side.
const MAX_RESPONSE_BYTES: usize = 4 << 20;

/// How the server is run.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Limits of each session.
    pub session: SessionLimits,
    /// Interviews at the same time.
    pub max_sessions: u32,
    /// Largest request message in bytes; the largest picture plus its envelope.
    pub max_message_bytes: usize,
    /// TLS, if the service ends it itself.
    pub tls: Option<Tls>,
    /// Pages for a host's and a candidate's browser, and the service that they speak to; `None` = neither.
    pub pages: Option<Pages>,
    /// Recordings that clients hand in; `None` = none are taken.
    pub reviews: Option<Jobs>,
    /// File of tenants and their keys; without it no keys are asked for.
    pub keys: Option<PathBuf>,
    /// Who may ask for the descriptors of the protocol.
    pub reflection: Reflection,
    /// Bounds of the door.
    pub door: DoorLimits,
}

/// Who may ask for the descriptors of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reflection {
    /// Nobody.
    Off,
    /// Who may call anything else.
    #[default]
    Key,
    /// Anybody.
    Open,
}

/// Reads the key file and the certificates anew. Clones are the same.
#[derive(Clone)]
pub struct Reload {
    keys: Option<Arc<KeyStore>>,
    certificates: Option<Certificates>,
}

impl Reload {
    /// Reads both anew; what cannot be used is logged, and what is in use stays.
    pub fn run(&self) {
        if let Some(keys) = &self.keys {
            keys.reload();
        }
        if let Some(certificates) = &self.certificates {
            certificates.reload();
        }
    }
}

/// Why serving failed or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address could not be bound.
    #[error("cannot listen on {addr}: {source}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// No key for challenge records could be drawn.
    #[error("cannot draw a key for challenge records: {0}")]
    Entropy(#[source] NoEntropy),
    /// The key file cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Review jobs cannot be kept.
    #[error(transparent)]
    Reviews(#[from] JobsError),
    /// The worker threads could not be started.
    #[error("cannot start the worker threads: {0}")]
    Threads(#[source] std::io::Error),
    /// The transport failed.
    #[error("the gRPC transport failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The reflection service could not be built from the descriptor set.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Interviews had to be cut when the grace period was over.
    #[error("{0} interviews were cut at the end of the grace period")]
    Cut(usize),
}

/// Says which services are ready. A service that is alive and not ready answers `NOT_SERVING`.
#[derive(Clone)]
pub struct Health(HealthReporter);

impl Health {
    /// Takes interviews from now on.
    pub async fn ready(&self) {
        self.0
            .set_serving::<InterviewServiceServer<Interviews>>()
            .await;
        Readiness(true).emit();
    }

    /// Takes no interviews; the process lives on.
    pub async fn not_ready(&self) {
        self.0
            .set_not_serving::<InterviewServiceServer<Interviews>>()
            .await;
        Readiness(false).emit();
    }
}

/// A server that is bound and not yet running.
pub struct Server {
    listener: TcpListener,
    backend: Arc<dyn Backend>,
    settings: ServerSettings,
    registry: Registry,
    reload: Reload,
    reporter: HealthReporter,
    health: tonic_health::pb::health_server::HealthServer<tonic_health::server::HealthService>,
}

impl Server {
    /// Binds the address. Health answers `NOT_SERVING` for interviews until [`Health::ready`].
    ///
    /// # Errors
    /// [`ServeError::Bind`], [`ServeError::Keys`], [`ServeError::Tls`].
    pub async fn bind(
        addr: SocketAddr,
        backend: Arc<dyn Backend>,
        settings: ServerSettings,
    ) -> Result<Self, ServeError> {
        let keys = settings.keys.as_deref().map(KeyStore::open).transpose()?;
        let reload = Reload {
            keys: keys.map(Arc::new),
            certificates: settings.tls.as_ref().map(Certificates::read).transpose()?,
        };
        let listener = TcpListener::bind(addr)
            .await
            .map_err(|source| ServeError::Bind { addr, source })?;
        let reporter = HealthReporter::new();
        let service = tonic_health::server::HealthService::from_health_reporter(reporter.clone());
        reporter.set_serving::<InfoServiceServer<Infos>>().await;
        reporter
            .set_not_serving::<InterviewServiceServer<Interviews>>()
            .await;
        Ok(Self {
            listener,
            backend,
            registry: Registry::refusing_at(settings.max_sessions, settings.session.refuse_at),
            settings,
            reload,
            reporter,
            health: tonic_health::pb::health_server::HealthServer::new(service),
        })
    }

    /// The address that was bound, with the port the system chose where 0 was asked for.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The readiness switch.
    pub fn health(&self) -> Health {
        Health(self.reporter.clone())
    }

    /// The means to read key file and certificates anew.
    pub fn reload(&self) -> Reload {
        self.reload.clone()
    }

    /// The running interviews.
    pub fn registry(&self) -> Registry {
        self.registry.clone()
    }

    /// Serves until `stop` resolves, then refuses new interviews, has the running ones send a
    /// partial summary, and ends when they have, or when the grace period is over.
    ///
    /// # Errors
    /// A transport that failed, or [`ServeError::Cut`] when interviews had to be cut.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<(), ServeError> {
        let health = self.health();
        let registry = self.registry.clone();
        let grace = self.settings.session.grace;
        let router = self.router()?;
        let door = Door::new(&self.settings.door, self.reload.certificates.clone());
        let incoming = door.open(self.listener);
        let (closed, closing) = tokio::sync::oneshot::channel::<()>();
        let serving = router.serve_with_incoming_shutdown(incoming, async {
            // A dropped sender means the same.
            closing.await.ok();
        });
        tokio::pin!(serving);
        tokio::select! {
            result = &mut serving => return Ok(result?),
            () = stop => {}
        }
        health.not_ready().await;
        registry.stop();
        tracing::info!(sessions = registry.sessions(), "stopping");
        // The sessions keep to the grace period themselves; the margin is for their last words.
        let drained = async {
            tokio::select! {
                () = registry.tasks().wait() => {}
                result = &mut serving => {
                    if let Err(error) = result {
                        tracing::warn!(%error, "transport");
                    }
                }
            }
        };
        let late = tokio::time::timeout(grace + Duration::from_secs(1), drained)
            .await
            .is_err();
        if late {
            return Err(ServeError::Cut(registry.tasks().len()));
        }
        drop(closed);
        // Connections that stay open (a client that never hangs up) do not hold the process.
        if tokio::time::timeout(Duration::from_secs(1), serving)
            .await
            .is_err()
        {
            tracing::info!("open connections were closed");
        }
        Ok(())
    }

    fn router(&self) -> Result<tonic::transport::server::Router, ServeError> {
        let per_min = self.settings.door.max_requests_per_min;
        let gate = Gate::new(self.reload.keys.clone(), per_min);
        let gated = |open: bool| match open {
            true => Gate::new(None, per_min),
            false => gate.clone(),
        };
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(liveproof_sdk::DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        let interviews = InterviewServiceServer::new(Interviews {
            backend: self.backend.clone(),
            registry: self.registry.clone(),
            limits: self.settings.session.clone(),
        })
        .max_decoding_message_size(self.settings.max_message_bytes)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
        let infos = InfoServiceServer::new(Infos {
            backend: self.backend.clone(),
            registry: self.registry.clone(),
            reviews: self.settings.reviews.clone(),
        });
        let reviews = Reviews::service(self.settings.reviews.clone(), self.registry.clone());
        let reflection = match self.settings.reflection {
            Reflection::Off => None,
            access => {
                let gate = gated(access == Reflection::Open);
                Some(InterceptedService::new(reflection, gate))
            }
        };
        let web = self.settings.pages.map(|_| {
            let hub = Hub::new(
                self.backend.clone(),
                self.settings.session.clone(),
                self.registry.clone(),
            );
            Web::service(hub, gate.clone(), self.settings.max_message_bytes)
        });
        let pages = self.settings.pages.map(pages::routes);
        Ok(tonic::transport::Server::builder()
            // Browsers speak gRPC-web over HTTP/1.1 where there is no TLS.
            .accept_http1(self.settings.pages.is_some())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .http2_max_header_list_size(self.settings.door.max_header_bytes)
            // Room for the interviews plus health, information, reviews and refusals.
            .max_concurrent_streams(self.settings.max_sessions.saturating_add(64))
            .add_routes(pages.map(Routes::from).unwrap_or_default())
            .add_service(self.health.clone())
            .add_optional_service(web)
            .add_optional_service(reflection)
            .add_service(InterceptedService::new(infos, gate.clone()))
            .add_service(InterceptedService::new(reviews, gate.clone()))
            .add_service(InterceptedService::new(interviews, gate)))
    }
}

/// The interview service.
struct Interviews {
    backend: Arc<dyn Backend>,
    registry: Registry,
    limits: SessionLimits,
}

type ResponseStream = Pin<Box<dyn Stream<Item = Result<InterviewResponse, Status>> + Send>>;

#[tonic::async_trait]
impl InterviewService for Interviews {
    type InterviewStream = ResponseStream;

    /// Takes a permit, starts the session's task, and returns its messages. The permit lives in
    /// the task. When the response stream is dropped, which tonic does when the client is gone, the
    /// task waits for a stream that resumes the interview, and ends with its grace period.
    async fn interview(
        &self,
        request: Request<Streaming<InterviewRequest>>,
    ) -> Result<Response<ResponseStream>, Status> {
        // Without the gate before it there is no caller, and then nobody is let in.
        let caller = request.extensions().get::<Caller>().cloned();
        let caller = caller.ok_or_else(|| Status::internal("the door is not guarded"))?;
        let permit = self.registry.enter(caller).map_err(|error| {
            SessionRefused {
                cause: error.cause(),
            }
            .emit();
            status_of(&error)
        })?;
        let input = request.into_inner().map(|message| match message {
            Ok(message) => client_message(message).map_err(InboundError::from),
            Err(status) => Err(inbound_error(&status)),
        });
        let (output, messages) = mpsc::channel(OUTPUT_MESSAGES);
        let session = Session::new(
            self.backend.clone(),
            self.limits.clone(),
            self.registry.clone(),
            permit,
            Box::pin(input),
            output,
        );
        session.spawn();
        let responses = ReceiverStream::new(messages).map(move |message| match message {
            Ok(message) => Ok(server_message(message)),
            Err(error) => Err(status_of(&error)),
        });
        Ok(Response::new(Box::pin(responses)))
    }
}

/// The information service.
struct Infos {
    backend: Arc<dyn Backend>,
    registry: Registry,
    reviews: Option<Jobs>,
}

#[tonic::async_trait]
impl InfoService for Infos {
    async fn get_info(
        &self,
        _request: Request<GetInfoRequest>,
    ) -> Result<Response<GetInfoResponse>, Status> {
        let mut info = self.backend.info();
        info.sessions = self.registry.sessions();
        let reviews = self.reviews.as_ref().map(Jobs::terms);
        Ok(Response::new(info_response(info, reviews)))
    }
}
