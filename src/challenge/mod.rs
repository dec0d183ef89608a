//! Challenges that the server issues: what there is to ask, how it is drawn, worded, followed and signed.
//!
//! **In:** requests, times and results as values, random bytes through [`Entropy`]. **Out:** what to ask
//! ([`Drawn`], [`Prompt`]), what to do next ([`step`]), signed records ([`RecordKey`]). **May touch:** `core`.
//! **Must not touch:** clocks, IO, tokio, media, models.
//!
//! The idea of asking for something that a face painted in real time follows badly, at a moment and in a
//! way that nobody can know before, is that of Mittal et al. (GOTCHA, arXiv 2210.06186). What cannot be
//! foreseen here: kind, hand, direction, number, waiting time, colours and words, drawn evenly from a
//! cryptographic source; a record of each, with a nonce and chained to the one before, is signed with
//! HMAC-SHA256, so that it can be shown later what was asked and when.
//!
//! A challenge that was declined, or not performed, says nothing about anybody, and everything here that
//! is shown to people says so.

mod draw;
mod kinds;
mod policy;
mod record;
mod said;
mod state;
mod texts;

pub use draw::{Drawn, Entropy, NONCE_BYTES, NoEntropy, SystemEntropy, draw, draw_kind};
pub use kinds::{Catalogued, alternative_to, answer_ns, catalogued, describe};
pub use policy::{MOST_AUTOMATIC, Plan};
pub use record::{BadKey, Fault, KEY_BYTES, RecordKey, canonical, verify_chain};
pub use said::sentence;
pub use state::{Effect, Ending, Event, Illegal, Progress, SHOW_WITHIN_NS, step};
pub use texts::{LOCALES, Prompt, prompt, reprompt, words_of};

#[cfg(test)]
mod tests;
