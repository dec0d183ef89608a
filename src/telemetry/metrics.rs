//! Every metric of the process, under the prefix `liveproof_`, in the form of OpenMetrics.
//!
//! Labels hold words of this program, and ids of the operator's own manifest; nothing that a client
//! chose. So their number is bounded.

use super::process::Process;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::LazyLock;

const PREFIX: &str = "liveproof";

/// One label with a word of this program.
pub(super) type Word = [(&'static str, &'static str); 1];
/// Labels with names from the manifest.
pub(super) type Names = Vec<(&'static str, String)>;
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Bounds in seconds of what is worked on per segment or job: 1 ms to 10 s.
const WORK_S: [f64; 13] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Bounds in seconds of an interview's length: 1 min to 4 h.
const LENGTH_S: [f64; 8] = [
    60.0, 300.0, 600.0, 1_800.0, 3_600.0, 5_400.0, 7_200.0, 14_400.0,
];
/// Bounds of the items of a job; a session hands over at most 8 at once.
const ITEMS: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0];

fn work() -> Histogram {
    Histogram::new(WORK_S)
}

pub(super) struct Metrics {
    registry: Registry,
    pub(super) sessions: Family<Word, Gauge>,
    pub(super) session_slots: Gauge,
    pub(super) opened: Counter,
    pub(super) detached: Counter,
    pub(super) resumed: Counter,
    pub(super) ended: Family<Word, Counter>,
    pub(super) refused: Family<Word, Counter>,
    pub(super) length: Histogram,
    pub(super) queue_bytes: Gauge,
    pub(super) queue_age: Histogram,
    pub(super) batch_items: Histogram,
    pub(super) job_wait: Histogram,
    pub(super) stage: Histograms<Word>,
    pub(super) segments: Family<Word, Counter>,
    pub(super) findings: Family<Names, Counter>,
    pub(super) media_dropped: Counter,
    pub(super) media_dropped_bytes: Counter,
    pub(super) media_refused: Counter,
    pub(super) load_steps: Counter,
    pub(super) panics: Counter,
    pub(super) evidence_logs: Family<Word, Counter>,
    pub(super) evidence_lost_entries: Counter,
    pub(super) evidence_write_failures: Counter,
    pub(super) inferences: Family<Names, Counter>,
    pub(super) models: Family<Names, Gauge>,
    pub(super) build: Family<Names, Gauge>,
    pub(super) ready: Gauge,
    pub(super) workers: Gauge,
    pub(super) connections: Gauge,
    pub(super) connections_refused: Family<Word, Counter>,
    pub(super) calls_refused: Family<Word, Counter>,
    pub(super) webhooks: Family<Word, Counter>,
    pub(super) reviews: Family<Word, Gauge>,
    pub(super) reviews_submitted: Counter,
    pub(super) reviews_refused: Family<Word, Counter>,
    pub(super) reviews_ended: Family<Word, Counter>,
    pub(super) review_media: Counter,
    pub(super) reloads: Family<[(&'static str, &'static str); 2], Counter>,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// The process's metrics.
pub(super) fn metrics() -> &'static Metrics {
    &METRICS
}

/// All metrics as text, in the form of OpenMetrics 1.0.
pub fn exposition() -> String {
    let mut text = String::new();
    // Writing into a text does not fail.
    let _ = encode(&mut text, &metrics().registry);
    text
}

// === impl Metrics ===

