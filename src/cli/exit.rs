//! Exit codes, those of BSD's `sysexits.h` where one fits.

/// Done.
pub const OK: u8 = 0;
/// A recording is of a kind that the command line asks to hear of; no code of `sysexits.h`.
pub const FOUND: u8 = 1;
/// An evidence log, or a recording beside it, is not what was written.
pub const BROKEN: u8 = 1;
/// An evidence log is unchanged as far as it goes, and not the whole record.
pub const PARTIAL: u8 = 2;
/// The command line or the configuration cannot be used.
pub const USAGE: u8 = 64;
/// An input could not be read, or a model is missing or altered.
pub const INPUT: u8 = 65;
/// A server could not be reached or ended the interview, or something is in use.
pub const UNAVAILABLE: u8 = 69;
/// Something that should work did not.
pub const INTERNAL: u8 = 70;
/// Interviews were cut at the end of the grace period.
pub const CUT: u8 = 75;

/// A failure with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// One of this module's codes.
    pub code: u8,
    /// What happened, from the outside in.
    pub error: anyhow::Error,
}

/// A failure with this code.
pub fn fail(code: u8, error: impl Into<anyhow::Error>) -> Failure {
    Failure {
        code,
        error: error.into(),
    }
}

/// An error and its causes, from the outside in, without a cause that its effect already quotes.
pub fn words(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        match said.as_str() {
            "" => cause,
            s if s.contains(&cause) => said,
            _ => format!("{said}: {cause}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let quoted = anyhow::anyhow!("refused").context("cannot connect: refused");
        assert_eq!(
            words(&quoted.context("a.mp4")),
            "a.mp4: cannot connect: refused"
        );
        let plain = anyhow::anyhow!("no such file").context("cannot read x");
        assert_eq!(words(&plain), "cannot read x: no such file");
    }
}
