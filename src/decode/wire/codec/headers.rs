//! Headers of VP8, VP9 and AV1: whether a picture stands alone, and how large it is.

use super::bits::Bits;

/// Whether a picture stands alone, and its size where the header states it.
pub(super) type Head = (bool, Option<(u32, u32)>);

/// The frame header of VP8, RFC 6386 9.1; `None` where it is cut off or no VP8.
pub(super) fn vp8(payload: &[u8]) -> Option<Head> {
    match payload {
        [tag, _, _, ..] if tag & 1 == 1 => Some((false, None)),
        [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] => {
            let side = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]) & 0x3fff);
            Some((true, Some((side(w0, w1), side(h0, h1)))))
        }
        _ => None,
    }
}

/// The uncompressed header of VP9 (bitstream specification 6.2) of a packet's first frame.
pub(super) fn vp9(payload: &[u8]) -> Option<Head> {
    let mut b = Bits::new(payload);
    if b.take(2)? != 2 {
        return None;
    }
    let profile = b.take(1)? | b.take(1)? << 1;
    if profile == 3 {
        b.skip(1)?;
    }
    let shown_again = b.flag()?;
    if shown_again || b.flag()? {
        return Some((false, None)); // shows an earlier picture, or is predicted from one
    }
    b.skip(2)?; // shown, error resilient
    if b.take(24)? != 0x49_83_42 {
        return None;
    }
    if profile >= 2 {
        b.skip(1)?; // bit depth
    }
    const SRGB: u32 = 7;
    if b.take(3)? != SRGB {
        b.skip(1)?; // range
        b.skip(if profile & 1 == 1 { 3 } else { 0 })?;
    } else {
        b.skip(profile as usize & 1)?;
    }
    Some((true, Some((b.take(16)? + 1, b.take(16)? + 1))))
}

const OBU_SEQUENCE: u32 = 1;
const OBU_FRAME_HEADER: u32 = 3;
const OBU_FRAME: u32 = 6;

/// The OBUs of an AV1 temporal unit (bitstream specification 5.3 to 5.9). It stands alone when it
/// brings a sequence header and its first frame is a keyframe.
pub(super) fn av1(payload: &[u8]) -> Option<Head> {
    let (mut rest, mut size, mut reduced) = (payload, None, false);
    let mut key = None;
    while !rest.is_empty() {
        let mut b = Bits::new(rest);
        if b.flag()? {
            return None; // the forbidden bit
        }
        let kind = b.take(4)?;
        let (extended, sized) = (b.flag()?, b.flag()?);
        let mut at = 1 + usize::from(extended);
        let length = if sized {
            let (value, bytes) = leb128(rest.get(at..)?)?;
            at += bytes;
            value
        } else {
            rest.len().checked_sub(at)?
        };
        let body = rest.get(at..)?.get(..length)?;
        match kind {
            OBU_SEQUENCE => {
                let (still, largest) = av1_sequence(body)?;
                (reduced, size) = (still, super::larger(size, Some(largest)));
            }
            OBU_FRAME_HEADER | OBU_FRAME if key.is_none() => {
                let mut b = Bits::new(body);
                key = Some(reduced || (!b.flag()? && b.take(2)? == 0));
            }
            _ => {}
        }
        rest = rest.get(at + length..)?;
    }
    Some((size.is_some() && key == Some(true), size))
}

/// A number in groups of seven bits, and the bytes it takes (AV1 4.10.5).
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for (i, b) in bytes.iter().take(8).enumerate() {
        value |= u64::from(b & 0x7f) << (7 * i);
        if b & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, i + 1));
        }
    }
    None
}

/// sequence_header_obu() of AV1 5.5 up to the size: whether headers are reduced, largest size.
fn av1_sequence(body: &[u8]) -> Option<(bool, (u32, u32))> {
    let mut b = Bits::new(body);
    b.skip(4)?; // profile, still picture
    let reduced = b.flag()?;
    if reduced {
        b.skip(5)?;
    } else {
        let mut delay_bits = None;
        if b.flag()? {
            b.skip(64)?; // tick, time scale
            if b.flag()? {
                b.uvlc()?;
            }
            if b.flag()? {
                delay_bits = Some(b.take(5)? as usize + 1);
                b.skip(42)?;
            }
        }
        let display_delay = b.flag()?;
        for _ in 0..=b.take(5)? {
            b.skip(12)?;
            if b.take(5)? > 7 {
                b.skip(1)?;
            }
            if let Some(n) = delay_bits
                && b.flag()?
            {
                b.skip(2 * n + 1)?;
            }
            if display_delay && b.flag()? {
                b.skip(4)?;
            }
        }
    }
    let (width_bits, height_bits) = (b.take(4)? + 1, b.take(4)? + 1);
    Some((reduced, (b.take(width_bits)? + 1, b.take(height_bits)? + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_show_their_size_before_they_are_decoded() {
        // 16383 x 16383, scale bits set.
        let tag = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(vp8(&tag), Some((true, Some((16_383, 16_383)))));
        assert_eq!(vp8(&[0x11, 0, 0]), Some((false, None)));
        for bad in [&[][..], &[0x10, 0], &[0x10, 0, 0, 1, 2, 3, 4, 5, 6, 7]] {
            assert_eq!(vp8(bad), None);
        }
        // Profile 0 keyframe: marker, sync code, colour space 2, 65536 x 65536.
        let key = [
            0b1000_0010,
            0x49,
            0x83,
            0x42,
            0b0100_1111,
            0xff,
            0xff,
            0xff,
            0xff,
            0xf0,
        ];
        assert_eq!(vp9(&key), Some((true, Some((65_536, 65_536)))));
        assert_eq!(vp9(&[0b1000_0110]), Some((false, None)));
        assert_eq!(
            vp9(&[0b1000_1000]),
            Some((false, None)),
            "shows an earlier one"
        );
        assert_eq!(vp9(&[0b0000_0000]), None);
        assert_eq!(vp9(&key[..6]), None);
        assert_eq!(av1(&[]), Some((false, None)));
        assert_eq!(av1(&[0x80]), None, "the forbidden bit");
        assert_eq!(av1(&[0x0a, 200]), None, "longer than it is");
    }
}
