//! Review jobs: recordings that a server reviews by itself, whether their client stays or not.

use crate::access::Way;
use crate::connection::{may_try_again, pause_after};
use crate::v1::review_service_client::ReviewServiceClient;
use crate::v1::submit_review_request::Message as Say;
use crate::{Client, ClientError, v1};
use sha2::{Digest as _, Sha256};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// Bytes of an upload in a message: 256 KiB, below every server's bound of 1 MiB.
const CHUNK_BYTES: usize = 256 << 10;
/// How often a call is tried that the server refuses for now, or that does not reach it.
const TRIES: u32 = 5;
/// How long a watch or a fetch that lost its connection tries to go on: 60 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a recording comes from.
#[derive(Debug, Clone)]
enum Source {
    File(PathBuf),
    /// In the server's folder.
    Stored(String),
}

/// A recording to be reviewed, and how.
///
/// ```
/// # use liveproof_sdk::{ReviewJob, v1};
/// let job = ReviewJob::file("calls/interview.mp4")
///     .reference_file("calls/identity_check.mp4")
///     .candidate(v1::CandidateChoice::Longest);
/// ```
#[derive(Debug, Clone)]
pub struct ReviewJob {
    recording: Source,
    reference: Option<Source>,
    spec: v1::ReviewSpec,
    display_name: Option<String>,
}

/// What a watched job says.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewUpdate {
    /// Where it stands.
    Review(v1::Review),
    /// A final segment.
    Segment(v1::SegmentResult),
}

/// A report as it was fetched, checked against its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What it is.
    pub info: v1::ReportInfo,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A job under watch. A connection that is lost is replaced by another, and nothing is told twice but where the
/// job stands.
pub struct ReviewWatch {
    service: ReviewServiceClient<Way>,
    review_id: String,
    position: u64,
    stream: Option<Streaming<v1::WatchReviewResponse>>,
    over: bool,
    patience: Duration,
}

// === impl ReviewJob ===

impl ReviewJob {
    /// A file of this machine, which is uploaded.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Source::File(path.into()))
    }

    /// A recording in the server's own folder, by its path below the caller's part of it.
    pub fn stored(name: impl Into<String>) -> Self {
        Self::of(Source::Stored(name.into()))
    }

    fn of(recording: Source) -> Self {
        // With an id of its own a job that is handed in twice, as after a lost answer, is one.
        let drawn = || RandomState::new().build_hasher().finish();
        let spec = v1::ReviewSpec {
            request_id: format!("{:016x}{:016x}", drawn(), drawn()),
            ..Default::default()
        };
        Self {
            recording,
            reference: None,
            spec,
            display_name: None,
        }
    }

    /// What reports call the recording, in place of the file's name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// The client's id for the job; handing in the same under the same id gives the same job. One is drawn where
    /// none is given.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.spec.request_id = id.into();
        self
    }

    /// A recording of the same person before the same camera at a verified moment, which is uploaded.
    #[must_use]
    pub fn reference_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.reference = Some(Source::File(path.into()));
        self
    }

    /// The same in the server's own folder.
    #[must_use]
    pub fn reference_stored(mut self, name: impl Into<String>) -> Self {
        self.reference = Some(Source::Stored(name.into()));
        self
    }

    /// Who the candidate is where a picture shows several people.
    #[must_use]
    pub fn candidate(mut self, choice: v1::CandidateChoice) -> Self {
        self.spec.candidate = choice.into();
        self
    }

    /// The candidate is whoever is shown in this part of the picture.
    #[must_use]
    pub fn candidate_region(mut self, region: v1::Region) -> Self {
        self.spec.candidate = v1::CandidateChoice::Region.into();
        self.spec.candidate_region = Some(region);
        self
    }

    /// Leaves out the small pictures of faces.
    #[must_use]
    pub fn without_thumbnails(mut self) -> Self {
        self.spec.without_thumbnails = true;
        self
    }

    /// Makes the faces of the small pictures unrecognisable.
    #[must_use]
    pub fn blur_faces(mut self) -> Self {
        self.spec.blur_faces = true;
        self
    }

    /// Leaves out how far the mouth opened and how loud it was, which pages draw.
    #[must_use]
    pub fn without_plots(mut self) -> Self {
        self.spec.without_plots = true;
        self
    }

    /// Participants, tracks and events, JSON as docs/events.md has it.
    #[must_use]
    pub fn events_json(mut self, json: impl Into<Vec<u8>>) -> Self {
        self.spec.events_json = json.into().into();
        self
    }

    /// Has the server make an evidence log, too.
    #[must_use]
    pub fn evidence(mut self) -> Self {
        self.spec.evidence = true;
        self
    }

    /// The message that announces it, with sizes and digests of its files.
    async fn announced(&self) -> Result<v1::ReviewSpec, ClientError> {
        let mut spec = self.spec.clone();
        let mut recording = self.recording.announced().await?;
        if let Some(name) = &self.display_name {
            recording.display_name.clone_from(name);
        }
        spec.recording = Some(recording);
        spec.reference = match &self.reference {
            Some(reference) => Some(reference.announced().await?),
            None => None,
        };
        Ok(spec)
    }

    fn files(&self) -> Vec<PathBuf> {
        let sources = std::iter::once(&self.recording).chain(&self.reference);
        let file = |s: &Source| match s {
            Source::File(path) => Some(path.clone()),
            Source::Stored(_) => None,
        };
        sources.filter_map(file).collect()
    }
}