impl Metrics {
    fn new() -> Self {
        let mut m = Self {
            registry: Registry::default(),
            sessions: Family::default(),
            session_slots: Gauge::default(),
            opened: Counter::default(),
            detached: Counter::default(),
            resumed: Counter::default(),
            ended: Family::default(),
            refused: Family::default(),
            length: Histogram::new(LENGTH_S),
            queue_bytes: Gauge::default(),
            queue_age: work(),
            batch_items: Histogram::new(ITEMS),
            job_wait: work(),
            stage: Family::new_with_constructor(work as fn() -> Histogram),
            segments: Family::default(),
            findings: Family::default(),
            media_dropped: Counter::default(),
            media_dropped_bytes: Counter::default(),
            media_refused: Counter::default(),
            load_steps: Counter::default(),
            panics: Counter::default(),
            evidence_logs: Family::default(),
            evidence_lost_entries: Counter::default(),
            evidence_write_failures: Counter::default(),
            inferences: Family::default(),
            models: Family::default(),
            build: Family::default(),
            ready: Gauge::default(),
            workers: Gauge::default(),
            connections: Gauge::default(),
            connections_refused: Family::default(),
            calls_refused: Family::default(),
            webhooks: Family::default(),
            reviews: Family::default(),
            reviews_submitted: Counter::default(),
            reviews_refused: Family::default(),
            reviews_ended: Family::default(),
            review_media: Counter::default(),
            reloads: Family::default(),
        };
        m.register_interviews();
        m.register_work();
        m.register_evidence();
        m.register_reviews();
        m.register_server();
        m.begin_at_zero();
        m
    }

    fn register_interviews(&mut self) {
        let r = self.registry.sub_registry_with_prefix(PREFIX);
        r.register("sessions", "Interviews by state", self.sessions.clone());
        r.register(
            "session_slots",
            "Interviews that may run at once",
            self.session_slots.clone(),
        );
        r.register("sessions_opened", "Interviews opened", self.opened.clone());
        r.register(
            "sessions_ended",
            "Interviews ended, by cause",
            self.ended.clone(),
        );
        r.register(
            "sessions_refused",
            "Interviews refused at the door, by cause",
            self.refused.clone(),
        );
        let help = "Interviews that lost their connection";
        r.register("sessions_detached", help, self.detached.clone());
        let help = "Interviews resumed on a new connection";
        r.register("sessions_resumed", help, self.resumed.clone());
        let help = "Length of ended interviews by the clock";
        r.register_with_unit("session_length", help, Unit::Seconds, self.length.clone());
        let help = "Final segments, with a score or without";
        r.register("segments", help, self.segments.clone());
        let help = "Findings of final segments by signal: scored, or the reason for abstaining";
        r.register("findings", help, self.findings.clone());
    }

    fn register_work(&mut self) {
        let r = self.registry.sub_registry_with_prefix(PREFIX);
        let help = "Media that waits for a worker, over all interviews";
        r.register_with_unit("queue", help, Unit::Bytes, self.queue_bytes.clone());
        let help = "How long the oldest item of a job had waited in its interview's queue";
        r.register_with_unit("queue_age", help, Unit::Seconds, self.queue_age.clone());
        r.register("batch_items", "Items of a job", self.batch_items.clone());
        let help = "How long a job waited for its worker";
        r.register_with_unit("job_wait", help, Unit::Seconds, self.job_wait.clone());
        let help = "Time spent on a final segment by stage: decode, nets, analyze";
        r.register_with_unit("stage", help, Unit::Seconds, self.stage.clone());
        r.register(
            "media_dropped",
            "Chunks dropped under load",
            self.media_dropped.clone(),
        );
        let help = "Payload of chunks dropped under load";
        r.register_with_unit(
            "media_dropped",
            help,
            Unit::Bytes,
            self.media_dropped_bytes.clone(),
        );
        let help = "Steps up and down the load ladder, over all interviews";
        r.register("load_steps", help, self.load_steps.clone());
        r.register(
            "media_refused",
            "Chunks that could not be used",
            self.media_refused.clone(),
        );
        r.register(
            "analysis_panics",
            "Panics, each the end of one interview",
            self.panics.clone(),
        );
        r.register("inferences", "Runs of a net", self.inferences.clone());
    }

    fn register_evidence(&mut self) {
        let r = self.registry.sub_registry_with_prefix(PREFIX);
        let help = "Evidence logs that are over: written to their seal, or without it";
        r.register("evidence_logs", help, self.evidence_logs.clone());
        let help = "Entries that evidence logs lack, for want of room before the disk";
        r.register(
            "evidence_lost_entries",
            help,
            self.evidence_lost_entries.clone(),
        );
        let help = "Writes to evidence logs that failed and were tried again";
        r.register(
            "evidence_write_failures",
            help,
            self.evidence_write_failures.clone(),
        );
    }

