//! `liveproof models`.

use super::exit::{self, Failure, fail};
use super::{print, rooms};
use liveproof::config::Config;
use liveproof::engine::{card as model_card, table};

/// Prints the state of every model.
pub fn list(config: &Config) -> Result<(), Failure> {
    print(&table(&rooms::engine(config)?.models()))
}

/// The same, and fails when one cannot be used.
pub fn verify(config: &Config) -> Result<(), Failure> {
    let models = rooms::engine(config)?.models();
    print(&table(&models))?;
    let unusable = models
        .iter()
        .filter(|m| !m.available)
        .map(|m| m.id.as_str());
    let unusable: Vec<&str> = unusable.collect();
    if unusable.is_empty() {
        return Ok(());
    }
    let error = anyhow::anyhow!("not usable: {}", unusable.join(", "));
    Err(fail(exit::INPUT, error))
}

/// Prints a model's card.
pub fn card(config: &Config, id: &str) -> Result<(), Failure> {
    let engine = rooms::engine(config)?;
    print(&model_card(&engine, id).map_err(|e| fail(exit::USAGE, e))?)
}