// === impl Source ===

impl Source {
    async fn announced(&self) -> Result<v1::ReviewSource, ClientError> {
        use v1::review_source::Origin;
        let path = match self {
            Self::Stored(name) => {
                return Ok(v1::ReviewSource {
                    display_name: String::new(),
                    origin: Some(Origin::StoredName(name.clone())),
                });
            }
            Self::File(path) => path,
        };
        let unreadable = |e| ClientError::file(path, e);
        let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let (mut hash, mut total_bytes) = (Sha256::new(), 0);
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let n = file.read(&mut buffer).await.map_err(unreadable)?;
            if n == 0 {
                break;
            }
            hash.update(buffer.get(..n).unwrap_or_default());
            total_bytes += n as u64;
        }
        let digest = hash.finalize();
        let upload = v1::ReviewUpload {
            total_bytes,
            sha256: hex(&digest),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(v1::ReviewSource {
            display_name: name.into_owned(),
            origin: Some(Origin::Upload(upload)),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, b| {
        // Writing into a text does not fail.
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// Sends the bytes of files, no faster than they are taken.
async fn send_files(
    files: Vec<PathBuf>,
    to: mpsc::Sender<v1::SubmitReviewRequest>,
) -> Result<(), ClientError> {
    for path in files {
        let unreadable = |e| ClientError::file(&path, e);
        let mut file = tokio::fs::File::open(&path).await.map_err(unreadable)?;
        loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            let n = file.read(&mut chunk).await.map_err(unreadable)?;
            if n == 0 {
                break;
            }
            chunk.truncate(n);
            let message = Some(Say::Chunk(chunk.into()));
            if to.send(v1::SubmitReviewRequest { message }).await.is_err() {
                // The server has answered, or the connection is lost; the call says which.
                return Ok(());
            }
        }
    }
    Ok(())
}

// === impl Client ===

impl Client {
    fn reviews(&self) -> ReviewServiceClient<Way> {
        ReviewServiceClient::new(self.way.clone())
    }

    /// Hands a recording in. Returns once the server has it whole; its review goes on without this client. A call
    /// that did not reach the server, or that it refuses for now, is tried again, and makes one job however often.
    ///
    /// # Errors
    /// [`ClientError::File`]; the server's status: `INVALID_ARGUMENT` with the field at fault in its details,
    /// `RESOURCE_EXHAUSTED` where the tenant or the disk has all it may, `UNIMPLEMENTED` where the server takes no
    /// recordings, and others.
    pub async fn submit_review(&self, job: &ReviewJob) -> Result<v1::Review, ClientError> {
        let spec = job.announced().await?;
        for failed in 1.. {
            let error = match self.submit_once(&spec, job.files()).await {
                Ok(review) => return Ok(review),
                Err(error) => error,
            };
            if failed >= TRIES || !may_try_again(&error) {
                return Err(error);
            }
            sleep(pause_after(failed)).await;
        }
        Err(ClientError::Ended)
    }

    async fn submit_once(
        &self,
        spec: &v1::ReviewSpec,
        files: Vec<PathBuf>,
    ) -> Result<v1::Review, ClientError> {
        let (to, outgoing) = mpsc::channel(2);
        let message = Some(Say::Spec(spec.clone()));
        to.send(v1::SubmitReviewRequest { message })
            .await
            .map_err(|_| ClientError::Ended)?;
        let mut service = self.reviews();
        let answer = service.submit_review(ReceiverStream::new(outgoing));
        tokio::pin!(answer);
        let answer = tokio::select! {
            // A server that knows the job, or refuses it, does not wait for its bytes.
            answer = &mut answer => answer,
            sent = send_files(files, to) => {
                sent?;
                answer.await
            }
        };
        answer?.into_inner().review.ok_or(ClientError::NoHello)
    }

    /// Watches a job to its end, from wherever it stands.
    pub fn watch_review(&self, review_id: impl Into<String>) -> ReviewWatch {
        ReviewWatch {
            service: self.reviews(),
            review_id: review_id.into(),
            position: 0,
            stream: None,
            over: false,
            patience: PATIENCE,
        }
    }

    /// Ends a job that waits or runs; one that is over stays as it is.
    ///
    /// # Errors
    /// The server's status, `NOT_FOUND` for a job that is not there or not the caller's.
    pub async fn cancel_review(
        &self,
        review_id: impl Into<String>,
    ) -> Result<v1::Review, ClientError> {
        let review_id = review_id.into();
        let answer = self
            .reviews()
            .cancel_review(v1::CancelReviewRequest { review_id })
            .await?;
        answer.into_inner().review.ok_or(ClientError::NoHello)
    }

    /// Fetches a report, and checks it against the digest that the server states.
    ///
    /// # Errors
    /// [`ClientError::Damaged`]; the server's status: `NOT_FOUND`, `FAILED_PRECONDITION` where the job is not over or
    /// has no such report, and others.
    pub async fn fetch_review(
        &self,
        review_id: impl Into<String>,
        format: v1::ReportFormat,
    ) -> Result<Report, ClientError> {
        let review_id = review_id.into();
        let (mut info, mut bytes) = (None, Vec::new());
        let until = Instant::now() + PATIENCE;
        for failed in 1.. {
            let request = v1::FetchReviewRequest {
                review_id: review_id.clone(),
                format: format.into(),
                offset: bytes.len() as u64,
            };
            match self.fetch_on(request, &mut info, &mut bytes).await {
                Ok(()) => break,
                Err(error) if !may_try_again(&error) || Instant::now() > until => {
                    return Err(error);
                }
                Err(_) => sleep(pause_after(failed)).await,
            }
        }
        let info: v1::ReportInfo = info.ok_or(ClientError::NoHello)?;
        match hex(&Sha256::digest(&bytes)) == info.sha256 {
            true => Ok(Report { info, bytes }),
            false => Err(ClientError::Damaged),
        }
    }

    async fn fetch_on(
        &self,
        request: v1::FetchReviewRequest,
        info: &mut Option<v1::ReportInfo>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), ClientError> {
        use v1::fetch_review_response::Message as Said;
        let mut stream = self.reviews().fetch_review(request).await?.into_inner();
        while let Some(response) = stream.message().await? {
            match response.message {
                Some(Said::Info(told)) => *info = Some(told),
                Some(Said::Chunk(chunk)) => bytes.extend_from_slice(&chunk),
                None => {}
            }
        }
        Ok(())
    }

    /// The caller's jobs, the latest first: a page, and the token of the next one, empty after the last. `page_token`
    /// is empty for the first page.
    ///
    /// # Errors
    /// The server's status.
    pub async fn list_reviews(
        &self,
        page_size: u32,
        page_token: impl Into<String>,
    ) -> Result<v1::ListReviewsResponse, ClientError> {
        let request = v1::ListReviewsRequest {
            page_size,
            page_token: page_token.into(),
        };
        Ok(self.reviews().list_reviews(request).await?.into_inner())
    }

    /// Deletes a job and everything of it.
    ///
    /// # Errors
    /// The server's status, `NOT_FOUND` for a job that is not there or not the caller's.
    pub async fn delete_review(&self, review_id: impl Into<String>) -> Result<(), ClientError> {
        let review_id = review_id.into();
        self.reviews()
            .delete_review(v1::DeleteReviewRequest { review_id })
            .await?;
        Ok(())
    }
}

// === impl ReviewWatch ===

impl ReviewWatch {
    /// Leaves out the segments up to here, as those that were told by an earlier watch.
    #[must_use]
    pub fn after(mut self, position: u64) -> Self {
        self.position = position;
        self
    }

    /// How long a lost connection is tried to be replaced: 60 s where nothing is said.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Segments told so far, counted from the job's beginning.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next update; `None` once the job is over and everything was told.
    ///
    /// # Errors
    /// The server's status, `NOT_FOUND` also when the job is deleted meanwhile; a connection that could not be
    /// replaced in time.
    pub async fn next(&mut self) -> Result<Option<ReviewUpdate>, ClientError> {
        let mut until = None;
        for failed in 1.. {
            let error = match self.next_here().await {
                Ok(Some(update)) => return Ok(Some(update)),
                Ok(None) if self.over => return Ok(None),
                // The server has ended a watch of a job that is not over: it stops.
                Ok(None) => ClientError::Ended,
                Err(error) => error,
            };
            self.stream = None;
            let until = *until.get_or_insert_with(|| Instant::now() + self.patience);
            let again = matches!(error, ClientError::Ended) || may_try_again(&error);
            if !again || Instant::now() > until {
                return Err(error);
            }
            sleep(pause_after(failed)).await;
        }
        Ok(None)
    }

    async fn next_here(&mut self) -> Result<Option<ReviewUpdate>, ClientError> {
        use v1::watch_review_response::Message as Said;
        if self.stream.is_none() {
            let request = v1::WatchReviewRequest {
                review_id: self.review_id.clone(),
                after_segment: self.position,
            };
            self.stream = Some(self.service.watch_review(request).await?.into_inner());
        }
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        while let Some(response) = stream.message().await? {
            self.position = self.position.max(response.position);
            match response.message {
                Some(Said::Review(review)) => {
                    self.over = is_over(&review);
                    return Ok(Some(ReviewUpdate::Review(review)));
                }
                Some(Said::Segment(s)) => return Ok(Some(ReviewUpdate::Segment(s))),
                // Of a later server.
                None => {}
            }
        }
        Ok(None)
    }

    /// Waits for the end of the job, and says where it stands then.
    ///
    /// # Errors
    /// As [`ReviewWatch::next`].
    pub async fn finished(mut self) -> Result<v1::Review, ClientError> {
        let mut latest = None;
        while let Some(update) = self.next().await? {
            if let ReviewUpdate::Review(review) = update {
                latest = Some(review);
            }
        }
        latest.ok_or(ClientError::NoHello)
    }
}

/// True once nothing more comes of a job.
pub fn is_over(review: &v1::Review) -> bool {
    use v1::ReviewState as S;
    matches!(review.state(), S::Done | S::Failed | S::Cancelled)
}

impl ClientError {
    fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }
}
