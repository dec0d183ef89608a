//! Access units of H.264 and HEVC: what is in them, and how large their pictures are.
//!
//! Both arrive as NAL units, after start codes (Annex B) or after their lengths (AVCC, ISO/IEC
//! 14496-15). They leave as Annex B with parameter sets and slices only: supplemental information
//! is of no use here, and layers beyond the base layer are not decoded.

use super::bits::Bits;
use super::{Unit, damaged, larger};
use crate::core::FieldError;
use crate::decode::DecodeError;

const START: [u8; 4] = [0, 0, 0, 1];
/// Parameter sets kept for the next keyframe, bytes.
const MAX_CARRIED: usize = 128 << 10;
/// Bytes of a sequence parameter set that are looked at; its size stands long before.
const SPS_HEAD: usize = 4096;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Avc,
    Hevc,
}

/// What a NAL unit is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Sequence,
    Parameters,
    Keyframe,
    Slice,
    Other,
}

/// Reads one track's access units.
#[derive(Debug)]
pub(super) struct NalReader {
    family: Family,
    /// Bytes of the length before each NAL unit; `None` for start codes.
    length_bytes: Option<usize>,
    /// Parameter sets that go before the next picture, as Annex B.
    carried: Vec<u8>,
    /// What the latest sequence parameter set states.
    sequence: Option<Sequence>,
    /// Number of the latest picture that others rest on; H.264 only.
    reference: Option<u32>,
}

/// What is read of a sequence parameter set.
#[derive(Debug, Clone, Copy)]
struct Sequence {
    /// Width and height that its pictures have at least.
    size: (u32, u32),
    /// Bits of a picture's number, where numbers must follow each other (H.264 7.4.3).
    number_bits: Option<u32>,
}

impl NalReader {
    /// A reader for start codes; `config` may hold parameter sets, as Annex B or as avcC.
    ///
    /// # Errors
    /// A [`FieldError`] on `codec_config`.
    pub(super) fn annex_b(family: Family, config: &[u8]) -> Result<Self, FieldError> {
        let mut reader = Self {
            family,
            length_bytes: None,
            carried: Vec::new(),
            sequence: None,
            reference: None,
        };
        match config {
            [] => {}
            [1, ..] if family == Family::Avc => {
                reader.configure(config)?;
            }
            _ => {
                let units = split_start_codes(config).ok_or_else(|| {
                    let expected = "parameter sets after start codes, or none";
                    FieldError::new("codec_config", bytes(config.len()), expected)
                })?;
                units.for_each(|u| reader.carry(u));
            }
        }
        Ok(reader)
    }

    /// A reader for lengths; `config` is the avcC box's content.
    ///
    /// # Errors
    /// A [`FieldError`] on `codec_config`.
    pub(super) fn avcc(config: &[u8]) -> Result<Self, FieldError> {
        let mut reader = Self::annex_b(Family::Avc, &[])?;
        reader.length_bytes = Some(reader.configure(config)?);
        Ok(reader)
    }

    /// Takes the parameter sets of an AVCDecoderConfigurationRecord; returns its length size.
    fn configure(&mut self, config: &[u8]) -> Result<usize, FieldError> {
        self.read_record(config).ok_or_else(|| {
            let expected = "an AVCDecoderConfigurationRecord (avcC, ISO/IEC 14496-15)";
            FieldError::new("codec_config", bytes(config.len()), expected)
        })
    }

    fn read_record(&mut self, config: &[u8]) -> Option<usize> {
        let [1, _, _, _, lengths, sequences, rest @ ..] = config else {
            return None;
        };
        let mut rest = rest;
        for _ in 0..sequences & 0x1f {
            self.carry(with_u16_length(&mut rest)?);
        }
        let (pictures, after) = rest.split_first()?;
        rest = after;
        for _ in 0..*pictures {
            self.carry(with_u16_length(&mut rest)?);
        }
        match usize::from(lengths & 3) + 1 {
            3 => None,
            n => Some(n),
        }
    }

    /// Keeps a parameter set for the next picture.
    fn carry(&mut self, unit: &[u8]) {
        if self.carried.len() + unit.len() + START.len() <= MAX_CARRIED {
            self.carried.extend(START);
            self.carried.extend(unit);
            if role(self.family, unit) == Role::Sequence {
                self.sequence = sequence(self.family, unit).or(self.sequence);
            }
        }
    }

