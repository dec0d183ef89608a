//! Units told apart, configurations read, sizes seen.

use super::*;

/// Writes bits, for parameter sets of our own.
#[derive(Default)]
pub(super) struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    pub(super) fn put(mut self, value: u32, n: u32) -> Self {
        self.bits.extend((0..n).rev().map(|i| value >> i & 1 == 1));
        self
    }

    pub(super) fn ue(self, value: u32) -> Self {
        let bits = 32 - (value + 1).leading_zeros();
        self.put(0, bits - 1).put(value + 1, bits)
    }

    pub(super) fn bytes(self, head: &[u8]) -> Vec<u8> {
        let mut out = head.to_vec();
        for byte in self.put(1, 1).bits.chunks(8) {
            let bits = byte.iter().enumerate();
            out.push(bits.fold(0, |b, (i, on)| b | u8::from(*on) << (7 - i)));
        }
        out
    }
}

/// A baseline sequence parameter set of this many macroblocks.
fn avc_sps(columns: u32, rows: u32) -> Vec<u8> {
    Writer::default()
        .put(66, 8)
        .put(0, 8)
        .put(51, 8)
        .ue(0) // id
        .ue(0) // frame number bits
        .ue(2) // order type
        .ue(1) // references
        .put(0, 1)
        .ue(columns - 1)
        .ue(rows - 1)
        .put(1, 1) // frames only
        .put(1, 1)
        .put(0, 2)
        .bytes(&[0x67])
}

fn hevc_sps(width: u32, height: u32) -> Vec<u8> {
    Writer::default()
        .put(0, 4)
        .put(0, 3)
        .put(1, 1)
        .put(0x0160_0000, 32)
        .put(0, 32)
        .put(0, 32)
        .ue(0)
        .ue(1)
        .ue(width)
        .ue(height)
        .bytes(&[0x42, 0x01])
}

const PPS: [u8; 3] = [0x68, 0xce, 0x38];
const IDR: [u8; 4] = [0x65, 0x88, 0x84, 0x21];
const SLICE: [u8; 4] = [0x41, 0x9a, 0x21, 0x6c];
const SEI: [u8; 4] = [0x06, 0x05, 0x01, 0x80];

fn starts(units: &[&[u8]]) -> Vec<u8> {
    units
        .iter()
        .flat_map(|u| [&START[..], u].concat())
        .collect()
}

fn lengths(units: &[&[u8]], n: usize) -> Vec<u8> {
    let one = |u: &&[u8]| {
        let length = (u.len() as u32).to_be_bytes();
        [&length[4 - n..], u].concat()
    };
    units.iter().flat_map(one).collect()
}

fn avcc_record(sps: &[u8], n: usize) -> Vec<u8> {
    let mut out = vec![1, 66, 0, 51, 0xfc | (n as u8 - 1), 0xe1];
    out.extend((sps.len() as u16).to_be_bytes());
    out.extend(sps);
    out.push(1);
    out.extend((PPS.len() as u16).to_be_bytes());
    out.extend(PPS);
    out
}

#[test]
fn units_are_told_apart_by_start_codes_of_both_lengths() {
    let sps = avc_sps(8, 6);
    let mut reader = NalReader::annex_b(Family::Avc, &[]).unwrap();
    let mut payload = starts(&[&SEI, &sps, &PPS]);
    payload.extend([0, 0, 1]);
    payload.extend(IDR);
    payload.extend([0, 0, 0]);
    let unit = reader.read(&payload).unwrap();
    assert!(unit.keyframe);
    assert_eq!(unit.size, Some((128 - 15, 96 - 15)));
    assert_eq!(
        unit.bytes,
        starts(&[&sps, &PPS, &IDR]),
        "no SEI, no padding"
    );
    let unit = reader.read(&starts(&[&SLICE])).unwrap();
    assert!(!unit.keyframe && unit.size.is_none());
}

