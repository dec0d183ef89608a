//! Changes of inputs that keep their shape: what bare libFuzzer does to bytes, done to one piece, or
//! to one field of one message, with the lengths around it put right again. Without this nearly
//! every change of an `open` breaks it, and nothing behind it is reached.

use super::pieces::{Pieces, pack};

/// Changes a buffer's first bytes in place: the bytes in use, the bytes there are room for; returns
/// how many are in use then. libFuzzer's own, or a test's.
pub type Bytes<'a> = &'a mut dyn FnMut(&mut [u8], usize, usize) -> usize;

/// How deep a message is looked into.
const DEPTH: u32 = 6;
/// Bytes by which a piece or field may grow at once.
const GROWTH: usize = 64;

/// Random numbers of a seed; splitmix64, Steele et al. 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `n`; 0 for none.
    fn below(&mut self, n: usize) -> usize {
        (self.next() % (n.max(1) as u64)) as usize
    }
}

/// Changes an input of a head and pieces. `messages` says of which kinds the pieces are protocol
/// buffers; the others are plain bytes.
pub fn change<const HEAD: usize>(
    data: &mut [u8],
    size: usize,
    seed: u32,
    messages: fn(u8) -> bool,
    bytes: Bytes<'_>,
) -> usize {
    let max = data.len();
    let mut random = Random(seed.into());
    if random.below(8) == 0 {
        return bytes(data, size, max);
    }
    let (head, pieces) = Pieces::split::<HEAD>(&data[..size]);
    let mut pieces: Vec<(u8, Vec<u8>)> = pieces.map(|(k, p)| (k, p.to_vec())).collect();
    if pieces.is_empty() {
        return bytes(data, size, max);
    }
    let at = random.below(pieces.len());
    match random.below(12) {
        0 => {
            let copy = pieces[at].clone();
            pieces.insert(random.below(pieces.len() + 1), copy);
        }
        1 if pieces.len() > 1 => drop(pieces.remove(at)),
        2 => {
            let other = random.below(pieces.len());
            pieces.swap(at, other);
        }
        3 => pieces[at].0 = random.below(256) as u8 & 0x8f,
        _ => {
            let (kind, piece) = &mut pieces[at];
            *piece = match messages(*kind) && random.below(4) > 0 {
                true => message(piece, DEPTH, &mut random, bytes),
                false => plain(piece, bytes),
            };
        }
    }
    let packed = pack(&head, &pieces);
    let len = packed.len().min(max);
    data[..len].copy_from_slice(&packed[..len]);
    len
}

fn plain(piece: &[u8], bytes: Bytes<'_>) -> Vec<u8> {
    let mut room = piece.to_vec();
    room.resize(piece.len() + GROWTH, 0);
    let len = bytes(&mut room, piece.len(), piece.len() + GROWTH);
    room.truncate(len);
    room
}

/// A field of a message, whatever its meaning.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Varint(u64),
    Eight([u8; 8]),
    Four([u8; 4]),
    Bytes(Vec<u8>),
}

/// The fields of a message; `None` for what is none.
fn fields(mut rest: &[u8]) -> Option<Vec<(u64, Value)>> {
    let mut out = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let value = match tag & 7 {
            0 => Value::Varint(varint(&mut rest)?),
            1 => Value::Eight(take(&mut rest, 8)?.try_into().ok()?),
            2 => {
                let len = usize::try_from(varint(&mut rest)?).ok()?;
                Value::Bytes(take(&mut rest, len)?.to_vec())
            }
            5 => Value::Four(take(&mut rest, 4)?.try_into().ok()?),
            _ => return None,
        };
        out.push((tag >> 3, value));
    }
    Some(out)
}

fn take<'a>(rest: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(n)?;
    *rest = left;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn written(fields: &[(u64, Value)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, value) in fields {
        match value {
            Value::Varint(v) => {
                put_varint(number << 3, &mut out);
                put_varint(*v, &mut out);
            }
            Value::Eight(v) => {
                put_varint(number << 3 | 1, &mut out);
                out.extend(v);
            }
            Value::Bytes(v) => {
                put_varint(number << 3 | 2, &mut out);
                put_varint(v.len() as u64, &mut out);
                out.extend(v);
            }
            Value::Four(v) => {
                put_varint(number << 3 | 5, &mut out);
                out.extend(v);
            }
        }
    }
    out
}

/// Changes one field of a message, or of a message in it.
fn message(piece: &[u8], depth: u32, random: &mut Random, bytes: Bytes<'_>) -> Vec<u8> {
    let Some(mut all) = fields(piece).filter(|f| !f.is_empty() && depth > 0) else {
        return plain(piece, bytes);
    };
    let at = random.below(all.len());
    match random.below(10) {
        0 => drop(all.remove(at)),
        1 => {
            let copy = all[at].clone();
            all.insert(random.below(all.len() + 1), copy);
        }
        2 => all[at].0 = random.below(16) as u64 + 1,
        3 => {
            let number = random.below(16) as u64 + 1;
            all.push((number, Value::Varint(number_like(0, random))));
        }
        _ => match &mut all[at].1 {
            Value::Varint(v) => *v = number_like(*v, random),
            Value::Eight(v) => *v = float(f64::from_le_bytes(*v), random).to_le_bytes(),
            Value::Four(v) => {
                let changed = float(f32::from_le_bytes(*v).into(), random) as f32;
                *v = changed.to_le_bytes();
            }
            Value::Bytes(v) => *v = message(v, depth - 1, random, bytes),
        },
    }
    written(&all)
}

/// A number near another, or one at which something may turn over.
fn number_like(v: u64, random: &mut Random) -> u64 {
    let small = random.below(40) as u64;
    match random.below(10) {
        0 => 0,
        1 => i64::MAX as u64 - small,
        2 => (i64::MIN as u64).wrapping_add(small),
        3 => u64::MAX - small,
        4 => u64::from(u32::MAX) - small,
        5 => random.next() >> random.below(64),
        6 => v.wrapping_sub(small),
        7 => v.wrapping_add(random.below(20_000_000) as u64),
        8 => small,
        _ => v.wrapping_add(small),
    }
}

fn float(v: f64, random: &mut Random) -> f64 {
    let fixed = [
        0.0,
        -0.0,
        1.0,
        0.5,
        1e-30,
        1e30,
        -1.0,
        f64::NAN,
        f64::INFINITY,
        1.0 + 1e-6,
    ];
    match random.below(3) {
        0 => v * 1.1,
        1 => 1.0 - v,
        _ => fixed[random.below(fixed.len())],
    }
}
