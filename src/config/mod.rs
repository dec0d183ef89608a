//! Configuration: one validated struct from flags, environment, a TOML file and defaults.
//!
//! **In:** texts (flags, environment variables, a file's content), handed over as values. **Out:**
//! a [`Config`], or every fault at once with the nearest known name. **May touch:** std, toml, and
//! the choices that `engine` and `telemetry` offer. **Must not touch:** the process's environment,
//! the file system.
//!
//! Precedence: flags, then `LIVEPROOF_SECTION_KEY`, then the file, then defaults. The list in
//! [`settings`] is the only place where a setting is declared: its type, default, range and
//! words give the struct, the flags, the environment names and `docs/configuration.md`.

mod load;
mod show;
mod value;

/// The settings, their defaults and their ranges.
pub mod settings;

pub use load::{ConfigError, Sources, load};
pub use settings::{Config, Engine, KEYS, Log, Pipeline, Review, Server};
pub use show::{effective, reference};
pub use value::{Count, Endpoint, KeyInfo, LogLevel, Reflection, Secret};
