//! Signatures as Standard Webhooks 1.0 has them (standardwebhooks.com), so that receivers can check them with a
//! library of their language. Pure.

use crate::core::FieldError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret, by the standard.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What deliveries are signed with. Never printed.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

// === impl WebhookSecret ===

impl WebhookSecret {
    /// Reads `whsec_` and base64 of 24 to 64 bytes.
    ///
    /// # Errors
    /// A [`FieldError`] that does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let expected = "whsec_ and base64 of 24 to 64 random bytes";
        let refused = || FieldError::new("webhook.secret_file", "something else", expected);
        let text = text.trim().strip_prefix(PREFIX).ok_or_else(refused)?;
        let bytes = STANDARD.decode(text).map_err(|_| refused())?;
        if !BYTES.contains(&bytes.len()) {
            return Err(refused());
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The signature of a delivery: HMAC-SHA256 over `id.timestamp.body`.
    pub fn sign(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{timestamp_s}.").into_bytes();
        signed.extend_from_slice(body);
        format!("v1,{}", STANDARD.encode(hmac::sign(&self.0, &signed)))
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_signed_as_it_says() {
        // From the specification's test vector.
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
    }

    #[test]
    fn short_bare_and_broken_secrets_are_refused_without_being_repeated() {
        for text in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_abc=",
            "whsec_c2hvcnQ=",
        ] {
            let error = WebhookSecret::parse(text).unwrap_err().to_string();
            assert!(error.contains("24 to 64"), "{error}");
            assert!(text.len() < 8 || !error.contains(&text[6..]), "{error}");
        }
    }
}
