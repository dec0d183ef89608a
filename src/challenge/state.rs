//! Where one challenge stands and what follows from what happens: pure.
//!
//! ```text
//!            shown              judged: not done, first time
//! Issued ------------> Open ------------------------------> Asked again --shown--> Open
//!    \ not in time       \ judged                               \ not in time       \ judged
//!     \--> Ended          \--> Ended                             \--> Ended          \--> Ended
//! ```
//!
//! From every state but the last a challenge can be declined, cancelled, or interrupted by the end of the
//! interview. It ends once, has at most two windows, and asks again at most once.

use crate::core::MediaTime;

/// How long after a prompt was issued it must have been shown, nanoseconds; the wait that was drawn comes
/// on top.
pub const SHOW_WITHIN_NS: i64 = 30_000_000_000;
/// How much earlier than it was issued a prompt may be shown by the session's clock, nanoseconds: clocks of
/// tracks are mapped to within a fraction of a second.
const CLOCK_SLACK_NS: i64 = 2_000_000_000;
/// How far ahead of the media a prompt may be shown, nanoseconds: buffers of platforms hold media back.
const AHEAD_NS: i64 = 30_000_000_000;

/// Where a challenge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Its prompt is to be shown.
    Issued {
        /// When it was issued.
        issued: MediaTime,
        /// Until when it must have been shown.
        show_by: MediaTime,
    },
    /// Its window is open, or closed and not judged yet.
    Open {
        /// 1 or 2.
        attempt: u32,
        /// When the prompt was shown.
        shown: MediaTime,
        /// Until when an answer counts.
        deadline: MediaTime,
    },
    /// It was not done; the prompt is to be shown once more.
    AskedAgain {
        /// When that was asked.
        asked: MediaTime,
        /// Until when it must have been shown.
        show_by: MediaTime,
    },
    /// Nothing more happens.
    Ended(Ending),
}

/// How a challenge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was judged, at this attempt.
    Judged {
        /// 1 or 2.
        attempt: u32,
    },
    /// Its prompt was not shown in time.
    Expired,
    /// The candidate declined.
    Declined,
    /// The host took it back.
    Cancelled,
    /// The interview ended before.
    Interrupted,
}

/// What happens to a challenge. Times are session times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A prompt was shown in full.
    Shown {
        /// Which prompt, 1 or 2; 0 = the latest.
        attempt: u32,
        /// When.
        at: MediaTime,
        /// How far the media is.
        now: MediaTime,
    },
    /// The media has reached this time.
    Reached(MediaTime),
    /// A window was judged.
    Judged {
        /// Whose window, 1 or 2.
        attempt: u32,
        /// True when it was found not done; false when it was done, or could not be told.
        missing: bool,
        /// How far the media is.
        now: MediaTime,
    },
    /// The candidate declines.
    Decline,
    /// The host takes it back.
    Cancel,
    /// The interview ends.
    SessionEnds,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Open the window in which the answer is looked for.
    OpenWindow {
        /// 1 or 2.
        attempt: u32,
        /// From when.
        shown: MediaTime,
        /// Until when.
        deadline: MediaTime,
    },
    /// Ask once more.
    AskAgain {
        /// Until when the prompt must have been shown.
        show_by: MediaTime,
    },
    /// Say the last word.
    Conclude(Ending),
}

/// An event that the state does not allow; the state is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// It has ended.
    #[error("the challenge has ended")]
    Ended,
    /// The prompt was shown already, or is not to be shown.
    #[error("no prompt is waiting to be shown")]
    NotWaiting,
    /// Another prompt is to be shown.
    #[error("attempt {found}, expected {expected}")]
    Attempt {
        /// As stated.
        found: u32,
        /// The one that is waiting, or open.
        expected: u32,
    },
    /// The time cannot be.
    #[error("{found} µs, expected {from} to {to} µs of session time")]
    Time {
        /// As stated.
        found: i64,
        /// Earliest.
        from: i64,
        /// Latest.
        to: i64,
    },
}

type Next = (Progress, Vec<Effect>);

/// The state after an event, and what to do about it. `answer_ns` is how long an answer counts.
///
/// # Errors
/// [`Illegal`] when the event makes no sense in this state.
pub fn step(state: Progress, event: Event, answer_ns: i64) -> Result<Next, Illegal> {
    use Progress as P;
    if matches!(state, P::Ended(_)) {
        return Err(Illegal::Ended);
    }
    let stay = Ok((state, Vec::new()));
    match (state, event) {
        (P::Issued { issued, show_by }, Event::Shown { attempt, at, now }) => {
            check_attempt(attempt, 1)?;
            open(1, at, (issued, show_by, now), answer_ns)
        }
        (P::AskedAgain { asked, show_by }, Event::Shown { attempt, at, now }) => {
            check_attempt(attempt, 2)?;
            open(2, at, (asked, show_by, now), answer_ns)
        }
        (P::Open { .. } | P::Ended(_), Event::Shown { .. }) => Err(Illegal::NotWaiting),
        (P::Issued { show_by, .. }, Event::Reached(now)) if now > show_by => end(Ending::Expired),
        // What came of the first attempt stands.
        (P::AskedAgain { show_by, .. }, Event::Reached(now)) if now > show_by => {
            end(Ending::Judged { attempt: 1 })
        }
        (_, Event::Reached(_)) => stay,
        (
            P::Open { attempt, .. },
            Event::Judged {
                attempt: of,
                missing,
                now,
            },
        ) => {
            check_attempt(of, attempt)?;
            if missing && attempt == 1 {
                let show_by = now.plus_ns(SHOW_WITHIN_NS);
                let again = P::AskedAgain {
                    asked: now,
                    show_by,
                };
                return Ok((again, vec![Effect::AskAgain { show_by }]));
            }
            end(Ending::Judged { attempt })
        }
        (_, Event::Judged { .. }) => Err(Illegal::NotWaiting),
        // A first attempt that was judged is not taken back.
        (
            P::AskedAgain { .. } | P::Open { attempt: 2, .. },
            Event::Decline | Event::Cancel | Event::SessionEnds,
        ) => end(Ending::Judged { attempt: 1 }),
        (_, Event::Decline) => end(Ending::Declined),
        (_, Event::Cancel) => end(Ending::Cancelled),
        (_, Event::SessionEnds) => end(Ending::Interrupted),
    }
}

fn check_attempt(found: u32, expected: u32) -> Result<(), Illegal> {
    if found == 0 || found == expected {
        return Ok(());
    }
    Err(Illegal::Attempt { found, expected })
}

fn open(
    attempt: u32,
    at: MediaTime,
    (asked, show_by, now): (MediaTime, MediaTime, MediaTime),
    answer_ns: i64,
) -> Result<Next, Illegal> {
    let from = asked.plus_ns(-CLOCK_SLACK_NS);
    let to = show_by.min(now.plus_ns(AHEAD_NS));
    if at < from || at > to {
        return Err(Illegal::Time {
            found: at.as_us(),
            from: from.as_us(),
            to: to.as_us(),
        });
    }
    let deadline = at.plus_ns(answer_ns.max(1));
    let window = Effect::OpenWindow {
        attempt,
        shown: at,
        deadline,
    };
    let state = Progress::Open {
        attempt,
        shown: at,
        deadline,
    };
    Ok((state, vec![window]))
}

fn end(ending: Ending) -> Result<Next, Illegal> {
    Ok((Progress::Ended(ending), vec![Effect::Conclude(ending)]))
}
