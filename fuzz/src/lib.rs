//! What the fuzz targets run, free of libFuzzer: one entry function per target, bytes in,
//! [`Reached`] out, and a panic where something does not hold.
//!
//! The ordinary tests include this file by its path and replay the corpus through the very same
//! functions (`src/e2e/fuzz.rs`), so nothing in here may need an instrumented build.

pub mod codecs;
pub mod files;
pub mod mutate;
pub mod pieces;
pub mod texts;
pub mod wire;
mod world;

/// How far an input got. A corpus that gets nowhere tests nothing, so the replay looks at the sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// Interviews, decoders, files or texts that were taken.
    pub opened: u64,
    /// Those, messages, packets or chunks that were refused with a typed error.
    pub refused: u64,
    /// Pictures decoded.
    pub pictures: u64,
    /// Blocks of sound decoded.
    pub blocks: u64,
    /// Control events and challenge requests answered.
    pub answers: u64,
    /// Segments and summaries that came of it.
    pub results: u64,
}

impl std::ops::AddAssign for Reached {
    fn add_assign(&mut self, more: Self) {
        self.opened += more.opened;
        self.refused += more.refused;
        self.pictures += more.pictures;
        self.blocks += more.blocks;
        self.answers += more.answers;
        self.results += more.results;
    }
}

/// Largest picture that the targets let in: small, so that an input costs milliseconds. That larger
/// ones are refused before memory is taken shows in libFuzzer's limit of a single allocation.
pub const MAX_PIXELS: u64 = 512 * 512;

/// A target's entry function.
pub type Entry = fn(&[u8]) -> Reached;

/// Every target: its name, which is also that of its corpus, and its entry function.
pub const TARGETS: [(&str, Entry); 4] = [
    ("wire", wire::run),
    ("codecs", codecs::run),
    ("files", files::run),
    ("texts", texts::run),
];
