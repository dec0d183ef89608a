//! Identifiers chosen by clients: bounded, printable, opaque.

use super::FieldError;
use serde::{Deserialize, Serialize};

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Accepts 1 to 128 characters of `[A-Za-z0-9._:-]`.
            ///
            /// # Errors
            /// A [`FieldError`] that names the field otherwise.
            pub fn parse(text: &str) -> Result<Self, FieldError> {
                let ok = (1..=128).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
                if ok {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(FieldError::new(
                        $field,
                        format!("{text:?}"),
                        "1 to 128 characters of [A-Za-z0-9._:-]",
                    ))
                }
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id_type!(
    /// Names one interview.
    SessionId,
    "session_id"
);
id_type!(
    /// Names one participant of an interview.
    ParticipantId,
    "participant_id"
);
id_type!(
    /// Names one track of an interview.
    TrackId,
    "track_id"
);

id_type!(
    /// Names one customer of a server. Sessions, references and whatever else outlives a call belong
    /// to a tenant; what belongs to another one does not exist for the caller.
    TenantId,
    "tenant"
);

impl Default for TenantId {
    /// The only tenant of a server that knows no keys.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_bounded_and_printable() {
        for good in ["a", "cand-1", "zoom:16778240", &"x".repeat(128)] {
            assert!(TrackId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "é", "a\n", "<script>", &"x".repeat(129)] {
            let e = TrackId::parse(bad).unwrap_err();
            assert_eq!(e.field, "track_id");
        }
    }
}
