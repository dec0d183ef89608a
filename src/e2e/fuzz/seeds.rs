//! The seeds of the fuzz targets' corpora: made from the project's own test media and from drawn
//! pictures, small, one for each format, message and file that is to be reached.
//!
//! `make fuzz-seeds` writes them into `testdata/fuzz`; needs the `ffmpeg` program with its usual encoders.

mod interviews;

use super::entries::pieces::pack;
use super::entries::{codecs, texts};
use crate::media::coding::{Coded, Coding, Drawn, encode_pictures, encode_sound};
use crate::support::root;
use std::path::Path;
use std::process::Command;

type Pieces = Vec<(u8, Vec<u8>)>;
/// A format, the bytes of its tightly packed picture, and offset and stride of planes further apart.
type Laid = (usize, usize, &'static [(u32, u32)]);
/// A format, how a sample is written, a name, and the shape of the track.
type Sampled<'a> = (u8, &'a dyn Fn(&f32) -> Vec<u8>, &'static str, u8);

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = root().join("testdata/fuzz").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("seed-{name}")), bytes).unwrap();
}

#[test]
#[ignore = "writes the seeds of testdata/fuzz"]
fn write_the_seeds() {
    raw_codecs();
    compressed_codecs();
    sounds();
    stills();
    files();
    words();
    interviews::interviews();
    interviews::pages();
}

// === codecs ===

/// A packet of a raw picture: its layout, then its bytes.
fn raw_packet(width: u16, height: u16, planes: &[(u32, u32)], bytes: usize) -> Vec<u8> {
    let mut out = [width.to_le_bytes(), height.to_le_bytes()].concat();
    out.push(planes.len() as u8);
    for (offset, stride) in planes {
        out.extend(offset.to_le_bytes());
        out.extend(stride.to_le_bytes());
    }
    out.extend((0..bytes).map(|i| (i * 7 % 251) as u8));
    out
}

fn raw_codecs() {
    // Tightly packed at 18 x 16, then with planes further apart than they need be.
    let layouts: &[Laid] = &[
        (0, 432, &[(0, 20), (320, 12), (416, 12)]),
        (1, 432, &[(0, 20), (320, 20)]),
        (2, 864, &[(0, 60)]),
        (3, 864, &[(0, 60)]),
        (4, 1152, &[(0, 80)]),
        (5, 1152, &[(0, 80)]),
        (6, 288, &[(0, 20)]),
        (16, 720, &[(0, 20), (320, 12), (416, 12), (512, 20)]),
        (17, 576, &[(0, 20), (320, 12), (512, 12)]),
        (18, 864, &[(0, 20), (320, 20), (640, 20)]),
        (19, 864, &[(0, 40), (640, 24), (832, 24)]),
        (20, 1152, &[(0, 80)]),
        (21, 1152, &[(0, 80)]),
    ];
    for (i, (format, tight, planes)) in layouts.iter().enumerate() {
        let pieces: Pieces = vec![
            (codecs::PACKET, raw_packet(18, 16, &[], *tight)),
            (
                codecs::PACKET | codecs::NEW_EPOCH,
                raw_packet(18, 16, planes, 1_400),
            ),
            (codecs::PACKET, raw_packet(18, 16, &[], tight - 1)),
        ];
        let shape = [0x00, 0x49, 0x92, 0xa7][i % 4];
        let name = format!("{:?}", codecs::VIDEO[*format]).to_lowercase();
        write("codecs", &name, &pack(&[*format as u8, shape], &pieces));
    }
}

/// Stripes that move, 64 x 64: libx265 writes beyond its buffers for less than a coding tree unit.
fn pictures(count: u32) -> Vec<Drawn> {
    let picture = |t: u32| Drawn {
        width: 64,
        height: 64,
        rgb: (0..64 * 64 * 3)
            .map(|i| ((i / 7 + t * 9) % 200) as u8)
            .collect(),
    };
    (0..count).map(picture).collect()
}

fn coded(encoder: &str, b_pictures: usize) -> Vec<Coded> {
    let how = Coding {
        gop: 3,
        b_pictures,
        ..Coding::fine(encoder)
    };
    encode_pictures(&how, &pictures(7)).unwrap_or_else(|| panic!("no encoder {encoder}"))
}

