//! The face of a supplied reference: gathered from its pictures, and compared with a segment's mean.
//!
//! Only where the interview has a consent id; the pipeline holds that. The threshold is the one of the beginning, which was
//! measured within calls. Of two photographs of one person most lie beyond it, of two people nearly all
//! (models/identity-1.card.md): a reference of another camera can speak for one person and never for two.

use super::course::{apart, mean};
use super::{Look, Settings, TASK};
use crate::core::{FaceMean, FaceObs, ModelRef, Reference, ReferenceKind};
use crate::engine::ModelSet;

/// Adds up the faces of a reference, through the gates of a segment's pictures. `Debug` shows no vector.
#[derive(Default)]
pub struct Gatherer {
    settings: Option<Result<Settings, String>>,
    sum: Vec<f64>,
    pictures: u64,
    /// Why the latest picture that does not count was left out.
    refused: Option<String>,
}

/// A segment's mean against the face of a reference.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Against {
    pub(super) distance: f64,
    pub(super) pictures: u64,
    /// True where both certainly come from the same call.
    pub(super) same_call: bool,
}

// === impl Gatherer ===

impl Gatherer {
    /// Takes a tracked picture of the reference.
    pub fn take(&mut self, picture: &FaceObs, models: &mut ModelSet) {
        let (Some(face), Some(detail)) = (&picture.face, &picture.detail) else {
            return;
        };
        let read = |models: &ModelSet| Settings::read(models).map_err(|a| a.detail);
        let Ok(settings) = self.settings.get_or_insert_with(|| read(models)) else {
            return;
        };
        if let Some(why) = settings.gates.refusal(face) {
            self.refused = Some(why.to_owned());
            return;
        }
        match settings.net.vector(face, detail, models) {
            Ok(vector) => {
                self.sum.resize(vector.len(), 0.0);
                self.sum.iter_mut().zip(&vector).for_each(|(s, v)| *s += v);
                self.pictures += 1;
            }
            Err(e) => {
                tracing::error!(error = %e, "identity net failed on a reference");
                self.refused = Some(e.abstention().detail);
            }
        }
    }

    /// The face of the pictures so far; one picture is enough for a still.
    ///
    /// # Errors
    /// Why they give none, in words.
    pub fn face(&self, models: &ModelSet) -> Result<FaceMean, String> {
        if let Some(Err(why)) = &self.settings {
            return Err(why.clone());
        }
        let model = models.model(TASK).map_err(|a| a.detail)?;
        match (self.pictures, &self.refused) {
            (0, Some(why)) => Err(format!("no picture of it can be used: {why}")),
            (0, None) => Err("no face was found in it".to_owned()),
            (pictures, _) => Ok(FaceMean { model, pictures, vector: self.sum.clone() }),
        }
    }
}

impl std::fmt::Debug for Gatherer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gatherer").field("pictures", &self.pictures).finish_non_exhaustive()
    }
}

/// Compares a segment's pictures with a reference.
///
/// # Errors
/// Why they are not compared.
pub(super) fn compare(reference: &Reference, model: &ModelRef, looks: &[Look]) -> Result<Against, String> {
    let face = reference.face.as_ref().map_err(Clone::clone)?;
    if face.model != *model {
        return Err(format!("its face was read by {}, this interview is by {}", face.model.id, model.id));
    }
    let same_call = reference.source.kind == ReferenceKind::Stretch;
    Ok(Against { distance: apart(&face.vector, &mean(looks.iter())), pictures: face.pictures, same_call })
}