    /// Reads an access unit. One that holds parameter sets only comes back empty: they go with the
    /// next picture.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] for units that cannot be told apart, for a keyframe of which no
    /// parameter sets ever came, and for a sequence parameter set that cannot be read.
    pub(super) fn read(&mut self, payload: &[u8]) -> Result<Unit<'static>, DecodeError> {
        let family = self.family;
        let fault = |detail: &str| damaged(family.name(), detail);
        let units: Vec<&[u8]> = match self.length_bytes {
            None => split_start_codes(payload)
                .ok_or_else(|| fault("no start code"))?
                .collect(),
            Some(n) => {
                split_lengths(payload, n).ok_or_else(|| fault("a unit longer than the payload"))?
            }
        };
        let (mut keyframe, mut picture, mut size) = (false, None, None);
        let mut bytes = Vec::with_capacity(payload.len() + units.len() + 16);
        for unit in units {
            match role(self.family, unit) {
                Role::Other => continue,
                Role::Sequence => {
                    let read = sequence(self.family, unit);
                    let read = read.ok_or_else(|| fault("a sequence parameter set is cut off"))?;
                    size = larger(size, Some(read.size));
                    self.sequence = Some(read);
                }
                Role::Parameters => {}
                Role::Keyframe => (keyframe, picture) = (true, picture.or(Some(unit))),
                Role::Slice => picture = picture.or(Some(unit)),
            }
            bytes.extend(START);
            bytes.extend(unit);
        }
        let Some(slice) = picture else {
            if self.carried.len() + bytes.len() <= MAX_CARRIED {
                self.carried.extend(&bytes);
            }
            return Ok(Unit {
                bytes: Vec::new().into(),
                keyframe,
                size,
                gap: false,
            });
        };
        let gap = self.follow(slice, keyframe);
        if keyframe {
            if self.sequence.is_none() {
                let detail = "a keyframe, but no parameter sets in band or in codec_config";
                return Err(fault(detail));
            }
            size = larger(size, self.carried_size());
            bytes.splice(0..0, self.carried.drain(..));
        }
        Ok(Unit {
            bytes: bytes.into(),
            keyframe,
            size,
            gap,
        })
    }

    /// True when pictures that this one may rest on are missing before it. A sender that numbers its
    /// chunks anew does not show them as a gap, and the decoder would paint over it.
    fn follow(&mut self, slice: &[u8], keyframe: bool) -> bool {
        let bits = self.sequence.and_then(|s| s.number_bits);
        let number = bits.and_then(|bits| frame_number(slice, bits));
        let (Some(bits), Some(number)) = (bits, number) else {
            return false;
        };
        let before = self.reference.filter(|_| !keyframe);
        let gap = before.is_some_and(|b| number != b && number != (b + 1) % (1 << bits));
        if slice.first().is_some_and(|first| first & 0x60 != 0) {
            self.reference = Some(number);
        }
        gap
    }

    /// The largest picture that carried parameter sets announce.
    fn carried_size(&self) -> Option<(u32, u32)> {
        let units = split_start_codes(&self.carried)?;
        let sequences = units.filter(|u| role(self.family, u) == Role::Sequence);
        let sizes = sequences.filter_map(|u| sequence(self.family, u));
        sizes.map(|s| Some(s.size)).fold(None, larger)
    }
}

impl Family {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Avc => "H.264",
            Self::Hevc => "HEVC",
        }
    }
}

fn bytes(n: usize) -> String {
    format!("{n} bytes")
}

/// H.264 table 7-1 and HEVC table 7-1. Only pictures that need nothing before them are keyframes:
/// IDR in H.264; IDR, BLA and CRA in HEVC.
fn role(family: Family, unit: &[u8]) -> Role {
    match (family, unit) {
        (Family::Avc, [first, ..]) => match first & 0x1f {
            7 => Role::Sequence,
            8 => Role::Parameters,
            5 => Role::Keyframe,
            1..=4 => Role::Slice,
            _ => Role::Other,
        },
        (Family::Hevc, [first, second, ..]) => {
            let layer = (first & 1) << 5 | second >> 3;
            match first >> 1 & 0x3f {
                _ if layer > 0 => Role::Other,
                33 => Role::Sequence,
                32 | 34 => Role::Parameters,
                16..=21 => Role::Keyframe,
                0..=9 => Role::Slice,
                _ => Role::Other,
            }
        }
        _ => Role::Other,
    }
}

/// The units after start codes; `None` without one.
fn split_start_codes(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let next = |from: usize| {
        let rest = bytes.get(from..)?;
        let at = rest.windows(3).position(|w| w == [0, 0, 1])?;
        Some(from + at)
    };
    let mut code = Some(next(0)?);
    Some(std::iter::from_fn(move || {
        let start = code? + 3;
        code = next(start);
        let unit = bytes.get(start..code.unwrap_or(bytes.len()))?;
        // The zero byte of a long start code, and padding, belong to no unit.
        let len = unit.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
        unit.get(..len)
    }))
}

