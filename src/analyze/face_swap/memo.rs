//! What the net said of pictures, kept from a segment's provisional result to its final one.
//!
//! A provisional result is made by a copy of the analyzer, so that it leaves no trace in the interview's own; copies
//! share this memory, which changes no answer: the same net gives the same picture the same numbers. A picture is known
//! by the place of its pixels in memory, which are held here and so are not given to another.

use super::pool::Look;
use crate::core::FaceDetail;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// See the module. Holds the pictures of one segment.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo(Arc<Mutex<Vec<(FaceDetail, Look)>>>);

// === impl Memo ===

impl Memo {
    /// Forgets all but these pictures.
    pub(super) fn keep(&self, pictures: &[&FaceDetail]) {
        self.known().retain(|(known, _)| pictures.iter().any(|p| same(known, p)));
    }

    /// What was said of this picture, or else what `look` says.
    ///
    /// # Errors
    /// That of `look`; what was said before stays.
    pub(super) fn of<E>(
        &self,
        picture: &FaceDetail,
        look: impl FnOnce(&FaceDetail) -> Result<Look, E>,
    ) -> Result<Look, E> {
        let mut known = self.known();
        if let Some((_, said)) = known.iter().find(|(p, _)| same(p, picture)) {
            return Ok(said.clone());
        }
        let said = look(picture)?;
        known.push((picture.clone(), said.clone()));
        Ok(said)
    }

    /// Number of pictures that it knows.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known().len()
    }

    fn known(&self) -> MutexGuard<'_, Vec<(FaceDetail, Look)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same(a: &FaceDetail, b: &FaceDetail) -> bool {
    Arc::ptr_eq(&a.rgb, &b.rgb) && a.face == b.face && a.scale == b.scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(seed: u8) -> FaceDetail {
        FaceDetail {
            rgb: vec![seed; 3].into(),
            face: [0.5; 4],
            scale: 1.0,
        }
    }

    fn look(logit: f64) -> Look {
        Look {
            logit,
            embedding: Vec::new(),
            regions: Vec::new(),
            made: None,
            drawn: None,
            traces: None,
        }
    }

    #[test]
    fn a_picture_is_looked_at_once_by_an_analyzer_and_its_copies() {
        let memo = Memo::default();
        let (a, b, c) = (detail(1), detail(2), detail(2));
        let mut runs = 0;
        let mut ask = |memo: &Memo, pictures: &[&FaceDetail]| {
            memo.keep(pictures);
            let mut one = |p: &FaceDetail| {
                runs += 1;
                Ok::<_, ()>(look(f64::from(p.rgb[0])))
            };
            let logits: Vec<f64> = pictures.iter().map(|p| memo.of(p, &mut one).unwrap().logit).collect();
            (logits, runs)
        };
        assert_eq!(ask(&memo.clone(), &[&a, &b]), (vec![1.0, 2.0], 2));
        assert_eq!(ask(&memo, &[&a, &b]), (vec![1.0, 2.0], 2), "known");
        // Equal pixels elsewhere are another picture.
        assert_eq!(ask(&memo, &[&b, &c]), (vec![2.0, 2.0], 3));
        assert_eq!(ask(&memo, &[&a]), (vec![1.0], 4), "forgotten");
        assert_eq!(memo.of(&b, |_| Err(())), Err(()));
        assert_eq!(ask(&memo, &[&a]), (vec![1.0], 4), "kept");
    }
}
