//! `stream`: a recording sent to a server as a live interview would come.
//!
//! **In:** a recording, with its events file if there is one. **Out:** results as they arrive, and
//! a [`FileReport`] at the end. **May touch:** `core`, `decode::file`, `ingest::events_file`, `report`,
//! the SDK, and `grpc::convert` for its types. **Must not touch:** models, sessions.
//!
//! Pictures travel as RGB24 and sound as 32-bit floats, so that the server decodes exactly what a
//! review would see; [`StreamOptions::jpeg`] trades that for a realistic bandwidth. Media is paced
//! by its capture times, or by flow credit alone ([`StreamOptions::fast`]); either way nothing is
//! lost, since the SDK heeds its credit.

mod challenge;
mod chunks;
mod error;
mod load;

pub use challenge::ChallengeWish;
pub use error::StreamError;
pub use liveproof_sdk::Access;
pub use load::{LoadChunk, LoadPlan, LoadSeen, send_load};

use crate::core::{
    FieldError, InterviewSpec, ParticipantId, SegmentResult, SessionId, SessionSummary,
    SignalCapability, TrackId, TrackSpec, VideoFormat,
};
use crate::decode::file::{FileSource, FileStats, OpenOptions};
use crate::grpc::convert::{
    event_message, open_message, packed_layout, read_capability, read_hello, read_segment,
    read_signal_info, read_summary, read_update,
};
use crate::ingest::events_file::{self, EventsFile, Plan};
use crate::report::{
    FileReport, ModelReport, Notice, ParticipantReport, ScoreSettings, SignalReport,
};
use crate::session::{ChallengeUpdate, Hello, SignalInfo};
use challenge::{Asking, Waiting, wants_shown};
use chunks::{Outgoing, Payload, Reader, ReferenceFile};
use liveproof_sdk::{Client, ClientError, InterviewSender, Update, Updates};
use std::path::{Path, PathBuf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, Instant};

/// Decoded chunks between the reading thread and the sender: 8.
const READ_AHEAD: usize = 8;

/// How a recording is streamed.
#[derive(Debug, Clone)]
pub struct StreamOptions {
    /// Address of the server, as `http://127.0.0.1:50551`.
    pub to: String,
    /// What is shown at the door, and whom to believe.
    pub access: Access,
    /// As fast as the server takes it, instead of in the recording's own time.
    pub fast: bool,
    /// Send pictures as JPEG of this quality, 1 to 100, instead of raw.
    pub jpeg: Option<u8>,
    /// Id of the interview at the server.
    pub session_id: SessionId,
    /// Where the candidate's reference comes from.
    pub reference: ReferenceChoice,
    /// A challenge to be asked for, if any.
    pub challenge: Option<ChallengeWish>,
}

/// Where the candidate's reference comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReferenceChoice {
    /// There is none, but for a stretch that the recording's events file may mark.
    #[default]
    None,
    /// A recording, sent on a track of its own before the interview.
    Clip(PathBuf),
    /// An earlier interview at the same server, opened with the same consent id.
    Session(SessionId),
}

