//! Recordings that clients hand in, as jobs that go on without them.
//!
//! What a call waits for on the disk is done on threads that may wait, a few at a time; an upload is taken no
//! faster than the disk takes it, and HTTP/2 holds its client back meanwhile.

use super::convert::pb::review_service_server::{ReviewService, ReviewServiceServer};
use super::convert::{pb, review as convert};
use super::status::{status_of_field, status_of_job};
use crate::core::FieldError;
use crate::jobs::{Begun, JobError, JobId, JobView, Jobs, KeptReport, MAX_CHUNK_BYTES, Watch};
use crate::session::{Caller, Registry};
use crate::telemetry::ReviewRefused;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// Largest request: a chunk, or the first message with its events file, and the envelope.
const MAX_REQUEST_BYTES: usize = 2 * MAX_CHUNK_BYTES;
/// Threads that may wait for the disk at the same time.
const DISK_WAITS: usize = 8;
/// How long an upload may stand still: 30 s.
const CHUNK_WAIT: Duration = Duration::from_secs(30);
/// Slowest upload that is put up with, bytes a second, after a first minute.
const SLOWEST: u64 = 16 << 10;
const FIRST_MINUTE: Duration = Duration::from_secs(60);
/// Between two looks at a job for a watcher: 200 ms.
const PACE: Duration = Duration::from_millis(200);
/// Bytes of a report in a message.
const PIECE_BYTES: usize = 256 << 10;
/// Messages between a watched or fetched job and its connection.
const MESSAGES: usize = 4;

/// The service. Clones share it.
#[derive(Clone)]
pub(super) struct Reviews {
    /// `None` = this server takes no recordings.
    jobs: Option<Jobs>,
    registry: Registry,
    disk: Arc<Semaphore>,
}

/// Why a recording is not taken.
enum Refusal {
    Job(JobError),
    /// The stream broke, or held what is no message.
    Wire(Status),
}

impl From<JobError> for Refusal {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type To<T> = mpsc::Sender<Result<T, Status>>;

// === impl Reviews ===

impl Reviews {
    pub(super) fn service(jobs: Option<Jobs>, registry: Registry) -> ReviewServiceServer<Self> {
        let reviews = Self {
            jobs,
            registry,
            disk: Arc::new(Semaphore::new(DISK_WAITS)),
        };
        ReviewServiceServer::new(reviews).max_decoding_message_size(MAX_REQUEST_BYTES)
    }

    fn jobs(&self) -> Result<&Jobs, Status> {
        let off =
            || Status::unimplemented("this server takes no recordings: review.dir is not set");
        self.jobs.as_ref().ok_or_else(off)
    }

