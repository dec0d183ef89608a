//! Opening a file and listing its streams.

use super::{DecodeError, FileInfo, MAX_COMMENT, StreamInfo, to_ns};
use crate::core::TrackKind;
use crate::decode::ffi;
use crate::decode::picture::Orientation;
use ffmpeg_next as ff;
use std::io::Read as _;
use std::path::Path;
use std::sync::OnceLock;

/// Containers that hold their own media. Play lists (hls, concat, dash) are left out on purpose:
/// they make FFmpeg open whatever they name.
const CONTAINERS: &str = "mov,matroska,webm,avi,mpeg,mpegts,mpegvideo,gif,ogg,wav,w64,aiff,au,caf,\
    mp3,aac,ac3,flac,amr,flv,asf,ivf,h264,hevc,m4v,nut,mxf,dv,mjpeg,yuv4mpegpipe,apng,rm,obu,av1";

pub(super) struct Opened {
    pub(super) input: ff::format::context::Input,
    pub(super) info: FileInfo,
    pub(super) zero_ns: i64,
}

/// Sets FFmpeg up once. Its log lines go nowhere: what matters comes back as an error or a count,
/// and a library must not write to the caller's terminal.
pub(in crate::decode) fn init() -> Result<(), DecodeError> {
    static READY: OnceLock<Result<(), ff::Error>> = OnceLock::new();
    READY
        .get_or_init(|| {
            ff::init()?;
            ff::log::set_level(ff::log::Level::Quiet);
            ffi::bound_allocations();
            Ok(())
        })
        .map_err(|e| DecodeError::Io(format!("FFmpeg does not start: {e}")))
}

pub(super) fn open(path: &Path) -> Result<Opened, DecodeError> {
    init()?;
    let head = read_head(path)?;
    // Without the prefix FFmpeg would take "http://..." or "concat:..." as a protocol.
    let url = path
        .to_str()
        .map(|p| format!("file:{p}"))
        .ok_or_else(|| DecodeError::Io("its path is not valid UTF-8".into()))?;
    let mut options = ff::Dictionary::new();
    options.set("protocol_whitelist", "file");
    options.set("format_whitelist", CONTAINERS);
    let input =
        ff::format::input_with_dictionary(&url, options).map_err(|_| {
            match container_of(&head) {
                Some(container) => DecodeError::Incomplete { container },
                None => DecodeError::NotMedia,
            }
        })?;
    let (info, zero_ns) = list_streams(&input);
    if info.streams.is_empty() {
        return Err(match container_of(&head) {
            Some(container) if input.nb_streams() == 0 => DecodeError::Incomplete { container },
            _ => DecodeError::NoStreams,
        });
    }
    Ok(Opened {
        input,
        info,
        zero_ns,
    })
}

/// The first bytes of a regular file that is not empty.
pub(super) fn read_head(path: &Path) -> Result<Vec<u8>, DecodeError> {
    let io = |e: std::io::Error| DecodeError::Io(e.to_string());
    let meta = std::fs::metadata(path).map_err(io)?;
    if !meta.is_file() {
        return Err(DecodeError::NotAFile);
    }
    if meta.len() == 0 {
        return Err(DecodeError::Empty);
    }
    let mut head = Vec::new();
    std::fs::File::open(path)
        .and_then(|f| f.take(16).read_to_end(&mut head))
        .map_err(io)?;
    Ok(head)
}

/// The container that a file claims to be by its first bytes.
fn container_of(head: &[u8]) -> Option<&'static str> {
    match head {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("MP4/MOV"),
        [_, _, _, _, b'm', b'd', b'a' | b'o', b't' | b'o', ..] => Some("MP4/MOV"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("Matroska/WebM"),
        [b'R', b'I', b'F', b'F', ..] => Some("AVI/WAV"),
        [b'O', b'g', b'g', b'S', ..] => Some("Ogg"),
        [b'G', b'I', b'F', b'8', ..] => Some("GIF"),
        _ => None,
    }
}

fn list_streams(input: &ff::format::context::Input) -> (FileInfo, i64) {
    let mut streams: Vec<StreamInfo> = input.streams().filter_map(|s| describe(&s)).collect();
    let zero_ns = streams
        .iter()
        .filter(|s| !s.cover_picture)
        .map(|s| match s.kind {
            TrackKind::Video => s.start_ns,
            TrackKind::Audio => s.start_ns.max(0),
        })
        .min()
        .unwrap_or(0);
    for s in &mut streams {
        s.start_ns = s.start_ns.saturating_sub(zero_ns).max(0);
    }
    // AV_TIME_BASE is a microsecond; an unknown length is the most negative number.
    let duration_us = input.duration();
    let info = FileInfo {
        container: input.format().name().to_owned(),
        duration_ns: (duration_us > 0).then(|| duration_us.saturating_mul(1_000)),
        streams,
        comment: comment_of(input),
    };
    (info, zero_ns)
}

fn comment_of(input: &ff::format::context::Input) -> String {
    let metadata = input.metadata();
    // Matroska has its tags in capitals; FFmpeg looks names up without regard to that.
    let comment = metadata.get("comment").unwrap_or_default();
    comment.chars().take(MAX_COMMENT).collect()
}

fn describe(stream: &ff::Stream<'_>) -> Option<StreamInfo> {
    let parameters = stream.parameters();
    let kind = match parameters.medium() {
        ff::media::Type::Video => TrackKind::Video,
        ff::media::Type::Audio => TrackKind::Audio,
        _ => return None,
    };
    let start = stream.start_time();
    let rate = stream.avg_frame_rate();
    let mut info = StreamInfo {
        index: stream.index(),
        kind,
        codec: parameters.id().name().to_owned(),
        decodable: false,
        cover_picture: stream
            .disposition()
            .contains(ff::format::stream::Disposition::ATTACHED_PIC),
        start_ns: if start == i64::MIN {
            0
        } else {
            to_ns(start, stream.time_base())
        },
        width: 0,
        height: 0,
        average_fps: (kind == TrackKind::Video && rate.numerator() > 0 && rate.denominator() > 0)
            .then(|| f64::from(rate.numerator()) / f64::from(rate.denominator())),
        rotation_deg: orientation_of(stream).rotation_deg(),
        sample_rate_hz: 0,
        channels: 0,
    };
    // FFmpeg's safe interface shows sizes and rates only on an opened decoder.
    let decoder = ff::codec::Context::from_parameters(parameters)
        .map(|c| c.decoder())
        .ok();
    match kind {
        TrackKind::Video => {
            if let Some(v) = decoder.and_then(|d| d.video().ok()) {
                info.decodable = true;
                info.width = v.width();
                info.height = v.height();
            }
        }
        TrackKind::Audio => {
            if let Some(a) = decoder.and_then(|d| d.audio().ok()) {
                info.decodable = true;
                info.sample_rate_hz = a.rate();
                info.channels = u32::from(a.channels());
            }
        }
    }
    Some(info)
}

/// The orientation that the container's display matrix asks for.
pub(super) fn orientation_of(stream: &ff::Stream<'_>) -> Orientation {
    stream
        .side_data()
        .find(|s| s.kind() == ff::packet::side_data::Type::DisplayMatrix)
        .and_then(|s| Orientation::from_display_matrix(s.data()))
        .unwrap_or_default()
}
