//! `liveproof models`.

use super::exit::{self, Failure, fail};
use super::print;
use liveproof::config::Config;
use liveproof::engine::{Engine, EngineOptions, ModelsDir, card as model_card, table};
use std::sync::Arc;

/// Verifies the models and loads what can be used.
pub fn engine(config: &Config) -> Result<Arc<Engine>, Failure> {
    let dir =
        ModelsDir::find(config.engine.models_dir.as_deref()).map_err(|e| fail(exit::INPUT, e))?;
    let options = EngineOptions {
        runtime: config.engine.ort_library.clone(),
        provider: config.engine.provider,
    };
    Engine::load(&dir, &options).map_err(|e| fail(exit::INPUT, e))
}

/// Prints the state of every model.
pub fn list(config: &Config) -> Result<(), Failure> {
    print(&table(&engine(config)?.models()))
}

/// The same, and fails when one cannot be used.
pub fn verify(config: &Config) -> Result<(), Failure> {
    let models = engine(config)?.models();
    print(&table(&models))?;
    let unusable: Vec<&str> = models
        .iter()
        .filter(|m| !m.available)
        .map(|m| m.id.as_str())
        .collect();
    if unusable.is_empty() {
        return Ok(());
    }
    Err(fail(
        exit::INPUT,
        anyhow::anyhow!("not usable: {}", unusable.join(", ")),
    ))
}

/// Prints a model's card.
pub fn card(config: &Config, id: &str) -> Result<(), Failure> {
    let engine = engine(config)?;
    print(&model_card(&engine, id).map_err(|e| fail(exit::USAGE, e))?)
}
