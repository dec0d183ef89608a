//! Taking out what names somebody, without breaking the chain.

use super::chain::Attached;
use super::reader::Lines;
use super::verify::Fault;
use std::io::{BufRead, Write};

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct What {
    /// Names and free words.
    pub texts: bool,
    /// The hashes of single pictures; the root over a stretch of them stays.
    pub pictures: bool,
}

/// What was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Redacted {
    /// Names and free words.
    pub texts: u64,
    /// Lists of hashes.
    pub pictures: u64,
}

/// Why a log could not be redacted.
#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] Fault),
    /// The redacted log cannot be written.
    #[error("cannot write the redacted log: {0}")]
    Write(#[from] std::io::Error),
}

/// Writes a log anew without what is named by `what`. The rest stays as it is, byte by byte, so the
/// redacted log verifies like the whole one; it says what was taken out.
///
/// # Errors
/// [`RedactError`].
pub fn redact(
    input: impl BufRead,
    mut output: impl Write,
    what: What,
) -> Result<Redacted, RedactError> {
    let mut lines = Lines::new(input);
    let mut redacted = Redacted::default();
    while let Some(line) = lines.next()? {
        let attached = Attached::parse(&line);
        let taken = match &attached {
            Some(Attached::Value { .. }) if what.texts => {
                redacted.texts += 1;
                true
            }
            Some(Attached::Leaves(_)) if what.pictures => {
                redacted.pictures += 1;
                true
            }
            _ => false,
        };
        match attached.filter(|_| taken) {
            Some(attached) => {
                let stub = Attached::Redacted(attached.digest());
                writeln!(output, "{}", stub.line())?;
            }
            None => writeln!(output, "{line}")?,
        }
    }
    output.flush()?;
    Ok(redacted)
}
