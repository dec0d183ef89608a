//! Counts what the windows say, and prints shares with intervals by speaker.

use super::clip::Recording;
use liveproof::analyze::Analysis;
use liveproof::core::Outcome;
use std::collections::BTreeMap;

/// An offset has moved by the shift when it did so within this many milliseconds.
const TOLERANCE_MS: f64 = 40.0;
/// Speech that makes a window count for coverage, seconds.
const SPOKEN_S: f64 = 6.0;
const DRAWS: usize = 2_000;

/// What the signal said of one window.
#[derive(Clone)]
pub struct Window {
    /// Offset in milliseconds, if locked.
    offset_ms: Option<f64>,
    lock_probability: f64,
    speech_s: f64,
    shift_ms: Option<f64>,
    shift_start_s: Option<f64>,
    llr: Option<f64>,
    reason: String,
}

impl Window {
    pub fn of(analysis: &Analysis) -> Self {
        let (list, llr, reason) = match &analysis.outcome {
            Outcome::Scored { evidence, llr, .. } => (evidence, Some(*llr), String::new()),
            Outcome::Abstained(why) => (&why.evidence, None, why.detail.clone()),
        };
        let value = |name: &str| list.iter().find(|e| e.name == name).map(|e| e.value);
        Self {
            offset_ms: value("offset_ms"),
            lock_probability: value("lock_probability").unwrap_or(0.5),
            speech_s: value("informative_speech_s").unwrap_or(0.0),
            shift_ms: value("shift_ms"),
            shift_start_s: value("shift_start_s"),
            llr,
            reason,
        }
    }
}

/// Yes and no by speaker.
type Votes = BTreeMap<String, Vec<bool>>;

#[derive(Default)]
struct Group {
    votes: BTreeMap<&'static str, Votes>,
    clips: Vec<String>,
    json: Vec<serde_json::Value>,
}

/// All counts, by frame rate.
#[derive(Default)]
pub struct Figures {
    groups: BTreeMap<u32, Group>,
}

impl Figures {
    fn group(&mut self, r: &Recording) -> &mut Group {
        self.groups.entry(r.fps.round() as u32).or_default()
    }

    fn vote(&mut self, r: &Recording, key: &'static str, yes: bool) {
        let votes = self.group(r).votes.entry(key).or_default();
        votes.entry(r.speaker.clone()).or_default().push(yes);
    }

    /// Windows of the clip as it is.
    pub fn clip(&mut self, r: &Recording, windows: &[Window]) {
        let mut offsets: Vec<f64> = windows.iter().filter_map(|w| w.offset_ms).collect();
        offsets.sort_by(f64::total_cmp);
        for w in windows.iter().filter(|w| w.speech_s >= SPOKEN_S) {
            self.vote(r, SPOKEN, w.offset_ms.is_some());
        }
        let middle = offsets.get(offsets.len() / 2).copied();
        let range = offsets.last().zip(offsets.first()).map(|(b, a)| b - a);
        let mut reasons: Vec<&str> = windows
            .iter()
            .map(|w| w.reason.as_str())
            .filter(|r| !r.is_empty())
            .collect();
        reasons.dedup();
        let line = format!(
            "{:22} {:2} windows, {:2} locked, own offset {}, range {}{}",
            r.name,
            windows.len(),
            offsets.len(),
            middle.map_or("-".into(), |m| format!("{m:+.0} ms")),
            range.map_or("-".into(), |m| format!("{m:.0} ms")),
            if reasons.is_empty() {
                String::new()
            } else {
                format!("; else: {}", reasons.join(", "))
            }
        );
        let group = self.group(r);
        group.clips.push(line);
        group.json.push(serde_json::json!({
            "clip": r.name, "speaker": r.speaker, "windows": windows.len(), "locked": offsets.len(),
            "own_offset_ms": middle, "offset_range_ms": range,
        }));
    }

    /// A window with the sound moved, beside the same window unmoved.
    pub fn shifted(&mut self, r: &Recording, shift_ms: i64, was: &Window, now: &Window) {
        if now.speech_s >= SPOKEN_S {
            self.vote(r, SPOKEN_SHIFTED, now.offset_ms.is_some());
        }
        if let (Some(was), Some(now)) = (was.offset_ms, now.offset_ms) {
            self.vote(
                r,
                MOVED,
                (now - was - shift_ms as f64).abs() <= TOLERANCE_MS,
            );
        }
    }

