//! Hand-occlusion challenge. No model is shipped for this signal yet: it says so for every segment.

use super::{Analysis, Analyzer, LaneTracks, Needs, Segment};
use crate::core::{AbstainReason, Abstention, Outcome};
use crate::engine::ModelSet;

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(Missing)
}

struct Missing;

impl Analyzer for Missing {
    fn name(&self) -> &'static str {
        "hand_occlusion"
    }

    fn task(&self) -> Option<&'static str> {
        Some("seg")
    }

    fn needs(&self) -> Needs {
        Needs { faces: true, speech: false }
    }

    fn capability(&self, _tracks: &LaneTracks<'_>) -> Result<(), Abstention> {
        Err(Abstention::new(AbstainReason::ModelMissing, "model missing"))
    }

    fn analyze(&mut self, segment: &Segment<'_>, _models: &mut ModelSet) -> Analysis {
        let outcome = Outcome::abstain(AbstainReason::ModelMissing, "model missing");
        Analysis::new(segment.span, outcome)
    }
}
