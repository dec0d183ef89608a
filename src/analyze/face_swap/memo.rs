//! What the net said of pictures, kept from a segment's provisional result to its final one.
//!
//! A provisional result is made by a copy of the analyzer, so that it leaves no trace in the interview's own; copies
//! share this memory, which changes no answer: the same net gives the same picture the same numbers. A picture is known
//! by the place of its pixels in memory, which are held here and so are not given to another.

use super::pool::Look;
use crate::core::FaceDetail;
use std::sync::{Arc, Mutex, PoisonError};

/// See the module. Holds the pictures of one segment.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo(Arc<Mutex<Vec<(FaceDetail, Look)>>>);

// === impl Memo ===

impl Memo {
    /// What was said of these pictures, or else what `look` says; others are forgotten.
    ///
    /// # Errors
    /// The first of `look`; what was said before stays.
    pub(super) fn of<E>(
        &self,
        pictures: &[&FaceDetail],
        mut look: impl FnMut(&FaceDetail) -> Result<Look, E>,
    ) -> Result<Vec<Look>, E> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |a: &FaceDetail, b: &FaceDetail| {
            Arc::ptr_eq(&a.rgb, &b.rgb) && a.face == b.face && a.scale == b.scale
        };
        let mut said = Vec::with_capacity(pictures.len());
        for &picture in pictures {
            let before = known.iter().find(|(p, _)| same(p, picture));
            let answer = match before {
                Some((_, answer)) => answer.clone(),
                None => look(picture)?,
            };
            said.push((picture.clone(), answer));
        }
        known.clone_from(&said);
        Ok(said.into_iter().map(|(_, answer)| answer).collect())
    }
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
            traces: None,
        }
    }

    #[test]
    fn a_picture_is_looked_at_once_by_an_analyzer_and_its_copies() {
        let memo = Memo::default();
        let (a, b, c) = (detail(1), detail(2), detail(2));
        let mut runs = 0;
        let mut ask = |memo: &Memo, pictures: &[&FaceDetail]| {
            let logits = memo.of(pictures, |p| {
                runs += 1;
                Ok::<_, ()>(look(f64::from(p.rgb[0])))
            });
            let logits: Vec<f64> = logits.unwrap().iter().map(|l| l.logit).collect();
            (logits, runs)
        };
        assert_eq!(ask(&memo.clone(), &[&a, &b]), (vec![1.0, 2.0], 2));
        assert_eq!(ask(&memo, &[&a, &b]), (vec![1.0, 2.0], 2), "known");
        // Equal pixels elsewhere are another picture.
        assert_eq!(ask(&memo, &[&b, &c]), (vec![2.0, 2.0], 3));
        assert_eq!(ask(&memo, &[&a]), (vec![1.0], 4), "forgotten");
        let failed = memo.of(&[&b], |_| Err(()));
        assert_eq!(failed, Err(()));
        assert_eq!(ask(&memo, &[&a]), (vec![1.0], 4), "kept");
    }
}
