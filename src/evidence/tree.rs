//! Digests of media, and the Merkle tree over those of a stretch.
//!
//! The tree is that of RFC 6962 (certificate transparency), section 2.1: leaves and nodes are hashed with
//! different first bytes, so that no node can be shown as a leaf.

use crate::core::{AudioBlock, Frame, MediaTime};
use ring::digest::{Context, SHA256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// First byte of what is hashed for a leaf.
const LEAF: u8 = 0;
/// First byte of what is hashed for a node.
const NODE: u8 = 1;

/// What was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafKind {
    /// A decoded picture: packed RGB, upright, cropped to the track's region.
    Picture,
    /// Decoded sound: interleaved 32-bit floats.
    Sound,
    /// The bytes of a chunk as the client sent them.
    Payload,
}

impl LeafKind {
    /// In a word, as logs have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Sound => "sound",
            Self::Payload => "payload",
        }
    }
}

/// The digest of one picture, block of sound or payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// What was hashed.
    pub kind: LeafKind,
    /// Time in it: session time of what was decoded, the capture time on the track's clock of a payload;
    /// microseconds.
    pub time_us: i64,
    /// SHA-256 of a zero byte, a line that says what it is, and the media.
    pub hash: Hash,
}

// === impl Leaf ===

impl Leaf {
    /// Of a decoded picture.
    pub fn of_picture(frame: &Frame) -> Self {
        let time_us = frame.time.as_us();
        let label = format!("picture {}x{} rgb24 {time_us}\n", frame.width, frame.height);
        Self {
            kind: LeafKind::Picture,
            time_us,
            hash: leaf_hash(&label, frame.rgb()),
        }
    }

    /// Of decoded sound; the floats are hashed in little-endian order.
    pub fn of_sound(block: &AudioBlock) -> Self {
        let time_us = block.time.as_us();
        let (rate, channels) = (block.sample_rate_hz, block.channels);
        let label = format!("sound {rate}x{channels} f32le {time_us}\n");
        let bytes: Vec<u8> = block
            .samples()
            .iter()
            .flat_map(|s| s.to_le_bytes())
            .collect();
        Self {
            kind: LeafKind::Sound,
            time_us,
            hash: leaf_hash(&label, &bytes),
        }
    }

    /// Of a chunk as it was sent.
    pub fn of_payload(sequence: u64, capture_time_us: i64, payload: &[u8]) -> Self {
        let label = format!("payload {sequence} {capture_time_us}\n");
        Self {
            kind: LeafKind::Payload,
            time_us: capture_time_us,
            hash: leaf_hash(&label, payload),
        }
    }

    /// The time as session time; that of a payload is on its track's clock.
    pub fn time(&self) -> MediaTime {
        MediaTime::from_us(self.time_us)
    }
}

fn leaf_hash(label: &str, bytes: &[u8]) -> Hash {
    sha256(&[&[LEAF], label.as_bytes(), bytes])
}

/// SHA-256 over parts, one after the other.
pub(super) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The root over leaves; that of none is the hash of nothing.
pub fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [one] => *one,
        many => {
            // The largest power of two below their number.
            let half = (many.len() - 1).ilog2();
            let (left, right) = many.split_at(1 << half);
            sha256(&[&[NODE], &root_of(left), &root_of(right)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of the reference implementation of RFC 6962 (certificate-transparency,
    /// merkle_tree_test): roots over its eight inputs.
    #[test]
    fn roots_are_those_of_rfc_6962() {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let leaves: Vec<Hash> = inputs
            .iter()
            .map(|i| sha256(&[&[LEAF], &hex::decode(i).unwrap()]))
            .collect();
        for (n, root) in [
            (
                0,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                1,
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                2,
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                3,
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                5,
                "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            ),
            (
                8,
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ] {
            assert_eq!(hex::encode(root_of(&leaves[..n])), root, "{n} leaves");
        }
    }

    #[test]
    fn what_is_hashed_is_what_the_format_says() {
        let frame =
            Frame::new(MediaTime::from_us(40_000), 0, 2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let expected = sha256(&[b"\0picture 2x1 rgb24 40000\n\x01\x02\x03\x04\x05\x06"]);
        assert_eq!(Leaf::of_picture(&frame).hash, expected);
        let block = AudioBlock::new(MediaTime::from_us(-5), 8_000, 1, vec![0.5]).unwrap();
        let expected = sha256(&[b"\0sound 8000x1 f32le -5\n\0\0\0\x3f"]);
        assert_eq!(Leaf::of_sound(&block).hash, expected);
        let expected = sha256(&[b"\0payload 7 99\nabc"]);
        assert_eq!(Leaf::of_payload(7, 99, b"abc").hash, expected);
    }
}
