//! What becomes of notices to the operator's own service.

use super::metrics::metrics;

/// One try of a notice, or its end.
#[derive(Debug)]
pub struct WebhookTried<'a> {
    /// The notice's own id, drawn at random.
    id: &'a str,
    /// `delivered`, `failed` or `given_up`.
    outcome: &'static str,
    /// Why it failed.
    detail: Option<&'a str>,
}

impl<'a> WebhookTried<'a> {
    /// It was taken.
    pub fn delivered(id: &'a str) -> Self {
        Self {
            id,
            outcome: "delivered",
            detail: None,
        }
    }

    /// It was not taken this time.
    pub fn failed(id: &'a str, detail: &'a str) -> Self {
        Self {
            id,
            outcome: "failed",
            detail: Some(detail),
        }
    }

    /// It is tried no more.
    pub fn given_up(id: &'a str, detail: &'a str) -> Self {
        Self {
            id,
            outcome: "given_up",
            detail: Some(detail),
        }
    }

    /// Counts and logs.
    pub fn emit(self) {
        let labels = [("outcome", self.outcome)];
        metrics().webhooks.get_or_create(&labels).inc();
        match self.detail {
            None => tracing::debug!(id = self.id, "notice delivered"),
            Some(detail) => tracing::warn!(
                id = self.id,
                outcome = self.outcome,
                detail,
                "notice not delivered"
            ),
        }
    }
}
