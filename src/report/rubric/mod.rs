//! The rubric: published indicators of a manipulated interview, and what was measured of each. Pure.
//!
//! **In:** a report and one of its participants. **Out:** a [`Row`] for every indicator, measured or not.
//!
//! What holds, and the table tests check: an indicator that nothing was measured of is never said to be
//! unremarkable; what has no vote asks for a look only where it names a time from which on something is other
//! than before; a challenge that was not done counts for nothing; every row says why it reads as it does.

mod indicators;
mod observed;
mod signals;
mod sources;
#[cfg(test)]
mod tests;

pub(super) use indicators::Indicator;
pub(super) use sources::SOURCES;

use super::FileReport;
use crate::core::{ParticipantSummary, SegmentResult, Span};
use indicators::{INDICATORS, Measure};

/// How a row reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// Something in it is to be looked at.
    Look,
    /// Measured on enough of the interview, and nothing stood out there.
    Nothing,
    /// Measured, but too little of it, or with numbers that are like both kinds of recordings.
    NeitherWay,
    /// Measured or observed, without a vote.
    NoVote,
    /// A challenge that nobody put to the candidate.
    NotAsked,
    /// Nothing was measured.
    NotMeasurable,
}

impl Reading {
    /// In words, for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Look => "to be looked at",
            Self::Nothing => "nothing stood out",
            Self::NeitherWay => "measured, says little",
            Self::NoVote => "measured, no vote",
            Self::NotAsked => "not asked for",
            Self::NotMeasurable => "not measurable here",
        }
    }

    /// True where there is something measured behind it.
    pub(super) fn is_measured(self) -> bool {
        !matches!(self, Self::NotAsked | Self::NotMeasurable)
    }
}

/// One indicator and what was made of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) indicator: &'static Indicator,
    pub(super) reading: Reading,
    /// What was measured, or why nothing was; sentences.
    pub(super) result: String,
    /// Stretches to look at, in session time.
    pub(super) times: Vec<Span>,
    /// How sure that is; sentences, empty where there is nothing to be sure of.
    pub(super) sure: String,
}

/// What a measure makes of a participant, before it becomes a row.
#[derive(Debug, Clone, PartialEq)]
struct Read {
    reading: Reading,
    result: String,
    times: Vec<Span>,
    sure: String,
}

impl Read {
    fn new(reading: Reading, result: impl Into<String>) -> Self {
        Self {
            reading,
            result: result.into(),
            times: Vec::new(),
            sure: String::new(),
        }
    }
}

/// What a row looks at.
struct Case<'a> {
    file: &'a FileReport,
    p: &'a ParticipantSummary,
    /// The participant's segments, in time order.
    segments: Vec<&'a SegmentResult>,
}

/// The rows of a participant, in the order of the indicators.
pub(super) fn rows(file: &FileReport, p: &ParticipantSummary) -> Vec<Row> {
    let mine = |s: &&SegmentResult| s.participant == p.participant;
    let case = Case {
        file,
        p,
        segments: file.segments.iter().filter(mine).collect(),
    };
    INDICATORS.iter().map(|i| row(i, &case)).collect()
}

fn row(indicator: &'static Indicator, case: &Case<'_>) -> Row {
    let read = match indicator.measure {
        Measure::Lips => signals::lips(case),
        Measure::Face => signals::face(case),
        Measure::Latency => signals::latency(case),
        Measure::Signal(name) => signals::signal(case, name),
        Measure::Identity => signals::identity(case),
        Measure::SecondVoice => observed::second_voice(case),
        Measure::Challenge(kinds) => observed::challenge(case, kinds),
        Measure::Camera => observed::camera(case),
        Measure::None(why) => Read::new(Reading::NotMeasurable, why),
    };
    let sure = match (read.reading.is_measured(), read.sure.is_empty()) {
        (false, _) => String::new(),
        (true, true) => indicator.evaluated.to_owned(),
        (true, false) => format!("{} {}", read.sure, indicator.evaluated),
    };
    Row {
        indicator,
        reading: read.reading,
        result: read.result,
        times: read.times,
        sure: sure.trim().to_owned(),
    }
}