/// The packets of a track, with a gap and a break on the way.
fn track(coded: &[Coded], change: fn(&[u8]) -> Vec<u8>) -> Pieces {
    let mut pieces: Pieces = coded
        .iter()
        .map(|c| (codecs::PACKET, change(&c.bytes)))
        .collect();
    pieces.insert(pieces.len() - 1, (codecs::BREAK, Vec::new()));
    pieces.insert(2, (codecs::GAP, Vec::new()));
    pieces.push((codecs::END, Vec::new()));
    pieces
}

/// The NAL units of an Annex B stream.
fn nals(bytes: &[u8]) -> Vec<Vec<u8>> {
    let starts: Vec<usize> = bytes
        .windows(3)
        .enumerate()
        .filter(|(_, w)| *w == [0, 0, 1])
        .map(|(i, _)| i)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let trimmed = |(start, end): (&usize, usize)| {
        let unit = &bytes[start + 3..end];
        let len = unit.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
        unit[..len].to_vec()
    };
    starts.iter().zip(ends).map(trimmed).collect()
}

/// Annex B as units of four bytes of length each.
fn avcc(bytes: &[u8]) -> Vec<u8> {
    let unit = |n: Vec<u8>| [(n.len() as u32).to_be_bytes().to_vec(), n].concat();
    nals(bytes).into_iter().flat_map(unit).collect()
}

/// The `avcC` box's content, ISO/IEC 14496-15 5.3.3.
fn avcc_config(first: &[u8]) -> Vec<u8> {
    let units = nals(first);
    let sps = units.iter().find(|n| n[0] & 31 == 7).unwrap();
    let pps = units.iter().find(|n| n[0] & 31 == 8).unwrap();
    let mut out = vec![1, sps[1], sps[2], sps[3], 0xff, 0xe1];
    for (unit, after) in [(sps, Some(1)), (pps, None)] {
        out.extend((unit.len() as u16).to_be_bytes());
        out.extend(unit);
        out.extend(after);
    }
    out
}

fn compressed_codecs() {
    let same = |b: &[u8]| b.to_vec();
    let h264 = coded("libx264", 0);
    write("codecs", "h264", &pack(&[10, 0], &track(&h264, same)));
    let reordered = coded("libx264", 2);
    write(
        "codecs",
        "h264-reordered",
        &pack(&[10, 0x0d], &track(&reordered, same)),
    );
    let mut config = vec![(codecs::CONFIG, avcc_config(&h264[0].bytes))];
    config.extend(track(&h264, avcc));
    write("codecs", "avcc", &pack(&[11, 0x40], &config));
    for (format, encoder, name) in [
        (12, "libvpx", "vp8"),
        (13, "libvpx-vp9", "vp9"),
        (14, "libaom-av1", "av1"),
        (15, "libx265", "hevc"),
    ] {
        write(
            "codecs",
            name,
            &pack(&[format, 0], &track(&coded(encoder, 0), same)),
        );
    }
}

fn sounds() {
    let tone: Vec<f32> = (0..4_800).map(|i| (i as f32 * 0.07).sin() * 0.3).collect();
    let s16 = |v: &f32| ((v * 32_767.0) as i16).to_le_bytes().to_vec();
    let s32 = |v: &f32| ((v * 2e9) as i32).to_le_bytes().to_vec();
    let f32 = |v: &f32| v.to_le_bytes().to_vec();
    let byte = |v: &f32| vec![(v * 127.0) as i8 as u8];
    let raw: [Sampled<'_>; 5] = [
        (22, &s16, "s16", 0x09),
        (23, &f32, "f32", 0x33),
        (24, &s32, "s32", 0x0a),
        (25, &byte, "mulaw", 0x08),
        (26, &byte, "alaw", 0x30),
    ];
    for (format, coding, name, shape) in raw {
        let chunk = |part: &[f32]| (codecs::PACKET, part.iter().flat_map(coding).collect());
        let mut pieces: Pieces = tone.chunks(160).take(3).map(chunk).collect();
        pieces.push((codecs::PACKET, vec![1; 3]));
        write("codecs", name, &pack(&[format, shape], &pieces));
    }
    for (format, encoder, rate, shape, name) in [
        (27, "g722", 16_000, 0x09, "g722"),
        (28, "libopus", 48_000, 0x0b, "opus"),
    ] {
        let packets = encode_sound(encoder, rate, 1, &tone).unwrap();
        let mut pieces: Pieces = packets
            .iter()
            .take(4)
            .map(|c| (codecs::PACKET, c.bytes.clone()))
            .collect();
        pieces.insert(2, (codecs::BREAK, Vec::new()));
        write("codecs", name, &pack(&[format, shape], &pieces));
    }
}

