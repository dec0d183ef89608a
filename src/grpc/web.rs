//! Interviews with a candidate in a browser, and the pages for it.
//!
//! The service is spoken over gRPC and, for browsers, over gRPC-web, on the same port as everything else. What
//! a host calls needs what any caller needs; what a candidate's page calls needs an invitation, and nothing
//! else opens it.

use super::convert::pb::web_service_server::{WebService, WebServiceServer};
use super::convert::{pb, web as convert};
use super::status::{status_of, status_of_field, status_of_hub};
use crate::session::{Caller, Hub, INVITATION_BYTES, JOIN_WITHIN, Said};
use std::pin::Pin;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::service::Interceptor;
use tonic::{Extensions, Request, Response, Status};

/// The service; `G` lets hosts in.
pub(super) struct Web<G> {
    hub: Hub,
    gate: G,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

// === impl Web ===

impl<G> Web<G>
where
    G: Interceptor + Clone + Send + Sync + 'static,
{
    /// The service over a hub, for gRPC and gRPC-web.
    pub(super) fn service(
        hub: Hub,
        gate: G,
        max_message_bytes: usize,
    ) -> tonic_web::GrpcWebService<WebServiceServer<Self>> {
        let service =
            WebServiceServer::new(Self { hub, gate }).max_decoding_message_size(max_message_bytes);
        tower_layer::Layer::layer(&tonic_web::GrpcWebLayer::new(), service)
    }

    /// Who calls, where a host does.
    fn host<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let bare = Request::from_parts(request.metadata().clone(), Extensions::new(), ());
        let admitted = self.gate.clone().call(bare)?;
        let caller = admitted.extensions().get::<Caller>().cloned();
        caller.ok_or_else(|| Status::internal("the door is not guarded"))
    }
}

/// An invitation has its length or is none.
fn invitation(bytes: &[u8]) -> Result<&[u8], Status> {
    if bytes.len() == INVITATION_BYTES {
        return Ok(bytes);
    }
    Err(status_of_hub(&crate::session::HubError::Unknown))
}

#[tonic::async_trait]
impl<G> WebService for Web<G>
where
    G: Interceptor + Clone + Send + Sync + 'static,
{
    type WatchStream = Answers<pb::WatchResponse>;
    type JoinStream = Answers<pb::JoinResponse>;

    async fn create_interview(
        &self,
        request: Request<pb::CreateInterviewRequest>,
    ) -> Result<Response<pb::CreateInterviewResponse>, Status> {
        let caller = self.host(&request)?;
        let (id, title, policy) =
            convert::create_request(request.into_inner()).map_err(|e| status_of_field(&e))?;
        let created = self.hub.create(caller, id, title, policy);
        let (id, invitation) = created.map_err(|e| status_of_hub(&e))?;
        Ok(Response::new(pb::CreateInterviewResponse {
            session_id: id.to_string(),
            invitation: invitation.reveal().to_vec().into(),
            join_within_s: u32::try_from(JOIN_WITHIN.as_secs()).unwrap_or(u32::MAX),
        }))
    }

    async fn watch(
        &self,
        request: Request<pb::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let caller = self.host(&request)?;
        let id = crate::core::SessionId::parse(&request.into_inner().session_id);
        let id = id.map_err(|e| status_of_field(&e))?;
        let said = self.hub.watch(&caller.tenant, &id);
        let said = said.map_err(|e| status_of_hub(&e))?;
        let answers = ReceiverStream::new(said).filter_map(|said| match said {
            Said::Failed(error) => Some(Err(status_of(&error))),
            said => convert::watch_response(said).map(Ok),
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn command(
        &self,
        request: Request<pb::CommandRequest>,
    ) -> Result<Response<pb::CommandResponse>, Status> {
        let caller = self.host(&request)?;
        let (id, command) =
            convert::command_request(request.into_inner()).map_err(|e| status_of_field(&e))?;
        let time = self.hub.command(&caller.tenant, &id, command).await;
        Ok(Response::new(pb::CommandResponse {
            time_us: time.map_err(|e| status_of_hub(&e))?.as_us(),
        }))
    }

    async fn join(
        &self,
        request: Request<pb::JoinRequest>,
    ) -> Result<Response<Self::JoinStream>, Status> {
        let mut request = request.into_inner();
        let shown = std::mem::take(&mut request.invitation);
        let shown = invitation(&shown)?;
        let (tracks, consent_id) =
            convert::join_request(request).map_err(|e| status_of_field(&e))?;
        let seat = self.hub.join(shown, tracks, consent_id).await;
        let seat = seat.map_err(|e| status_of_hub(&e))?;
        let answers = seat.map(|message| Ok(convert::join_response(message)));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn push(
        &self,
        request: Request<pb::PushRequest>,
    ) -> Result<Response<pb::PushResponse>, Status> {
        let mut request = request.into_inner();
        let shown = std::mem::take(&mut request.invitation);
        let shown = invitation(&shown)?;
        let push = convert::push_request(request).map_err(|e| status_of_field(&e))?;
        let next_index = self.hub.push(shown, push).await;
        Ok(Response::new(pb::PushResponse {
            next_index: next_index.map_err(|e| status_of_hub(&e))?,
        }))
    }
}