    /// Has something done that waits for the disk.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, JobError> {
        let place = Arc::clone(&self.disk).acquire_owned().await;
        let place = place.map_err(|_| JobError::Stopping)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "waits for the disk and not for a processor, on as many threads as there are places"
        )]
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|_| JobError::Internal)?
    }

    /// Takes a recording in.
    async fn take(
        &self,
        jobs: &Jobs,
        caller: Caller,
        mut from: Streaming<pb::SubmitReviewRequest>,
    ) -> Result<pb::SubmitReviewResponse, Refusal> {
        use pb::submit_review_request::Message as M;
        let first = next(&mut from, CHUNK_WAIT).await?.and_then(|m| m.message);
        let Some(M::Spec(spec)) = first else {
            let found = first.map_or("nothing", |_| "chunk");
            let field = FieldError::new("message", found, "spec first");
            return Err(JobError::Field(field).into());
        };
        let submission = convert::submission(spec).map_err(JobError::Field)?;
        let total: u64 = submission.uploads().map(|u| u.total_bytes).sum();
        let own = jobs.clone();
        let begun = self.on_disk(move || own.begin(&caller, submission)).await?;
        let mut upload = match begun {
            Begun::Existing(view) => return Ok(submitted(*view, true)),
            Begun::Upload(upload) => upload,
        };
        let patience = FIRST_MINUTE + Duration::from_secs(total / SLOWEST);
        let until = Instant::now() + patience;
        loop {
            let wait = until.saturating_duration_since(Instant::now());
            let message = match next(&mut from, wait.min(CHUNK_WAIT)).await? {
                Some(message) => message,
                None => break,
            };
            let Some(M::Chunk(chunk)) = message.message else {
                let field =
                    FieldError::new("message", "no chunk", "chunks after the first message");
                return Err(JobError::Field(field).into());
            };
            upload = self
                .on_disk(move || upload.push(&chunk).map(|()| upload))
                .await?;
        }
        let view = self.on_disk(move || upload.finish()).await?;
        Ok(submitted(view, false))
    }

    /// Tells a watcher until the job is over or nobody listens.
    async fn tell(
        self,
        jobs: Jobs,
        mut watch: Watch,
        mut after: u64,
        to: To<pb::WatchReviewResponse>,
    ) {
        let mut last: Option<JobView> = None;
        loop {
            watch.mark_seen();
            let (view, told) = match jobs.look(&watch, after) {
                Ok(seen) => seen,
                Err(e) => return self.say(&to, Err(status_of_job(&e))).await.unwrap_or(()),
            };
            let over = view.state.is_over();
            let first = last.is_none();
            // The end of a job is said after its last segment.
            let now = first || (!over && last.as_ref() != Some(&view));
            if now
                && self
                    .say(&to, Ok(convert::watched(view.clone(), after)))
                    .await
                    .is_none()
            {
                return;
            }
            let mut stored = Vec::new();
            if told.stored {
                let own = jobs.clone();
                let read = move || own.stored_segments(&watch).map(|s| (s, watch));
                match self.on_disk(read).await {
                    Ok(read) => (stored, watch) = read,
                    Err(e) => return self.say(&to, Err(status_of_job(&e))).await.unwrap_or(()),
                }
            }
            let seen = usize::try_from(after).unwrap_or(usize::MAX);
            let numbered = (1..).zip(stored).skip(seen);
            for (number, segment) in told.segments.into_iter().chain(numbered) {
                let message = convert::watched_segment(&segment, number);
                if self.say(&to, Ok(message)).await.is_none() {
                    return;
                }
                after = number;
            }
            if over {
                if !first || told.stored {
                    self.say(&to, Ok(convert::watched(view, after))).await;
                }
                return;
            }
            last = Some(view);
            if told.more {
                continue;
            }
            tokio::select! {
                () = watch.changed() => {}
                () = to.closed() => return,
                () = self.registry.stopping().cancelled() => {
                    to.try_send(Err(status_of_job(&JobError::Stopping))).ok();
                    return;
                }
            }
            tokio::time::sleep(PACE).await;
        }
    }

    /// Sends; `None` when nobody listens, or the server stops.
    async fn say<T>(&self, to: &To<T>, message: Result<T, Status>) -> Option<()> {
        tokio::select! {
            sent = to.send(message) => sent.ok(),
            () = self.registry.stopping().cancelled() => {
                to.try_send(Err(status_of_job(&JobError::Stopping))).ok();
                None
            }
        }
    }

    /// Sends a report from where it was opened.
    async fn send(self, mut report: KeptReport, to: To<pb::FetchReviewResponse>) {
        if self
            .say(&to, Ok(convert::report_info(&report)))
            .await
            .is_none()
        {
            return;
        }
        loop {
            let page = match self.on_disk(move || report.read(PIECE_BYTES)).await {
                Ok(page) => page,
                Err(e) => return self.say(&to, Err(status_of_job(&e))).await.unwrap_or(()),
            };
            if page.bytes.is_empty() {
                return;
            }
            if self
                .say(&to, Ok(convert::report_chunk(page.bytes)))
                .await
                .is_none()
            {
                return;
            }
            report = page.report;
        }
    }
}

fn submitted(view: JobView, existing: bool) -> pb::SubmitReviewResponse {
    pb::SubmitReviewResponse {
        review: Some(convert::review(view)),
        existing,
    }
}

/// The next message of an upload, within a time.
async fn next(
    from: &mut Streaming<pb::SubmitReviewRequest>,
    within: Duration,
) -> Result<Option<pb::SubmitReviewRequest>, Refusal> {
    match timeout(within, from.message()).await {
        Ok(message) => message.map_err(Refusal::Wire),
        Err(_) => Err(JobError::Slow(CHUNK_WAIT).into()),
    }
}

