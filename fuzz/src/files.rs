//! A recording or a still, read as `review` and `stream` read it. The input is the file.

use super::{MAX_PIXELS, Reached};
use liveproof::core::{SessionId, TrackId, check_picture_size};
use liveproof::decode::file::{FileInfo, Media, MediaSource, OpenOptions};
use liveproof::ingest::events_file::Plan;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Pictures and blocks read of one file; a recording may go on for hours.
const MOST_MEDIA: usize = 400;
/// Streams selected beside those that a review takes.
const MOST_STREAMS: usize = 8;

thread_local! {
    /// One file per thread, in memory where the system has a place for that.
    static FILE: RefCell<NamedTempFile> = RefCell::new(file());
}

fn file() -> NamedTempFile {
    let memory = Path::new("/dev/shm");
    let made = match memory.is_dir() {
        true => NamedTempFile::new_in(memory),
        false => NamedTempFile::new(),
    };
    made.expect("a temporary file can be made")
}

/// Runs an input.
pub fn run(data: &[u8]) -> Reached {
    let path = FILE.with_borrow_mut(|file| -> std::io::Result<PathBuf> {
        file.as_file().set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(data)?;
        Ok(file.path().to_path_buf())
    });
    read(&path.expect("a temporary file can be written"))
}

fn read(path: &Path) -> Reached {
    let mut reached = Reached::default();
    let options = OpenOptions {
        max_pixels: MAX_PIXELS,
        ..OpenOptions::default()
    };
    let mut source = match MediaSource::open(path, &options) {
        Ok(source) => source,
        Err(error) => {
            assert!(!error.to_string().contains(&*path.to_string_lossy()));
            reached.refused += 1;
            return reached;
        }
    };
    reached.opened += 1;
    let info = source.info().clone();
    look_at(&info);
    if !select(&mut source, &info, &mut reached) {
        return reached;
    }
    let mut latest: HashMap<TrackId, i64> = HashMap::new();
    for _ in 0..MOST_MEDIA {
        let media = match source.next() {
            Ok(Some(media)) => media,
            Ok(None) => break,
            Err(_) => {
                reached.refused += 1;
                assert!(
                    matches!(source.next(), Ok(None)),
                    "after an error comes the end"
                );
                break;
            }
        };
        let before = latest.insert(media.track().clone(), media.time().0);
        assert!(
            before.is_none_or(|b| b < media.time().0),
            "{}: {} after {before:?}",
            media.track(),
            media.time().0
        );
        match &media {
            Media::Frame { frame, .. } => {
                let pixels = u64::from(frame.width) * u64::from(frame.height);
                assert!((1..=MAX_PIXELS).contains(&pixels));
                reached.pictures += 1;
            }
            Media::Audio { block, .. } => {
                assert!((8_000..=48_000).contains(&block.sample_rate_hz));
                assert!((1..=2).contains(&block.channels) && !block.samples().is_empty());
                reached.blocks += 1;
            }
        }
    }
    source.stats();
    reached
}

fn look_at(info: &FileInfo) {
    assert!(!info.streams.is_empty());
    assert!(info.duration_ns.is_none_or(|ns| ns > 0));
    for stream in &info.streams {
        assert!(stream.start_ns >= 0);
        assert!([0, 90, 180, 270].contains(&stream.rotation_deg));
        assert!(
            stream
                .average_fps
                .is_none_or(|fps| fps.is_finite() && fps > 0.0)
        );
        // What is too large is listed and refused when it is selected.
        check_picture_size(stream.width, stream.height, MAX_PIXELS).ok();
    }
}

/// Selects what a review would, and every other stream; false when nothing could be.
fn select(source: &mut MediaSource, info: &FileInfo, reached: &mut Reached) -> bool {
    let mut wanted = Vec::new();
    let id = SessionId::parse("recording").expect("an id");
    if let Ok(plan) = Plan::unannounced(info, id) {
        wanted.extend(
            plan.selections
                .into_iter()
                .map(|s| (s.stream, s.track, s.region)),
        );
    }
    for stream in info.streams.iter().take(MOST_STREAMS) {
        let track = TrackId::parse(&format!("stream-{}", stream.index)).expect("an id");
        wanted.push((stream.index, track, None));
    }
    let mut any = false;
    for (index, track, region) in wanted {
        match source.select(index, track, region) {
            Ok(()) => any = true,
            Err(_) => reached.refused += 1,
        }
    }
    any
}