/// What streaming tells while it runs.
#[derive(Debug)]
pub enum StreamEvent<'a> {
    /// The server has greeted: what it takes, and which signals can run.
    Hello(&'a Hello),
    /// A segment, provisional or final.
    Segment(&'a SegmentResult),
    /// What a signal can do turned out otherwise.
    Capability(&'a SignalCapability),
    /// Something about the material.
    Notice(&'a str),
    /// What becomes of a challenge.
    Challenge(&'a ChallengeUpdate),
    /// The last word.
    Summary(&'a SessionSummary),
}

/// Streams one recording and returns what the server said of it.
///
/// # Errors
/// A recording that cannot be read, or a server that cannot be reached or ends the interview. A
/// summary that came before such an end was told to `tell`.
pub async fn stream_file(
    path: &Path,
    options: &StreamOptions,
    tell: &mut (dyn FnMut(StreamEvent<'_>) + Send),
) -> Result<FileReport, StreamError> {
    let source = FileSource::open(path, &OpenOptions::default())?;
    let mut plan = plan(path, &source, options.session_id.clone())?;
    let reference = refer(path, &mut plan.spec, &options.reference)?;
    let wire = wire_spec(&plan.spec, options);
    let client = Client::connect_with(&options.to, &options.access).await?;
    let info = client.info().await?;
    let interview = client.open(open_message(&wire)).await?;
    let hello = read_hello(interview.hello())?;
    tell(StreamEvent::Hello(&hello));
    let mut report = describe(path, &plan, &hello, read_signal_info(&info));
    let (sender, updates) = interview.split();
    let (tx, rx) = mpsc::channel(READ_AHEAD);
    let reader = Reader::new(source, &plan, reference, options.jpeg);
    let thread = std::thread::Builder::new()
        .name("recording".to_owned())
        .spawn(move || reader.run(&tx))
        .map_err(StreamError::Thread)?;
    let (waits, waiting) = watch::channel(None);
    let asking = Asking::new(options.challenge, waiting);
    let (sent, received) = tokio::join!(
        send(sender, rx, options.fast, asking),
        receive(updates, &mut report, &waits, tell)
    );
    // The thread ends when its channel does, which is by now.
    let stats = thread.join().unwrap_or_default();
    note_reading(&mut report, stats);
    // The server's word explains a failed send, so it comes first.
    received?;
    match sent {
        // The server ended it in order, before the recording did; the summary says why.
        Ok(()) | Err(ClientError::Ended) => {}
        Err(e) => return Err(e.into()),
    }
    report
        .segments
        .sort_by_key(|s| (s.span.start, s.participant.clone()));
    Ok(report)
}

/// What the events file beside the recording makes of it, or the recording alone.
fn plan(path: &Path, source: &FileSource, id: SessionId) -> Result<Plan, StreamError> {
    let events = match events_file::discover(path) {
        Some(beside) => events_file::load(&beside)?,
        None => EventsFile::default(),
    };
    events.apply(source.info(), id).map_err(StreamError::Plan)
}

/// Announces the reference: the track of a recording, or the earlier interview's id.
fn refer(
    recording: &Path,
    spec: &mut InterviewSpec,
    choice: &ReferenceChoice,
) -> Result<Option<ReferenceFile>, StreamError> {
    let none = || {
        let expected = "one candidate, or one of the reference's name";
        StreamError::Plan(vec![FieldError::new(
            "reference",
            "several candidates",
            expected,
        )])
    };
    match choice {
        ReferenceChoice::None => Ok(None),
        ReferenceChoice::Session(id) => {
            let mut scored = spec.participants.iter_mut().filter(|p| p.role.is_scored());
            match (scored.next(), scored.next()) {
                (Some(only), None) => only.reference_session = Some(id.clone()),
                _ => return Err(none()),
            }
            Ok(None)
        }
        ReferenceChoice::Clip(path) => {
            let at = |error: StreamError| StreamError::Reference {
                path: path.clone(),
                source: Box::new(error),
            };
            if recording.canonicalize().ok() == path.canonicalize().ok() {
                let expected = "another recording; a stretch of this one stands in its events file";
                let fault = FieldError::new("reference", "the recording itself", expected);
                return Err(StreamError::Plan(vec![fault]));
            }
            let (file, mut track, name) = open_reference(path, spec).map_err(at)?;
            track.participant = spec.shown_by(&name).ok_or_else(none)?.clone();
            spec.tracks.push(track);
            Ok(Some(file))
        }
    }
}

/// Opens a recording as reference; also its track, and its participant's name there.
fn open_reference(
    path: &Path,
    spec: &InterviewSpec,
) -> Result<(ReferenceFile, TrackSpec, ParticipantId), StreamError> {
    let one = |e: FieldError| StreamError::Plan(vec![e]);
    let mut source = FileSource::open(path, &OpenOptions::default())?;
    let plan = plan(path, &source, spec.session_id.clone())?;
    let (name, own) = plan.candidate().map_err(one)?;
    for s in plan.selections.iter().filter(|s| s.track == own) {
        source.select(s.stream, s.track.clone(), s.region)?;
    }
    let free = (0..).map(|n| format!("reference-{n}"));
    let mut free = free.filter(|id| spec.tracks.iter().all(|t| t.id.as_str() != id));
    let id = TrackId::parse(&free.next().unwrap_or_default()).map_err(one)?;
    let track = plan.spec.track(&own).map(|t| TrackSpec {
        id: id.clone(),
        reference: true,
        ..t.clone()
    });
    let track = track.ok_or_else(|| one(FieldError::new("reference", own, "a track")))?;
    let file = ReferenceFile {
        source,
        track: id,
        stretch: plan.reference,
    };
    Ok((file, track, name))
}

/// The recording as its pictures and sound travel: already upright, cropped and packed.
fn wire_spec(spec: &InterviewSpec, options: &StreamOptions) -> InterviewSpec {
    let mut wire = spec.clone();
    for video in wire.tracks.iter_mut().filter_map(|t| t.video.as_mut()) {
        video.format = match options.jpeg {
            Some(_) => VideoFormat::Jpeg,
            None => VideoFormat::Rgb24,
        };
        video.size = None;
        video.rotation_deg = 0;
        video.mirrored = false;
        video.region = None;
        video.codec_config.clear();
    }
    wire
}

fn describe(path: &Path, plan: &Plan, hello: &Hello, signals: Vec<SignalInfo>) -> FileReport {
    let models = hello.models.iter().map(|m| ModelReport {
        id: m.id.clone(),
        task: m.task.clone(),
        sha256: m.sha256.clone(),
        available: m.obstacle.is_none(),
        detail: m.obstacle.clone().unwrap_or_default(),
        data_terms: m.data_terms.clone(),
    });
    let participants = plan.spec.participants.iter().map(|p| ParticipantReport {
        id: p.id.to_string(),
        role: p.role,
    });
    let signals = signals.into_iter().map(|s| SignalReport {
        name: s.name,
        segment_cap: s.segment_cap,
        session_cap: s.session_cap,
    });
    let notice = |detail: &String| Notice {
        track: String::new(),
        detail: detail.clone(),
        count: 1,
    };
    FileReport {
        error: None,
        test_copy: plan.test_copy.clone(),
        consent_id: plan.spec.consent_id.clone(),
        participants: participants.collect(),
        settings: Some(ScoreSettings {
            segment_us: hello.segment_ns / 1_000,
            prior: hello.fusion.prior,
            segment_coverage_floor: hello.fusion.segment_coverage_floor,
            session_coverage_floor: hello.fusion.session_coverage_floor,
        }),
        signals: signals.collect(),
        models: models.collect(),
        capabilities: hello.signals.clone(),
        notices: plan.notices.iter().map(notice).collect(),
        ..FileReport::failed(path.display().to_string(), "")
    }
}

fn note_reading(report: &mut FileReport, stats: FileStats) {
    for (detail, count) in [
        ("packets that could not be decoded", stats.decode_errors),
        (
            "pictures or sound whose time did not rise",
            stats.non_monotonic,
        ),
        ("pictures without a time", stats.untimed),
    ] {
        if count > 0 {
            report.notices.push(Notice {
                track: String::new(),
                detail: detail.to_owned(),
                count,
            });
        }
    }
}

/// Sends what the reader delivers, each piece at its time.
async fn send(
    mut sender: InterviewSender,
    mut chunks: mpsc::Receiver<Outgoing>,
    fast: bool,
    mut asking: Asking,
) -> Result<(), ClientError> {
    let mut zero: Option<(Instant, i64)> = None;
    while let Some(next) = chunks.recv().await {
        if !fast && let Some(time) = next.time() {
            let (began, first) = *zero.get_or_insert((Instant::now(), time.0));
            let after = u64::try_from(time.0.saturating_sub(first)).unwrap_or(0);
            tokio::time::sleep_until(began + Duration::from_nanos(after)).await;
        }
        if let Some(time) = next.time() {
            asking.before(time, &sender).await?;
        }
        match next {
            Outgoing::Event(event) => {
                let (time_us, event) = event_message(&event);
                sender.send_event(time_us, event).await?;
            }
            Outgoing::Media {
                track,
                time,
                payload,
            }
            | Outgoing::Reference {
                track,
                time,
                payload,
            } => {
                let (bytes, layout) = match payload {
                    Payload::Rgb {
                        width,
                        height,
                        bytes,
                    } => (bytes, Some(packed_layout(width, height))),
                    Payload::Whole(bytes) => (bytes, None),
                };
                let time_us = time.as_us();
                sender
                    .send_media(track.as_str(), time_us, bytes, layout)
                    .await?;
            }
            Outgoing::End(reason) => return sender.close(&reason).await,
        }
    }
    Ok(())
}

/// Reads what the server says until its stream ends.
async fn receive(
    mut updates: Updates,
    report: &mut FileReport,
    waits: &watch::Sender<Waiting>,
    tell: &mut (dyn FnMut(StreamEvent<'_>) + Send),
) -> Result<(), StreamError> {
    while let Some(update) = updates.next().await? {
        match update {
            Update::Segment(s) => {
                let segment = read_segment(*s)?;
                tell(StreamEvent::Segment(&segment));
                if segment.is_final {
                    report.segments.push(segment);
                }
            }
            Update::Summary(s) => {
                let summary = read_summary(*s)?;
                tell(StreamEvent::Summary(&summary));
                report.summary = Some(summary);
            }
            Update::Notice(n) => {
                tell(StreamEvent::Notice(&n.detail));
                note(report, &n.track_id, &n.detail, n.count);
            }
            Update::Ack(a) if !a.accepted => {
                tell(StreamEvent::Notice(&a.detail));
                note(report, "", &a.detail, 1);
            }
            Update::Ack(_) => {}
            Update::Capabilities(update) => {
                for c in update.signals {
                    let c = read_capability(c)?;
                    tell(StreamEvent::Capability(&c));
                    SignalCapability::renew(&mut report.capabilities, [c]);
                }
            }
            Update::Challenge(update) => {
                let update = read_update(*update)?;
                tell(StreamEvent::Challenge(&update));
                if let Some(prompt) = wants_shown(&update) {
                    // Nobody listens any more once the recording has been sent.
                    waits.send(Some(prompt)).ok();
                }
            }
            Update::Resumed(_) => tell(StreamEvent::Notice(
                "the connection was lost; the interview goes on on another one",
            )),
        }
    }
    match report.summary {
        Some(_) => Ok(()),
        None => Err(StreamError::NoSummary),
    }
}

/// Notes of the same kind are added up.
fn note(report: &mut FileReport, track: &str, detail: &str, count: u64) {
    let same = |n: &&mut Notice| n.track == track && n.detail == detail;
    match report.notices.iter_mut().find(same) {
        Some(known) => known.count += count,
        None => report.notices.push(Notice {
            track: track.to_owned(),
            detail: detail.to_owned(),
            count,
        }),
    }
}
