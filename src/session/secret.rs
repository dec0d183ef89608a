//! Random bytes that nobody can guess: tokens, invitations, drawn ids.

use super::SessionError;

/// `N` bytes of the system's random number generator.
///
/// # Errors
/// [`SessionError::NoRandomness`] when the system gives none.
pub(super) fn random<const N: usize>() -> Result<[u8; N], SessionError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no random numbers");
        SessionError::NoRandomness
    })?;
    Ok(bytes)
}
