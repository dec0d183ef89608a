//! Types of settings: how each is read from text, checked and shown.

use crate::engine::Provider;
use crate::telemetry::LogFormat;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What is known of a setting without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// Section in the file.
    pub section: &'static str,
    /// Key in the section.
    pub key: &'static str,
    /// `section.key`.
    pub path: &'static str,
    /// What it does, from the declaration's comment.
    pub doc: &'static str,
    /// What is accepted, with unit and range.
    pub accepts: &'static str,
}

impl KeyInfo {
    /// Name of the environment variable, as `LIVEPROOF_SERVER_LISTEN`.
    pub fn variable(&self) -> String {
        format!("LIVEPROOF_{}_{}", self.section, self.key).to_uppercase()
    }

    /// Name of the flag without dashes, as `server-listen`.
    pub fn flag(&self) -> String {
        format!("{}-{}", self.section, self.key).replace('_', "-")
    }
}

/// A value that can be written as text in a flag, a variable or a file.
pub trait Setting: Sized {
    /// Reads the value; `None` when the text is no such value.
    fn parse(text: &str) -> Option<Self>;
    /// The value as text that [`Setting::parse`] reads; secrets stay hidden.
    fn show(&self) -> String;
    /// True when a TOML file writes the value without quotes.
    const BARE: bool = false;
}

macro_rules! by_from_str {
    ($bare:literal: $($type:ty),*) => {$(
        impl Setting for $type {
            fn parse(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
            fn show(&self) -> String {
                self.to_string()
            }
            const BARE: bool = $bare;
        }
    )*};
}
by_from_str!(true: u32, u64, f64, bool);
by_from_str!(false: SocketAddr);

/// An optional path; the empty text means none.
impl Setting for Option<PathBuf> {
    fn parse(text: &str) -> Option<Self> {
        Some((!text.is_empty()).then(|| PathBuf::from(text)))
    }
    fn show(&self) -> String {
        self.as_ref()
            .map_or_else(String::new, |p| p.display().to_string())
    }
}

/// An optional address; the empty text means none, a port alone means loopback.
impl Setting for Option<SocketAddr> {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(None);
        }
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let addr = text.parse().ok();
        addr.or_else(|| text.parse().ok().map(loopback)).map(Some)
    }
    fn show(&self) -> String {
        self.map_or_else(String::new, |a| a.to_string())
    }
}

/// An address of another service, as `http://127.0.0.1:4317`; empty means none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoint(String);

impl Endpoint {
    /// The address; `None` when empty.
    pub fn get(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }
}

impl Setting for Endpoint {
    fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("http://");
        let named = host
            .is_some_and(|h| !h.is_empty() && !h.contains(|c: char| c.is_whitespace() || c == '@'));
        (text.is_empty() || named).then(|| Self(text.to_owned()))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// A number of threads or files at once, or `auto`: from the processor cores that are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Count {
    /// Decided at start.
    #[default]
    Auto,
    /// As said.
    Fixed(NonZeroUsize),
}

impl Count {
    /// The number said, `None` for auto.
    pub fn fixed(self) -> Option<usize> {
        match self {
            Self::Auto => None,
            Self::Fixed(n) => Some(n.get()),
        }
    }
}

impl Setting for Count {
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "auto" => Some(Self::Auto),
            number => number.parse().ok().map(Self::Fixed),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Auto => "auto".to_owned(),
            Self::Fixed(n) => n.to_string(),
        }
    }
}

/// A path or token that is used but never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// The text; `None` when empty.
    pub fn reveal(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.show())
    }
}

impl Setting for Secret {
    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
    fn show(&self) -> String {
        if self.0.is_empty() {
            String::new()
        } else {
            "<redacted>".to_owned()
        }
    }
}

impl Setting for Provider {
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == text.trim())
    }
    fn show(&self) -> String {
        self.name().to_owned()
    }
}

/// Declares an enum of words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant),* }

        impl Setting for $name {
            fn parse(text: &str) -> Option<Self> {
                match text.trim() { $($word => Some(Self::$variant),)* _ => None }
            }
            fn show(&self) -> String {
                match self { $(Self::$variant => $word),* }.to_owned()
            }
        }
    };
}

words! {
    /// Least severe message that is logged.
    LogLevel {
        /// What ended something.
        Error = "error",
        /// And what an operator should look at.
        Warn = "warn",
        /// And what happened, per interview.
        Info = "info",
        /// And per segment.
        Debug = "debug",
        /// And per frame.
        Trace = "trace",
    }
}
words! {
    /// Who may ask for the descriptors of the protocol.
    Reflection {
        /// Nobody.
        Off = "off",
        /// Who may call anything else.
        Key = "key",
        /// Anybody.
        Open = "open",
    }
}

impl Setting for LogFormat {
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
        .to_owned()
    }
}
