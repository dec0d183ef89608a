//! Buffers that a thread uses again for the next picture. Pure: whoever takes one finds zeros in it, so nothing of
//! another picture, which may be of another interview, can show through.
//!
//! A picture's conversions and crops each take a megabyte or so for a few milliseconds. Given back to the system each
//! time, they cost more in page faults than in filling them (docs/performance.md).

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::thread::LocalKey;

/// Buffers of one kind that a thread keeps, at most.
const MOST: usize = 4;
/// A larger buffer is not kept, bytes: a picture of 2560 x 1440 in packed RGB.
const LARGEST_BYTES: usize = 12 << 20;

/// Values whose buffers are kept.
pub trait Keeps: Copy + Default + 'static {
    #[doc(hidden)]
    fn shelf() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>>;
}

macro_rules! keeps {
    ($($kind:ty),*) => {$(
        impl Keeps for $kind {
            fn shelf() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>> {
                thread_local!(static SHELF: RefCell<Vec<Vec<$kind>>> = const { RefCell::new(Vec::new()) });
                &SHELF
            }
        }
    )*};
}
keeps!(u8, [f32; 4]);

/// A buffer of fixed length that goes back to the thread which drops it.
pub struct Kept<T: Keeps>(Vec<T>);

// === impl Kept ===

impl<T: Keeps> Kept<T> {
    /// So many zeros.
    pub fn zeros(len: usize) -> Self {
        let fits = |v: &Vec<T>| len <= v.capacity() && v.capacity() / 4 <= len;
        let found = T::shelf().try_with(|shelf| {
            let mut shelf = shelf.borrow_mut();
            let at = shelf.iter().position(fits)?;
            Some(shelf.swap_remove(at))
        });
        match found.ok().flatten() {
            Some(mut kept) => {
                kept.clear();
                kept.resize(len, T::default());
                Self(kept)
            }
            None => Self(vec![T::default(); len]),
        }
    }
}

impl<T: Keeps> Drop for Kept<T> {
    fn drop(&mut self) {
        let gone = std::mem::take(&mut self.0);
        if gone.capacity() == 0 || gone.capacity() * size_of::<T>() > LARGEST_BYTES {
            return;
        }
        // A thread that ends keeps nothing.
        let _ = T::shelf().try_with(|shelf| {
            let mut shelf = shelf.borrow_mut();
            if shelf.len() == MOST {
                // The one that lay there longest serves nobody.
                shelf.remove(0);
            }
            shelf.push(gone);
        });
    }
}

impl<T: Keeps> Deref for Kept<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Keeps> DerefMut for Kept<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_the_shelf() -> Vec<usize> {
        <u8 as Keeps>::shelf().with(|s| s.borrow().iter().map(Vec::capacity).collect())
    }

    #[test]
    fn a_buffer_is_used_again_and_holds_zeros() {
        let mut first = Kept::<u8>::zeros(1000);
        first.fill(7);
        let place = first.as_ptr();
        drop(first);
        for len in [1000, 400, 900] {
            let again = Kept::<u8>::zeros(len);
            assert_eq!((again.as_ptr(), again.len()), (place, len));
            assert!(again.iter().all(|v| *v == 0));
        }
        // One that is much too large, or too small, stays where it lies.
        let other = Kept::<u8>::zeros(100);
        let large = Kept::<u8>::zeros(1001);
        assert!(other.as_ptr() != place && large.as_ptr() != place);
        assert_eq!(on_the_shelf(), [1000]);
    }

    #[test]
    fn a_thread_keeps_a_few_of_them() {
        let many: Vec<Kept<u8>> = (1..=6).map(|n| Kept::zeros(100 * n)).collect();
        drop(many);
        assert_eq!(on_the_shelf(), [300, 400, 500, 600]);
        drop(Kept::<u8>::zeros(LARGEST_BYTES + 1));
        drop(Kept::<u8>::zeros(0));
        assert_eq!(on_the_shelf(), [300, 400, 500, 600]);
        // Another thread has a shelf of its own, and one that ends leaves nothing.
        let elsewhere = Kept::<u8>::zeros(600);
        std::thread::spawn(move || drop(elsewhere)).join().unwrap();
        assert_eq!(on_the_shelf(), [300, 400, 500]);
    }
}