    /// A window with another person's sound.
    pub fn dubbed(&mut self, r: &Recording, w: &Window) {
        self.vote(r, DUBBED, w.offset_ms.is_none());
        self.vote(
            r,
            FALSE_LOCK,
            w.offset_ms.is_some() && w.lock_probability > 0.9,
        );
    }

    /// 3 s segments of a session whose sound comes `late_ms` late from `at_s` on.
    pub fn stepped(&mut self, r: &Recording, at_s: f64, late_ms: f64, segments: &[Window]) {
        let mut found = None;
        for (i, w) in segments.iter().enumerate() {
            let begins = 3.0 * i as f64;
            let flagged = w.llr.is_some_and(|l| l > 0.0) && w.shift_ms.is_some();
            if begins + 3.0 <= at_s {
                self.vote(r, STEP_EARLY, flagged);
            } else if let (true, Some(shift)) = (flagged, w.shift_ms) {
                self.vote(r, STEP_SIZE, (shift - late_ms).abs() <= TOLERANCE_MS);
                found = found.or(w.shift_start_s.map(|s| (begins + 3.0 - at_s, s - at_s)));
            }
        }
        let words = found.map_or("step not found".into(), |(delay, start)| {
            format!("step found {delay:.1} s after it, start placed {start:+.1} s off")
        });
        self.group(r).clips.push(format!("{:22} {words}", r.name));
    }

    pub fn print(&self) {
        let mut json = Vec::new();
        for (fps, group) in self.groups.iter().rev() {
            println!("\n{fps} fps");
            group.clips.iter().for_each(|l| println!("  {l}"));
            let mut shares = serde_json::Map::new();
            for (key, votes) in &group.votes {
                let (share, low, high, n) = interval(votes);
                let span = if votes.len() > 1 {
                    format!("{low:.3} to {high:.3}")
                } else {
                    "one speaker".into()
                };
                println!(
                    "  {key:64} {share:.3}  95 % CI by speaker {span:16} n {n} windows, {} speakers",
                    votes.len()
                );
                let by: BTreeMap<&str, f64> = votes
                    .iter()
                    .map(|(who, v)| (who.as_str(), mean(v)))
                    .collect();
                shares.insert((*key).to_owned(), serde_json::json!({
                    "share": share, "ci95": if votes.len() > 1 { Some([low, high]) } else { None },
                    "windows": n, "speakers": votes.len(), "by_speaker": by,
                }));
            }
            json.push(serde_json::json!({"fps": fps, "clips": group.json, "figures": shares}));
        }
        println!(
            "{}",
            serde_json::json!({"bench": "accuracy_lip_sync", "groups": json})
        );
    }
}

const MOVED: &str = "offset moves by the shift, +-40 ms (locked windows)";
const SPOKEN: &str = "locked, windows with >= 6 s of speech, unshifted";
const SPOKEN_SHIFTED: &str = "locked, windows with >= 6 s of speech, shifted";
const DUBBED: &str = "other person's speech: uncorrelated or abstained";
const FALSE_LOCK: &str = "other person's speech: locked with probability > 0.9";
const STEP_SIZE: &str = "240 ms step in the middle: flagged segments right to +-40 ms";
const STEP_EARLY: &str = "240 ms step in the middle: segments flagged before it";

fn mean(v: &[bool]) -> f64 {
    v.iter().filter(|b| **b).count() as f64 / v.len().max(1) as f64
}

/// Share of yes, 95 % bootstrap interval over speakers, and the number of windows.
fn interval(votes: &Votes) -> (f64, f64, f64, usize) {
    let people: Vec<&Vec<bool>> = votes.values().collect();
    let pool = |of: &[&Vec<bool>]| {
        mean(
            &of.iter()
                .flat_map(|v| v.iter().copied())
                .collect::<Vec<_>>(),
        )
    };
    let mut state = 1u64;
    let mut pick = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        people[(state >> 33) as usize % people.len()]
    };
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| pool(&people.iter().map(|_| pick()).collect::<Vec<_>>()))
        .collect();
    draws.sort_by(f64::total_cmp);
    let at = |q: f64| draws[((DRAWS - 1) as f64 * q) as usize];
    (
        pool(&people),
        at(0.025),
        at(0.975),
        people.iter().map(|v| v.len()).sum(),
    )
}