// === files ===

/// What `ffmpeg` makes of test media with these arguments, as a file of this ending.
fn made(source: &str, ending: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join(format!("seed.{ending}"));
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(root().join("testdata/media").join(source))
        .args(["-t", "0.4", "-map_metadata", "-1", "-fflags", "+bitexact"])
        .args(["-flags", "+bitexact", "-threads", "1"])
        .args(arguments)
        .arg(&out)
        .status()
        .unwrap();
    assert!(made.success(), "{ending}: {arguments:?}");
    std::fs::read(out).unwrap()
}

const SMALL: &[&str] = &["-vf", "scale=48:32", "-r", "10"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    SMALL.iter().chain(more).copied().collect()
}

fn stills() {
    let still = |ending, more: &[&'static str]| {
        let arguments = with(&[&["-frames:v", "1", "-update", "1"], more].concat());
        made("no_face.mp4", ending, &arguments)
    };
    let (jpeg, png, webp) = (
        still("jpg", &[]),
        still("png", &[]),
        still("webp", &["-c:v", "libwebp"]),
    );
    for (format, bytes, name) in [(7, &jpeg, "jpeg"), (8, &png, "png"), (9, &webp, "webp")] {
        write("files", name, bytes);
        let half = bytes[..bytes.len() / 2].to_vec();
        let pieces = [(codecs::PACKET, bytes.clone()), (codecs::PACKET, half)];
        write("codecs", name, &pack(&[format, 0x01], &pieces));
    }
    write("files", "gif", &made("no_face.mp4", "gif", &with(&[])));
    write(
        "files",
        "apng",
        &made("no_face.mp4", "apng", &with(&["-frames:v", "2"])),
    );
}

/// Name, ending, and how pictures and sound are written.
const FILES: &[(&str, &str, &[&str])] = &[
    (
        "h264-aac",
        "mp4",
        &["-c:v", "libx264", "-c:a", "aac", "-b:a", "24k"],
    ),
    (
        "fragments",
        "mp4",
        &[
            "-c:v",
            "libx264",
            "-an",
            "-movflags",
            "frag_keyframe+empty_moov",
        ],
    ),
    (
        "hevc",
        "mp4",
        &[
            "-c:v",
            "libx265",
            "-vf",
            "scale=64:64",
            "-x265-params",
            "log-level=none:pools=none",
            "-an",
        ],
    ),
    (
        "mpeg4-pcm",
        "mov",
        &["-c:v", "mpeg4", "-c:a", "pcm_s16le", "-ar", "8000"],
    ),
    (
        "h264-pcm",
        "mkv",
        &["-c:v", "libx264", "-c:a", "pcm_s16le", "-ar", "8000"],
    ),
    (
        "av1",
        "mkv",
        &["-c:v", "libaom-av1", "-cpu-used", "8", "-an"],
    ),
    (
        "vp8-vorbis",
        "webm",
        &["-c:v", "libvpx", "-c:a", "libvorbis"],
    ),
    (
        "vp9-opus",
        "webm",
        &["-c:v", "libvpx-vp9", "-c:a", "libopus", "-b:a", "16k"],
    ),
    (
        "mjpeg-pcm",
        "avi",
        &["-c:v", "mjpeg", "-c:a", "pcm_s16le", "-ar", "8000"],
    ),
    (
        "flv",
        "flv",
        &[
            "-c:v",
            "flv",
            "-c:a",
            "libmp3lame",
            "-ar",
            "11025",
            "-b:a",
            "16k",
        ],
    ),
    (
        "wmv",
        "asf",
        &["-c:v", "wmv2", "-c:a", "wmav2", "-b:a", "24k"],
    ),
    (
        "mpegts",
        "ts",
        &[
            "-c:v",
            "mpeg2video",
            "-r",
            "25",
            "-c:a",
            "mp2",
            "-ar",
            "32000",
            "-b:a",
            "32k",
        ],
    ),
    ("mpeg", "mpg", &["-c:v", "mpeg1video", "-r", "25", "-an"]),
    ("annexb", "h264", &["-c:v", "libx264", "-an"]),
    ("ivf", "ivf", &["-c:v", "libvpx", "-an"]),
    ("y4m", "y4m", &["-r", "5", "-an"]),
    ("nut", "nut", &["-c:v", "mpeg4", "-an"]),
    ("mxf", "mxf", &["-c:v", "mpeg2video", "-r", "25", "-an"]),
    ("theora", "ogg", &["-c:v", "libtheora", "-an"]),
];

