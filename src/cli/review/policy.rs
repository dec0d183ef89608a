//! What makes `review` end with a code other than 0.

use super::super::exit::{self, Failure, fail};
use liveproof::report::{FileStatus, IndexEntry};

/// Something about a recording that a script may want to hear of by the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Nothing: 0 whatever the recordings are like.
    None,
    /// It could not be reviewed (code 65; the others 1).
    Error,
    /// Nobody in it got a number.
    Unmeasured,
    /// Somebody got a number, and it supports neither standing.
    Inconclusive,
    /// What was measured of somebody stands out.
    StandsOut,
    /// It could not be read to its end.
    Partial,
    /// Somebody's evidence changed in mid-call.
    Change,
}

// === impl FailOn ===

impl FailOn {
    fn holds(self, entry: &IndexEntry) -> bool {
        match self {
            Self::None => false,
            Self::Error => entry.status == FileStatus::Error,
            Self::Unmeasured => entry.status == FileStatus::Unmeasured,
            Self::Inconclusive => entry.status == FileStatus::Inconclusive,
            Self::StandsOut => entry.status == FileStatus::StandsOut,
            Self::Partial => entry.partial,
            Self::Change => entry.changes(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Error => "could not be reviewed",
            Self::Unmeasured => "not measurable",
            Self::Inconclusive => "inconclusive",
            Self::StandsOut => "stand out",
            Self::Partial => "not read to their end",
            Self::Change => "with a change in mid-call",
        }
    }
}

/// Fails where a recording is of a kind that the policy names. What could not be reviewed comes
/// first: the rest then says less than it seems to.
pub fn judge(policy: &[FailOn], entries: &[IndexEntry]) -> Result<(), Failure> {
    let mut said = Vec::new();
    let mut code = exit::OK;
    for kind in policy {
        let n = entries.iter().filter(|e| kind.holds(e)).count();
        if n == 0 {
            continue;
        }
        said.push(format!("{n} of {} {}", entries.len(), kind.words()));
        code = match (*kind, code) {
            (FailOn::Error, _) | (_, exit::INPUT) => exit::INPUT,
            _ => exit::FOUND,
        };
    }
    match code {
        exit::OK => Ok(()),
        code => Err(fail(code, anyhow::anyhow!(said.join("; ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liveproof::report::FileReport;

    fn entry(status: FileStatus, partial: bool) -> IndexEntry {
        IndexEntry {
            status,
            partial,
            ..IndexEntry::of(&FileReport::failed("a.mp4", "x"), "", None)
        }
    }

    #[test]
    fn each_word_of_the_policy_has_its_code() {
        use FailOn as F;
        use FileStatus as S;
        let all = [
            entry(S::Error, false),
            entry(S::Unmeasured, false),
            entry(S::ConsistentWithLive, true),
        ];
        let code = |policy: &[F], entries: &[IndexEntry]| match judge(policy, entries) {
            Ok(()) => exit::OK,
            Err(f) => f.code,
        };
        assert_eq!(code(&[F::None], &all), exit::OK);
        assert_eq!(code(&[F::Error], &all), exit::INPUT);
        assert_eq!(code(&[F::Unmeasured], &all), exit::FOUND);
        assert_eq!(code(&[F::Partial], &all), exit::FOUND);
        assert_eq!(code(&[F::Error, F::Unmeasured], &all), exit::INPUT);
        assert_eq!(code(&[F::Unmeasured, F::Error], &all), exit::INPUT);
        assert_eq!(
            code(&[F::StandsOut, F::Inconclusive, F::Change], &all),
            exit::OK
        );
        assert_eq!(code(&[F::Error], &all[1..]), exit::OK);
        let words = judge(&[F::Error, F::Partial], &all)
            .unwrap_err()
            .error
            .to_string();
        assert_eq!(
            words,
            "1 of 3 could not be reviewed; 1 of 3 not read to their end"
        );
    }
}