/// Who calls; without the gate before it there is nobody, and then nobody is let in.
fn caller<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| Status::internal("the door is not guarded"))
}

/// What cannot be an id is answered as one that is not there.
fn id(text: &str) -> Result<JobId, Status> {
    JobId::parse(text).ok_or_else(|| status_of_job(&JobError::Unknown))
}

#[tonic::async_trait]
impl ReviewService for Reviews {
    type WatchReviewStream = Answers<pb::WatchReviewResponse>;
    type FetchReviewStream = Answers<pb::FetchReviewResponse>;

    async fn submit_review(
        &self,
        request: Request<Streaming<pb::SubmitReviewRequest>>,
    ) -> Result<Response<pb::SubmitReviewResponse>, Status> {
        let jobs = self.jobs()?;
        let caller = caller(&request)?;
        let taken = tokio::select! {
            taken = self.take(jobs, caller, request.into_inner()) => taken,
            () = self.registry.stopping().cancelled() => Err(JobError::Stopping.into()),
        };
        taken.map(Response::new).map_err(|refusal| {
            let (cause, status) = match refusal {
                Refusal::Job(e) => (e.cause(), status_of_job(&e)),
                Refusal::Wire(status) => ("wire", status),
            };
            ReviewRefused { cause }.emit();
            status
        })
    }

    async fn watch_review(
        &self,
        request: Request<pb::WatchReviewRequest>,
    ) -> Result<Response<Self::WatchReviewStream>, Status> {
        let (jobs, caller) = (self.jobs()?.clone(), caller(&request)?);
        let request = request.into_inner();
        let watch = jobs.watch(&caller.tenant, &id(&request.review_id)?);
        let watch = watch.map_err(|e| status_of_job(&e))?;
        let (to, answers) = mpsc::channel(MESSAGES);
        let telling = self.clone().tell(jobs, watch, request.after_segment, to);
        self.registry.tasks().spawn(telling);
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }

    async fn cancel_review(
        &self,
        request: Request<pb::CancelReviewRequest>,
    ) -> Result<Response<pb::CancelReviewResponse>, Status> {
        let (jobs, caller) = (self.jobs()?.clone(), caller(&request)?);
        let id = id(&request.into_inner().review_id)?;
        let ended = self.on_disk(move || jobs.cancel(&caller.tenant, &id)).await;
        let view = ended.map_err(|e| status_of_job(&e))?;
        Ok(Response::new(pb::CancelReviewResponse {
            review: Some(convert::review(view)),
        }))
    }

    async fn fetch_review(
        &self,
        request: Request<pb::FetchReviewRequest>,
    ) -> Result<Response<Self::FetchReviewStream>, Status> {
        let (jobs, caller) = (self.jobs()?.clone(), caller(&request)?);
        let request = request.into_inner();
        let id = id(&request.review_id)?;
        let kind = convert::report_kind(request.format).map_err(|e| status_of_field(&e))?;
        let open = move || jobs.report(&caller.tenant, &id, kind, request.offset);
        let report = self.on_disk(open).await.map_err(|e| status_of_job(&e))?;
        let (to, answers) = mpsc::channel(MESSAGES);
        self.registry.tasks().spawn(self.clone().send(report, to));
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }

    async fn list_reviews(
        &self,
        request: Request<pb::ListReviewsRequest>,
    ) -> Result<Response<pb::ListReviewsResponse>, Status> {
        let (jobs, caller) = (self.jobs()?, caller(&request)?);
        let request = convert::list_request(request.get_ref());
        let (after, most) = request.map_err(|e| status_of_field(&e))?;
        let views = jobs.list(&caller.tenant, after, most);
        Ok(Response::new(convert::list_response(views, most)))
    }

    async fn delete_review(
        &self,
        request: Request<pb::DeleteReviewRequest>,
    ) -> Result<Response<pb::DeleteReviewResponse>, Status> {
        let (jobs, caller) = (self.jobs()?.clone(), caller(&request)?);
        let id = id(&request.into_inner().review_id)?;
        let deleted = self.on_disk(move || jobs.delete(&caller.tenant, &id)).await;
        deleted.map_err(|e| status_of_job(&e))?;
        Ok(Response::new(pb::DeleteReviewResponse {}))
    }
}