/// Name, ending, and how sound is written.
const SOUNDS: &[(&str, &str, &[&str])] = &[
    ("wav", "wav", &["-ar", "8000"]),
    ("wav-float", "wav", &["-ar", "8000", "-c:a", "pcm_f32le"]),
    ("w64", "w64", &["-ar", "8000"]),
    ("aiff", "aiff", &["-ar", "8000"]),
    ("au", "au", &["-ar", "8000", "-c:a", "pcm_mulaw"]),
    ("caf", "caf", &["-ar", "8000"]),
    ("mp3", "mp3", &["-ar", "16000", "-b:a", "16k"]),
    ("adts", "aac", &["-b:a", "24k"]),
    ("ac3", "ac3", &["-b:a", "64k"]),
    ("flac", "flac", &["-ar", "8000"]),
    ("opus", "ogg", &["-c:a", "libopus", "-b:a", "16k"]),
];

fn files() {
    for (name, ending, how) in FILES {
        write("files", name, &made("h264_pcm.mkv", ending, &with(how)));
    }
    for (name, ending, how) in SOUNDS {
        let how: Vec<&str> = [&["-vn", "-ac", "1"], *how].concat();
        write("files", name, &made("h264_pcm.mkv", ending, &how));
    }
    let turned = with(&["-c:v", "libx264", "-an"]);
    write("files", "rotated", &made("rotated_90.mp4", "mp4", &turned));
    let whole = made("no_face.mp4", "mp4", &turned);
    write("files", "cut", &whole[..whole.len() / 2]);
}

// === texts ===

fn words() {
    let folder = root().join("testdata/media");
    let events = |path: &Path| [vec![texts::EVENTS], std::fs::read(path).unwrap()].concat();
    for name in ["contradicting", "challenges_done"] {
        let bytes = events(&folder.join(format!("{name}.events.json")));
        write("texts", &format!("events-{name}"), &bytes);
    }
    for name in ["unknown_stream", "wrong_order", "not_json"] {
        let bytes = events(&folder.join(format!("events/{name}.events.json")));
        write("texts", &format!("events-{name}"), &bytes);
    }
    for (name, kind, text) in TEXTS {
        write("texts", name, &[&[*kind], text.as_bytes()].concat());
    }
    let interview = root().join("testdata/demo/interview.events.json");
    write("texts", "events-interview", &events(&interview));
}

const TEXTS: &[(&str, u8, &str)] = &[
    ("overlay", texts::MANIFEST, include_str!("overlay.toml")),
    (
        "weights",
        texts::MANIFEST,
        "version = 1\n[[analyzer]]\nname = \"lip_sync\"\nweight = 0.5\nsession_cap = 3.0\n",
    ),
    (
        "config",
        texts::CONFIG,
        "[server]\nlisten = \"127.0.0.1:50051\"\nmax_sessions = 4\n[pipeline]\nprior = 0.02\n[log]\nlevel = \"info\"\n",
    ),
    (
        "config-unknown",
        texts::CONFIG,
        "[server]\nmax_session = 4\n[servr]\n",
    ),
    (
        "keys",
        texts::KEYS,
        "[[tenant]]\nid = \"acme\"\nlimits = { max_sessions = 4, max_session_s = 5400, max_requests_per_min = 120 }\n\
         [[tenant.keys]]\nid = \"2026-11\"\n\
         sha256 = \"3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f\"\n\
         not_after = 2027-11-30T00:00:00Z\nrevoked = true\n",
    ),
    (
        "list",
        texts::LIST,
        "path,label,identity,tool,offset_ms,from_s,to_s,only,group_age\n\
         a.mp4,real,p1,,12.5,,,,30\n\"b,2.mp4\",fake,p2,swap,,1.5,9,0-12,40\n",
    ),
];
