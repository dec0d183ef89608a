//! Bits of a header, most significant first; every read may run out.

/// A reader over bytes.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `n` bits, at most 32, as a number.
    pub(super) fn take(&mut self, n: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..n {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|b| b == 1)
    }

    pub(super) fn skip(&mut self, n: usize) -> Option<()> {
        self.at = self.at.checked_add(n)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// Unsigned Exp-Golomb code: ue(v) of H.264 9.1 and HEVC 9.2.
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// Signed Exp-Golomb code: se(v).
    pub(super) fn se(&mut self) -> Option<i64> {
        let k = i64::from(self.ue()?);
        Some(if k % 2 == 1 { (k + 1) / 2 } else { -k / 2 })
    }

    /// uvlc() of AV1 4.10.3.
    pub(super) fn uvlc(&mut self) -> Option<u32> {
        self.ue()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_and_the_end_is_the_end() {
        // 1 | 010 | 011 | 00100 | 00101 and padding.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut b = Bits::new(&bytes);
        let read: Vec<_> = (0..5).map(|_| b.ue()).collect();
        assert_eq!(read, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        let mut b = Bits::new(&bytes);
        let read: Vec<_> = (0..5).map(|_| b.se()).collect();
        assert_eq!(read, [Some(0), Some(1), Some(-1), Some(2), Some(-2)]);
        let mut b = Bits::new(&[0; 9]);
        assert_eq!(b.ue(), None, "a code of more than 31 zeros is none");
        let mut b = Bits::new(&[0xff]);
        assert_eq!((b.take(8), b.take(1)), (Some(255), None));
        assert_eq!(Bits::new(&[0]).skip(9), None);
    }
}
