//! What made a log: the program, its libraries, the machine, models and settings.

use super::tree::sha256;
use serde::Serialize;
use std::collections::BTreeMap;

/// What made a log; the same for every log of a process.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Program {
    /// Version of the program.
    pub version: String,
    /// SHA-256 of the executable file, lower-case hex; empty where it cannot be read.
    pub build_sha256: String,
    /// Versions of libraries that results depend on, by name.
    pub libraries: BTreeMap<String, String>,
    /// What it runs on: results are the same to the last digit on one kind of machine.
    pub machine: Machine,
    /// Models of the manifest, missing ones included.
    pub models: Vec<ModelDigest>,
    /// Digest of everything that the inference depends on: manifest, calibrations, library, provider.
    pub engine_digest: String,
    /// Settings that results depend on, by name.
    pub settings: BTreeMap<String, String>,
    /// SHA-256 over lines `name=value`, each with its line feed, in the order of their names.
    pub settings_sha256: String,
}

/// The kind of machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Architecture, as "x86_64".
    pub arch: String,
    /// Operating system.
    pub os: String,
    /// Extensions that inference libraries choose their code by.
    pub features: Vec<&'static str>,
}

/// A model and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelDigest {
    /// Id in the manifest.
    pub id: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// True when it was used.
    pub available: bool,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            arch: std::env::consts::ARCH.to_owned(),
            os: std::env::consts::OS.to_owned(),
            features: features(),
        }
    }
}

// === impl Program ===

impl Program {
    /// Of this program on this machine. `models`: id, SHA-256, and whether it was used.
    pub fn new(
        version: &str,
        build_sha256: String,
        libraries: BTreeMap<String, String>,
        models: Vec<(String, String, bool)>,
        engine_digest: String,
        settings: BTreeMap<String, String>,
    ) -> Self {
        let model = |(id, sha256, available)| ModelDigest {
            id,
            sha256,
            available,
        };
        Self {
            version: version.to_owned(),
            build_sha256,
            libraries,
            machine: Machine::default(),
            models: models.into_iter().map(model).collect(),
            engine_digest,
            settings_sha256: digest(&settings),
            settings,
        }
    }

    /// The same with one more setting.
    #[must_use]
    pub fn with_setting(&self, name: &str, value: String) -> Self {
        let mut more = self.clone();
        more.settings.insert(name.to_owned(), value);
        more.settings_sha256 = digest(&more.settings);
        more
    }
}

/// SHA-256 over the settings as lines, lower-case hex.
fn digest(settings: &BTreeMap<String, String>) -> String {
    let lines: String = settings.iter().map(|(k, v)| format!("{k}={v}\n")).collect();
    hex::encode(sha256(&[lines.as_bytes()]))
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let known = [
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("fma", std::is_x86_feature_detected!("fma")),
        ("avx512f", std::is_x86_feature_detected!("avx512f")),
        ("avx512vnni", std::is_x86_feature_detected!("avx512vnni")),
    ];
    known
        .iter()
        .filter(|(_, has)| *has)
        .map(|(n, _)| *n)
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}
