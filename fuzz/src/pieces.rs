//! Inputs that are a sequence of pieces: a head of fixed length, then per piece one byte for its
//! kind, two for its length (little-endian), and its bytes. A length beyond the end takes what is
//! left, so that every input can be read.

/// Reads an input.
#[derive(Debug, Clone, Copy)]
pub struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    /// Head and pieces; a head that is cut short is filled up with zeros.
    pub fn split<const HEAD: usize>(data: &'a [u8]) -> ([u8; HEAD], Self) {
        let mut head = [0; HEAD];
        let at = data.len().min(HEAD);
        head[..at].copy_from_slice(&data[..at]);
        (head, Self { rest: &data[at..] })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, rest) = self.rest.split_first()?;
        let (len, rest) = match rest {
            [low, high, rest @ ..] => (usize::from(u16::from_le_bytes([*low, *high])), rest),
            _ => (rest.len(), rest),
        };
        let (piece, rest) = rest.split_at(len.min(rest.len()));
        self.rest = rest;
        Some((*kind, piece))
    }
}

/// The bytes of a head and of pieces; a piece is cut at 65,535 bytes.
pub fn pack<P: AsRef<[u8]>>(head: &[u8], pieces: &[(u8, P)]) -> Vec<u8> {
    let mut out = head.to_vec();
    for (kind, piece) in pieces {
        let piece = piece.as_ref();
        let len = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        out.push(*kind);
        out.extend(len.to_le_bytes());
        out.extend(&piece[..usize::from(len)]);
    }
    out
}

/// Takes numbers from the front of a piece; zeros where it has ended.
#[derive(Debug)]
pub struct Numbers<'a> {
    rest: &'a [u8],
}

impl<'a> Numbers<'a> {
    /// The numbers of a piece.
    pub fn of(piece: &'a [u8]) -> Self {
        Self { rest: piece }
    }

    /// A byte.
    pub fn u8(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    /// Two bytes, little-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    /// Four bytes, little-endian.
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    /// What has not been taken.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        let at = self.rest.len().min(N);
        out[..at].copy_from_slice(&self.rest[..at]);
        self.rest = &self.rest[at..];
        out
    }
}
