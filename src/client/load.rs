//! Interviews sent over and over in real time, to see how many a server holds.

use super::StreamError;
use crate::core::{InterviewSpec, MediaTime, SessionId, StageTimes, TrackId};
use crate::grpc::convert::{open_message, packed_layout, read_segment, read_summary};
use liveproof_sdk::{Access, Client, ClientError, InterviewSender, Update, Updates};
use prost::bytes::Bytes;
use std::sync::Arc;
use tokio::time::{Duration, Instant};

/// One picture or block of sound of the media that is repeated.
#[derive(Debug, Clone)]
pub struct LoadChunk {
    /// On which track.
    pub track: TrackId,
    /// Capture time within the period, microseconds.
    pub at_us: i64,
    /// The media.
    pub payload: Bytes,
    /// Width and height of a raw picture, whose planes are tightly packed.
    pub raw_size: Option<(u32, u32)>,
}

/// What every interview of a load sends.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// Participants and tracks; the session id is the start of each interview's own.
    pub spec: InterviewSpec,
    /// The media of one period, by rising time.
    pub chunks: Arc<Vec<LoadChunk>>,
    /// How long a period lasts, microseconds.
    pub period_us: i64,
}

/// What the interviews of a load saw.
#[derive(Debug, Clone, Default)]
pub struct LoadSeen {
    /// For each final segment how long after its end, in real time, its result was there: milliseconds.
    pub delays_ms: Vec<f64>,
    /// Work on the final segments, as the server states it, milliseconds in all.
    pub times: StageTimes,
    /// Seconds of media of the final segments.
    pub media_s: f64,
    /// Pictures that were lost or left out.
    pub pictures_missing: u64,
    /// Final segments with a number.
    pub scored: u64,
}

impl LoadSeen {
    fn add(&mut self, other: Self) {
        self.delays_ms.extend(other.delays_ms);
        let t = &mut self.times;
        t.decode_ms += other.times.decode_ms;
        t.track_ms += other.times.track_ms;
        t.analyze_ms += other.times.analyze_ms;
        t.queue_ms += other.times.queue_ms;
        self.media_s += other.media_s;
        self.pictures_missing += other.pictures_missing;
        self.scored += other.scored;
    }
}

/// Holds `sessions` interviews with the server at `to` for `seconds` of media each, in real time. They begin spread
/// over the length of a segment, as interviews do.
///
/// # Errors
/// A server that cannot be reached, or that ends an interview.
pub async fn send_load(
    to: &str,
    access: &Access,
    plan: &LoadPlan,
    sessions: u32,
    seconds: u32,
) -> Result<LoadSeen, StreamError> {
    let client = Client::connect_with(to, access).await?;
    let spread = Duration::from_secs(3) / sessions.max(1);
    let begin = Instant::now() + Duration::from_millis(200);
    let mut running = tokio::task::JoinSet::new();
    for n in 0..sessions {
        let (client, mut plan) = (client.clone(), plan.clone());
        let id = format!("{}-{sessions}-{n}", plan.spec.session_id);
        plan.spec.session_id = SessionId::parse(&id).map_err(|e| StreamError::Plan(vec![e]))?;
        let begin = begin + spread * n;
        running.spawn(async move { interview(&client, &plan, begin, seconds).await });
    }
    let mut seen = LoadSeen::default();
    while let Some(one) = running.join_next().await {
        match one {
            Ok(one) => seen.add(one?),
            Err(e) => std::panic::resume_unwind(e.into_panic()),
        }
    }
    Ok(seen)
}

async fn interview(
    client: &Client,
    plan: &LoadPlan,
    begin: Instant,
    seconds: u32,
) -> Result<LoadSeen, StreamError> {
    tokio::time::sleep_until(begin).await;
    let interview = client.open(open_message(&plan.spec)).await?;
    let (sender, updates) = interview.split();
    let begin = Instant::now();
    let (sent, seen) = tokio::join!(
        send(sender, plan, begin, i64::from(seconds) * 1_000_000),
        receive(updates, begin)
    );
    let seen = seen?;
    match sent {
        Ok(()) | Err(ClientError::Ended) => Ok(seen),
        Err(e) => Err(e.into()),
    }
}

async fn send(
    mut sender: InterviewSender,
    plan: &LoadPlan,
    begin: Instant,
    length_us: i64,
) -> Result<(), ClientError> {
    let mut from_us = 0;
    'media: loop {
        for chunk in plan.chunks.iter() {
            let at_us = from_us + chunk.at_us;
            if at_us >= length_us {
                break 'media;
            }
            let due = begin + Duration::from_micros(at_us.unsigned_abs());
            tokio::time::sleep_until(due).await;
            let layout = chunk.raw_size.map(|(w, h)| packed_layout(w, h));
            let (track, payload) = (chunk.track.as_str(), chunk.payload.clone());
            sender.send_media(track, at_us, payload, layout).await?;
        }
        if plan.chunks.is_empty() || plan.period_us <= 0 {
            break;
        }
        from_us += plan.period_us;
    }
    sender.close("end of the load").await
}

async fn receive(mut updates: Updates, begin: Instant) -> Result<LoadSeen, StreamError> {
    let mut seen = LoadSeen::default();
    while let Some(update) = updates.next().await? {
        match update {
            Update::Segment(s) => {
                let now = begin.elapsed();
                let s = read_segment(*s)?;
                if !s.is_final {
                    continue;
                }
                let end_ms = s.span.end.since_ns(MediaTime::ZERO) as f64 / 1e6;
                seen.delays_ms.push(now.as_secs_f64() * 1e3 - end_ms);
                seen.times.decode_ms += s.times.decode_ms;
                seen.times.track_ms += s.times.track_ms;
                seen.times.analyze_ms += s.times.analyze_ms;
                seen.times.queue_ms += s.times.queue_ms;
                seen.media_s += s.span.len_ns() as f64 / 1e9;
                seen.scored += u64::from(s.outcome.score().is_some());
            }
            Update::Summary(s) => {
                let participants = read_summary(*s)?.participants;
                let missing = participants.iter().map(|p| p.coverage.frames_dropped);
                seen.pictures_missing += missing.sum::<u64>();
            }
            _ => {}
        }
    }
    Ok(seen)
}