fn split_lengths(mut bytes: &[u8], length_bytes: usize) -> Option<Vec<&[u8]>> {
    let mut units = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at_checked(length_bytes)?;
        let length = length.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        let (unit, rest) = rest.split_at_checked(length)?;
        units.push(unit);
        bytes = rest;
    }
    Some(units)
}

fn with_u16_length<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    Some(unit)
}

/// Reads a sequence parameter set; `None` where it is cut off. Its size is the coded one, less what
/// cropping to a whole picture may take: it is checked before a picture takes memory, and the decoder
/// allocates by coded size.
fn sequence(family: Family, unit: &[u8]) -> Option<Sequence> {
    let head = unescape(unit.get(..unit.len().min(SPS_HEAD))?);
    match family {
        Family::Avc => avc_sequence(&head),
        Family::Hevc => Some(Sequence {
            size: hevc_size(&head)?,
            number_bits: None,
        }),
    }
}

/// frame_num of slice_header(), H.264 7.3.3.
fn frame_number(slice: &[u8], bits: u32) -> Option<u32> {
    const HEAD: usize = 32;
    let head = unescape(slice.get(1..slice.len().min(HEAD))?);
    let mut b = Bits::new(&head);
    b.ue()?; // first macroblock
    b.ue()?; // type
    b.ue()?; // picture parameter set
    b.take(bits)
}

/// Without the emulation prevention bytes (H.264 7.4.1).
fn unescape(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for b in unit {
        if zeros >= 2 && *b == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *b == 0 { zeros + 1 } else { 0 };
        out.push(*b);
    }
    out
}

/// seq_parameter_set_data() of H.264 7.3.2.1.1 up to the size.
fn avc_sequence(head: &[u8]) -> Option<Sequence> {
    const HIGH: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
    let mut b = Bits::new(head.get(1..)?);
    let profile = b.take(8)?;
    b.skip(16)?; // constraints, level
    b.ue()?; // id
    let mut separate = false;
    if HIGH.contains(&profile) {
        let chroma = b.ue()?;
        if chroma == 3 {
            separate = b.flag()?; // separate planes
        }
        b.ue()?; // bit depth of luma
        b.ue()?; // and of chroma
        b.skip(1)?; // lossless transform
        if b.flag()? {
            for i in 0..if chroma == 3 { 12 } else { 8 } {
                if b.flag()? {
                    skip_scaling_list(&mut b, if i < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let number_bits = b.ue()?.saturating_add(4);
    match b.ue()? {
        0 => {
            b.ue()?;
        }
        1 => {
            b.skip(1)?;
            b.se()?;
            b.se()?;
            for _ in 0..b.ue()?.min(256) {
                b.se()?;
            }
        }
        _ => {}
    }
    b.ue()?; // reference frames
    let gaps_allowed = b.flag()?;
    let (columns, rows) = (b.ue()?, b.ue()?);
    let field_rows = if b.flag()? { 16 } else { 32 };
    // At most 15 columns and a row of macroblocks less one line are cropped from a whole picture.
    let width = columns.checked_add(1)?.checked_mul(16)? - 15;
    let height = rows.checked_add(1)?.checked_mul(field_rows)? - (field_rows - 1);
    // With separate planes the number stands elsewhere: not followed.
    let followed = !gaps_allowed && !separate && number_bits <= 16;
    Some(Sequence {
        size: (width, height),
        number_bits: followed.then_some(number_bits),
    })
}

/// scaling_list() of H.264 7.3.2.1.1.1.
fn skip_scaling_list(b: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8i64, 8i64);
    for _ in 0..size {
        if next != 0 {
            next = (last + b.se()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// seq_parameter_set_rbsp() of HEVC 7.3.2.2 up to the size.
fn hevc_size(head: &[u8]) -> Option<(u32, u32)> {
    let mut b = Bits::new(head.get(2..)?);
    b.skip(4)?; // video parameter set
    let layers = b.take(3)? as usize;
    b.skip(1)?;
    b.skip(96)?; // general profile, tier and level
    let mut present = Vec::with_capacity(8);
    for _ in 0..layers {
        present.push((b.flag()?, b.flag()?));
    }
    if layers > 0 {
        b.skip(2 * (8 - layers))?;
    }
    for (profile, level) in present {
        b.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    b.ue()?; // id
    if b.ue()? == 3 {
        b.skip(1)?;
    }
    // Coded in steps of at least 8; the picture may be up to one step smaller.
    let (width, height) = (b.ue()?, b.ue()?);
    Some((width.saturating_sub(7), height.saturating_sub(7)))
}

#[cfg(test)]
#[path = "nal_tests.rs"]
mod tests;
