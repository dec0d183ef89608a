//! The two things of FFmpeg that ffmpeg-next has no safe way to.
//!
//! **Colours.** A stream or container may state any number as its matrix: FFmpeg hands on AV1's eight bits and
//! Matroska's elements as it finds them. ffmpeg-next makes a Rust enum of the number unchecked, and for one that the
//! enum does not have that is undefined behaviour: fuzzing found an AV1 packet with a reserved matrix on which a
//! `match` jumped into data. So nothing here makes an enum of it.
//!
//! **Memory.** A box of an MP4 file that claims a gigabyte is given one before its bytes are read, also found by
//! fuzzing. What FFmpeg takes at once is bounded.
//!
//! **This is the only file that may hold `unsafe`**; a test (`src/tidy`) holds that.

use ffmpeg_next as ff;
use std::ffi::c_int;
use std::mem::size_of;
use std::ptr::addr_of;

/// Largest piece of memory that FFmpeg may take at once: 256 MiB. The largest picture that is let in (4096 x 4096)
/// takes 128 MiB at eight bytes a pixel.
const MAX_ALLOCATION: usize = 256 << 20;

/// Has FFmpeg refuse to take more than [`MAX_ALLOCATION`] at once, in the whole process.
pub(super) fn bound_allocations() {
    // SAFETY: the call stores a number that FFmpeg's allocator reads atomically. It takes no pointer and may be made
    // at any time, from any thread.
    #[allow(unsafe_code)]
    unsafe {
        ff::ffi::av_max_alloc(MAX_ALLOCATION);
    }
}

/// A picture's colours as FFmpeg numbers them; any number may stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StatedColor {
    /// Matrix, as ITU-T H.273 table 4 numbers it; 2 where nothing is stated.
    pub(super) matrix: c_int,
    /// 1 limited, 2 full; 0 where nothing is stated.
    pub(super) range: c_int,
}

// A C enum has the size of an `int` on every target of `deny.toml`.
const _: () = assert!(
    size_of::<ff::ffi::AVColorSpace>() == size_of::<c_int>()
        && size_of::<ff::ffi::AVColorRange>() == size_of::<c_int>()
);

// === impl StatedColor ===

impl StatedColor {
    pub(super) fn of(frame: &ff::frame::Video) -> Self {
        // SAFETY: the pointer is that of the AVFrame that `frame` owns, valid and aligned while `frame` is
        // borrowed, and nothing writes to it meanwhile. Both fields are as large as a `c_int` (asserted above),
        // of which every bit pattern is a value; neither a reference nor an enum is made of them.
        #[allow(unsafe_code)]
        unsafe {
            let frame = frame.as_ptr();
            Self {
                matrix: addr_of!((*frame).colorspace).cast::<c_int>().read(),
                range: addr_of!((*frame).color_range).cast::<c_int>().read(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_read() {
        let mut frame = ff::frame::Video::empty();
        let nothing = StatedColor {
            matrix: 2,
            range: 0,
        };
        assert_eq!(StatedColor::of(&frame), nothing);
        frame.set_color_space(ff::color::Space::BT2020NCL);
        frame.set_color_range(ff::color::Range::JPEG);
        let set = StatedColor {
            matrix: 9,
            range: 2,
        };
        assert_eq!(StatedColor::of(&frame), set);
    }

    #[test]
    fn more_than_the_bound_is_not_taken() {
        super::super::file::init().unwrap();
        assert!(ff::Packet::new(1 << 20).data().is_some());
        assert!(ff::Packet::new(MAX_ALLOCATION + 1).data().is_none());
    }
}
