//! A still picture as a recording of one frame at time zero.

use super::{DecodeError, FileInfo, FileStats, Media, OpenOptions, StreamInfo};
use crate::core::{MediaTime, Region, TrackId, TrackKind, VideoFormat};
use crate::decode::picture::Stored;
use crate::decode::wire::decode_still;
use std::io::Read as _;
use std::path::Path;

/// Largest file that is read as a still, bytes.
const MAX_BYTES: u64 = 256 << 20;

/// A JPEG, PNG or WebP file. EXIF orientation is not applied: cameras of calls do not write it.
pub(super) struct StillSource {
    pub(super) info: FileInfo,
    picture: Stored,
    /// Tracks that have not been handed out yet.
    tracks: Vec<(TrackId, Option<Region>)>,
    selected: bool,
}

/// The format of a still by its first bytes.
pub(super) fn format_of(head: &[u8]) -> Option<VideoFormat> {
    match head {
        [0xff, 0xd8, 0xff, ..] => Some(VideoFormat::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(VideoFormat::Png),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(VideoFormat::Webp),
        _ => None,
    }
}

impl StillSource {
    pub(super) fn open(
        path: &Path,
        format: VideoFormat,
        options: &OpenOptions,
    ) -> Result<Self, DecodeError> {
        let io = |e: std::io::Error| DecodeError::Io(e.to_string());
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(io)?;
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(io)?;
        let picture = decode_still(format, &bytes, options.max_pixels)?;
        let codec = match format {
            VideoFormat::Png => "png",
            VideoFormat::Webp => "webp",
            _ => "jpeg",
        };
        let stream = StreamInfo {
            index: 0,
            kind: TrackKind::Video,
            codec: codec.to_owned(),
            decodable: true,
            cover_picture: false,
            start_ns: 0,
            width: picture.width,
            height: picture.height,
            average_fps: None,
            rotation_deg: 0,
            sample_rate_hz: 0,
            channels: 0,
        };
        Ok(Self {
            info: FileInfo {
                container: codec.to_owned(),
                duration_ns: None,
                comment: String::new(),
                streams: vec![stream],
            },
            picture,
            tracks: Vec::new(),
            selected: false,
        })
    }

    pub(super) fn select(
        &mut self,
        index: usize,
        track: TrackId,
        region: Option<Region>,
    ) -> Result<(), DecodeError> {
        if index != 0 {
            return Err(DecodeError::NoSuchStream {
                index,
                expected: "video",
                streams: 1,
            });
        }
        if let Some(r) = &region {
            r.validate().map_err(|e| e.within("region"))?;
        }
        self.selected = true;
        self.tracks.push((track, region));
        Ok(())
    }

    pub(super) fn next(&mut self) -> Result<Option<Media>, DecodeError> {
        if !self.selected {
            return Err(DecodeError::NothingSelected);
        }
        if self.tracks.is_empty() {
            return Ok(None);
        }
        let (track, region) = self.tracks.remove(0);
        let frame = self.picture.frame(region.as_ref(), MediaTime::ZERO, 0)?;
        Ok(Some(Media::Frame { track, frame }))
    }

    pub(super) fn stats(&self) -> FileStats {
        FileStats {
            packets: 1,
            ..FileStats::default()
        }
    }
}