#[test]
fn parameter_sets_on_their_own_go_with_the_next_keyframe() {
    let sps = avc_sps(8, 6);
    let mut reader = NalReader::annex_b(Family::Avc, &[]).unwrap();
    assert!(
        reader
            .read(&starts(&[&sps, &PPS]))
            .unwrap()
            .bytes
            .is_empty()
    );
    let unit = reader.read(&starts(&[&IDR])).unwrap();
    assert_eq!(unit.bytes, starts(&[&sps, &PPS, &IDR]));
    assert_eq!(unit.size, Some((113, 81)));
    assert_eq!(
        reader.read(&starts(&[&IDR])).unwrap().bytes,
        starts(&[&IDR])
    );
    // Never any: said, not guessed.
    let mut reader = NalReader::annex_b(Family::Avc, &[]).unwrap();
    let fault = reader.read(&starts(&[&IDR])).err().unwrap().to_string();
    assert!(fault.contains("no parameter sets"), "{fault}");
    // What is carried is bounded.
    for _ in 0..1_000 {
        let long = [&PPS[..], &[7; 1_000]].concat();
        reader.read(&starts(&[&long])).unwrap();
    }
    assert!(reader.carried.len() <= MAX_CARRIED);
}

#[test]
fn lengths_and_their_configuration_are_read() {
    let sps = avc_sps(8, 6);
    for n in [1, 2, 4] {
        let mut reader = NalReader::avcc(&avcc_record(&sps, n)).unwrap();
        let unit = reader.read(&lengths(&[&SEI, &IDR], n)).unwrap();
        assert_eq!(unit.bytes, starts(&[&sps, &PPS, &IDR]), "{n}");
        assert_eq!(unit.size, Some((113, 81)));
        let unit = reader.read(&lengths(&[&SLICE], n)).unwrap();
        assert_eq!(unit.bytes, starts(&[&SLICE]));
        let cut = &lengths(&[&SLICE], n)[..n + 2];
        assert!(reader.read(cut).is_err(), "{n}");
    }
    let record = avcc_record(&sps, 4);
    let with_config = NalReader::annex_b(Family::Avc, &record).unwrap();
    assert_eq!(with_config.carried, starts(&[&sps, &PPS]));
    let with_units = NalReader::annex_b(Family::Avc, &starts(&[&sps, &PPS])).unwrap();
    assert_eq!(with_units.carried, with_config.carried);
    for bad in [
        &[][..],
        &[2],
        &record[..9],
        &record[..record.len() - 1],
        b"avcC",
    ] {
        let fault = NalReader::avcc(bad).err().unwrap();
        assert_eq!(fault.field, "codec_config", "{bad:?}");
    }
    let fault = NalReader::annex_b(Family::Hevc, &record).err().unwrap();
    assert_eq!(
        fault.field, "codec_config",
        "an avcC record is nothing for HEVC"
    );
}

#[test]
fn sizes_are_seen_before_anything_is_decoded() {
    assert_eq!(
        avc_sequence(&avc_sps(1024, 1024)).map(|s| s.size),
        Some((16_369, 16_369))
    );
    assert_eq!(hevc_size(&hevc_sps(16_384, 64)), Some((16_377, 57)));
    let sps = hevc_sps(1_280, 720);
    for cut in 0..sps.len() - 3 {
        assert_eq!(hevc_size(&sps[..cut]), None, "{cut}");
    }
    let sps = avc_sps(120, 68);
    for cut in 0..sps.len() - 2 {
        assert!(avc_sequence(&sps[..cut]).is_none(), "{cut}");
    }
    let mut reader = NalReader::annex_b(Family::Avc, &[]).unwrap();
    let fault = reader.read(&starts(&[&sps[..6], &PPS, &IDR]));
    assert!(fault.err().unwrap().to_string().contains("cut off"));
    // Emulation prevention: 00 00 03 xx stands for 00 00 xx.
    assert_eq!(unescape(&[9, 0, 0, 3, 1, 0, 0, 3]), [9, 0, 0, 1, 0, 0]);
}