    fn register_reviews(&mut self) {
        let r = self.registry.sub_registry_with_prefix(PREFIX);
        let help = "Review jobs that wait or run";
        r.register("reviews", help, self.reviews.clone());
        let help = "Recordings handed in";
        r.register("reviews_submitted", help, self.reviews_submitted.clone());
        let help = "Recordings not taken, by cause";
        r.register("reviews_refused", help, self.reviews_refused.clone());
        let help = "Review jobs that are over, by outcome";
        r.register("reviews_ended", help, self.reviews_ended.clone());
        let help = "Media of review jobs that are over";
        r.register_with_unit(
            "review_media",
            help,
            Unit::Seconds,
            self.review_media.clone(),
        );
    }

    fn register_server(&mut self) {
        let r = self.registry.sub_registry_with_prefix(PREFIX);
        r.register(
            "model_info",
            "Models of the manifest; 1 = in use",
            self.models.clone(),
        );
        r.register("build_info", "What runs here; always 1", self.build.clone());
        r.register("ready", "1 while interviews are taken", self.ready.clone());
        r.register("workers", "Worker threads", self.workers.clone());
        r.register("connections", "Open connections", self.connections.clone());
        let help = "Connections refused before their first call, by cause";
        r.register(
            "connections_refused",
            help,
            self.connections_refused.clone(),
        );
        let help = "Calls refused for their key or their number, by cause";
        r.register("calls_refused", help, self.calls_refused.clone());
        let help = "Tries of notices to the webhook, by outcome";
        r.register("webhook_tries", help, self.webhooks.clone());
        let help = "Key file and certificates read anew";
        r.register("reloads", help, self.reloads.clone());
        // Under their usual names, without the prefix.
        self.registry.register_collector(Box::new(Process));
    }

    /// Causes that have not occurred yet are 0, not missing, so that a rate over them can be taken
    /// from the first occurrence on.
    fn begin_at_zero(&self) {
        for outcome in ["delivered", "failed", "given_up"] {
            drop(self.webhooks.get_or_create(&[("outcome", outcome)]));
        }
        for state in ["queued", "running"] {
            drop(self.reviews.get_or_create(&[("state", state)]));
        }
        for outcome in ["done", "failed", "cancelled"] {
            drop(self.reviews_ended.get_or_create(&[("outcome", outcome)]));
        }
        for cause in ["invalid", "full", "tenant_full", "tenant_disk", "disk"] {
            drop(self.reviews_refused.get_or_create(&[("cause", cause)]));
        }
        for cause in ["full", "tenant_full", "overloaded", "stopping"] {
            drop(self.refused.get_or_create(&[("cause", cause)]));
        }
        for cause in [
            "no_key",
            "unknown",
            "revoked",
            "expired",
            "suspended",
            "rate",
        ] {
            drop(self.calls_refused.get_or_create(&[("cause", cause)]));
        }
        for cause in ["total", "address", "handshake", "timeout"] {
            drop(self.connections_refused.get_or_create(&[("cause", cause)]));
        }
        for outcome in ["sealed", "unsealed"] {
            drop(self.evidence_logs.get_or_create(&[("outcome", outcome)]));
        }
        for outcome in ["scored", "no_score"] {
            drop(self.segments.get_or_create(&[("outcome", outcome)]));
        }
        for stage in ["decode", "nets", "analyze"] {
            drop(self.stage.get_or_create(&[("stage", stage)]));
        }
        for what in ["keys", "certificate"] {
            for outcome in ["done", "failed"] {
                let labels = [("what", what), ("outcome", outcome)];
                drop(self.reloads.get_or_create(&labels));
            }
        }
        for state in ["opening", "calibrating", "live", "draining"] {
            drop(self.sessions.get_or_create(&[("state", state)]));
        }
    }
}
