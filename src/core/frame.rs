//! A decoded picture whose pixels are converted where they are looked at.

use super::kept::Kept;
use super::{FieldError, MediaTime};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A rectangle of whole pixels inside a picture; the far edges are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelBox {
    /// Columns.
    pub x: Range<usize>,
    /// Rows.
    pub y: Range<usize>,
}

impl PixelBox {
    /// Pixels inside.
    pub fn len(&self) -> usize {
        self.x.len() * self.y.len()
    }

    /// True when no pixel lies inside.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn contains(&self, other: &Self) -> bool {
        let within = |a: &Range<usize>, b: &Range<usize>| a.start <= b.start && b.end <= a.end;
        within(&self.x, &other.x) && within(&self.y, &other.y)
    }

    /// The part that lies in a picture of this size.
    fn cut(self, width: usize, height: usize) -> Self {
        let cut = |r: Range<usize>, size: usize| {
            let end = r.end.min(size);
            r.start.min(end)..end
        };
        Self {
            x: cut(self.x, width),
            y: cut(self.y, height),
        }
    }

    /// An eighth wider on each side, on even columns and rows where the picture allows: what is looked at next lies
    /// near, and chroma comes in pairs.
    fn widened(&self, width: usize, height: usize) -> Self {
        let widen = |r: &Range<usize>, size: usize| {
            let margin = r.len() / 8;
            let end = (r.end + margin).next_multiple_of(2).min(size);
            r.start.saturating_sub(margin) & !1..end
        };
        Self {
            x: widen(&self.x, width),
            y: widen(&self.y, height),
        }
    }
}

/// Where a picture's pixels lie in another form than packed RGB, as a decoder left them.
pub trait PixelSource: Send + Sync {
    /// Writes packed RGB of `area`, row by row, to `out`, which holds 3 bytes for each of its pixels. The area lies
    /// inside the picture and is not empty. A pixel's value does not depend on the area.
    fn convert(&self, area: &PixelBox, out: &mut [u8]);

    /// Packed RGB of the pixels where these columns and rows cross, row by row; the same values as of
    /// [`PixelSource::convert`]. All lie inside the picture.
    fn convert_at(&self, columns: &[usize], rows: &[usize]) -> Vec<u8>;
}

/// A decoded picture: 8-bit RGB, upright, already cropped to the participant's region.
///
/// The pixels are shared, so a clone costs a reference count. Where they come from a decoder's planes, they are
/// converted only where somebody looks, see [`Frame::pixels`].
#[derive(Clone)]
pub struct Frame {
    /// Capture time in session time.
    pub time: MediaTime,
    /// Rises with every change of layout, device or resolution.
    pub epoch: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    held: Held,
}

#[derive(Clone)]
enum Held {
    Packed(Arc<[u8]>),
    Source(Arc<Source>),
}

struct Source {
    planes: Box<dyn PixelSource>,
    whole: OnceLock<Kept<u8>>,
    /// The part that was converted last.
    part: Mutex<Option<(PixelBox, Arc<Kept<u8>>)>>,
}

/// Packed RGB of a part of a picture.
pub struct Pixels<'a> {
    /// What is held, at least what was asked for.
    area: PixelBox,
    rgb: PartOrWhole<'a>,
}

enum PartOrWhole<'a> {
    Whole(&'a [u8]),
    Part(Arc<Kept<u8>>),
}

// === impl Pixels ===

impl Pixels<'_> {
    /// Packed RGB of these columns of row `y`, counted from the picture's corner; nothing where they reach beyond
    /// what is held.
    pub fn row(&self, y: usize, columns: Range<usize>) -> &[u8] {
        let wanted = PixelBox {
            x: columns,
            y: y..y + 1,
        };
        if !self.area.contains(&wanted) {
            return &[];
        }
        let start =
            (y - self.area.y.start) * self.area.x.len() + wanted.x.start - self.area.x.start;
        let rgb = match &self.rgb {
            PartOrWhole::Whole(rgb) => rgb,
            PartOrWhole::Part(rgb) => &rgb[..],
        };
        rgb.get(3 * start..3 * (start + wanted.x.len()))
            .unwrap_or_default()
    }
}

// === impl Source ===

impl Source {
    fn part(&self) -> MutexGuard<'_, Option<(PixelBox, Arc<Kept<u8>>)>> {
        self.part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn whole(&self, width: usize, height: usize) -> &[u8] {
        self.whole.get_or_init(|| {
            let mut rgb = Kept::zeros(3 * width * height);
            let area = PixelBox {
                x: 0..width,
                y: 0..height,
            };
            self.planes.convert(&area, &mut rgb);
            rgb
        })
    }
}

// === impl Frame ===

impl Frame {
    /// A frame from packed RGB rows without padding.
    ///
    /// # Errors
    /// A [`FieldError`] when the buffer is not `width * height * 3` bytes or a side is 0.
    pub fn new(
        time: MediaTime,
        epoch: u32,
        width: u32,
        height: u32,
        rgb: impl Into<Arc<[u8]>>,
    ) -> Result<Self, FieldError> {
        let rgb = rgb.into();
        let expected = u64::from(width) * u64::from(height) * 3;
        if expected == 0 || rgb.len() as u64 != expected {
            return Err(FieldError::new(
                "frame",
                format!("{width}x{height} in {} bytes", rgb.len()),
                format!("{expected} bytes of packed RGB, both sides above 0"),
            ));
        }
        Ok(Self {
            time,
            epoch,
            width,
            height,
            held: Held::Packed(rgb),
        })
    }

    /// A frame of pixels that are converted when they are looked at.
    ///
    /// # Errors
    /// A [`FieldError`] when a side is 0.
    pub fn from_source(
        time: MediaTime,
        epoch: u32,
        (width, height): (u32, u32),
        planes: Box<dyn PixelSource>,
    ) -> Result<Self, FieldError> {
        if width == 0 || height == 0 {
            let found = format!("{width}x{height}");
            return Err(FieldError::new("frame", found, "both sides above 0"));
        }
        let source = Source {
            planes,
            whole: OnceLock::new(),
            part: Mutex::new(None),
        };
        Ok(Self {
            time,
            epoch,
            width,
            height,
            held: Held::Source(Arc::new(source)),
        })
    }

    /// Packed RGB rows of the whole picture, `width * height * 3` bytes. Who needs a part of them only asks for
    /// [`Frame::pixels`].
    pub fn rgb(&self) -> &[u8] {
        match &self.held {
            Held::Packed(rgb) => rgb,
            Held::Source(s) => s.whole(self.width as usize, self.height as usize),
        }
    }

    /// The pixels of an area, cut at the picture's edges. What was converted last is kept with the frame, so areas
    /// inside one that was asked for before cost nothing.
    pub fn pixels(&self, area: PixelBox) -> Pixels<'_> {
        let (width, height) = (self.width as usize, self.height as usize);
        let area = area.cut(width, height);
        let whole = |rgb| Pixels {
            area: PixelBox {
                x: 0..width,
                y: 0..height,
            },
            rgb: PartOrWhole::Whole(rgb),
        };
        let source = match &self.held {
            Held::Packed(rgb) => return whole(rgb),
            Held::Source(source) => source,
        };
        if let Some(rgb) = source.whole.get() {
            return whole(rgb);
        }
        let mut part = source.part();
        if let Some((held, rgb)) = part.as_ref().filter(|(held, _)| held.contains(&area)) {
            return Pixels {
                area: held.clone(),
                rgb: PartOrWhole::Part(rgb.clone()),
            };
        }
        let area = area.widened(width, height);
        if 4 * area.len() > 3 * width * height {
            return whole(source.whole(width, height));
        }
        let mut rgb = Kept::zeros(3 * area.len());
        if !rgb.is_empty() {
            source.planes.convert(&area, &mut rgb);
        }
        let rgb = Arc::new(rgb);
        *part = Some((area.clone(), rgb.clone()));
        Pixels {
            area,
            rgb: PartOrWhole::Part(rgb),
        }
    }

    /// Packed RGB of the pixels where these columns and rows cross, row by row, for a glance at the whole picture; none
    /// where one of them lies outside.
    pub fn pixels_at(&self, columns: &[usize], rows: &[usize]) -> Vec<u8> {
        let within = |all: &[usize], size: u32| all.iter().all(|i| *i < size as usize);
        if !within(columns, self.width) || !within(rows, self.height) {
            return Vec::new();
        }
        let rgb = match &self.held {
            Held::Packed(rgb) => rgb,
            Held::Source(source) => match source.whole.get() {
                Some(rgb) => &rgb[..],
                None => return source.planes.convert_at(columns, rows),
            },
        };
        let mut out = Vec::with_capacity(3 * columns.len() * rows.len());
        for row in rows {
            let row = rgb.get(3 * row * self.width as usize..).unwrap_or_default();
            for x in columns {
                out.extend_from_slice(row.get(3 * x..3 * x + 3).unwrap_or_default());
            }
        }
        out
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("time", &self.time)
            .field("epoch", &self.epoch)
            .field("size", &(self.width, self.height))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn frames_of_the_wrong_size_are_refused() {
        assert!(Frame::new(MediaTime::ZERO, 0, 4, 2, vec![0u8; 24]).is_ok());
        assert!(Frame::new(MediaTime::ZERO, 0, 4, 2, vec![0u8; 23]).is_err());
        assert!(Frame::new(MediaTime::ZERO, 0, 0, 2, Vec::<u8>::new()).is_err());
    }

    /// Column, row and 7 of each pixel; counts what is converted.
    struct Numbered(Arc<AtomicUsize>);

    impl PixelSource for Numbered {
        fn convert(&self, area: &PixelBox, out: &mut [u8]) {
            self.0.fetch_add(area.len(), Ordering::Relaxed);
            assert_eq!(out.len(), 3 * area.len());
            let places = area
                .y
                .clone()
                .flat_map(|y| area.x.clone().map(move |x| (x, y)));
            for (pixel, (x, y)) in out.chunks_exact_mut(3).zip(places) {
                pixel.copy_from_slice(&[x as u8, y as u8, 7]);
            }
        }

        fn convert_at(&self, columns: &[usize], rows: &[usize]) -> Vec<u8> {
            let places = rows
                .iter()
                .flat_map(|y| columns.iter().map(move |x| (x, y)));
            places.flat_map(|(x, y)| [*x as u8, *y as u8, 7]).collect()
        }
    }

    fn numbered(width: u32, height: u32) -> (Frame, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let source = Box::new(Numbered(count.clone()));
        let frame = Frame::from_source(MediaTime::ZERO, 0, (width, height), source).unwrap();
        (frame, count)
    }

    #[test]
    fn only_what_is_looked_at_is_converted_and_once() {
        let (frame, count) = numbered(200, 100);
        let area = PixelBox {
            x: 41..57,
            y: 20..36,
        };
        for _ in 0..3 {
            let pixels = frame.pixels(area.clone());
            assert_eq!(pixels.row(21, 42..44), [42, 21, 7, 43, 21, 7]);
            assert!(pixels.row(99, 42..44).is_empty() && pixels.row(21, 42..199).is_empty());
        }
        // Two pixels wider on each side, on even ones: 38..60 and 18..38.
        assert_eq!(count.load(Ordering::Relaxed), 22 * 20);
        let beyond = PixelBox {
            x: 190..500,
            y: 90..500,
        };
        assert_eq!(frame.pixels(beyond).row(99, 199..200), [199, 99, 7]);
        assert_eq!(frame.rgb()[3 * (200 * 50 + 9)..][..3], [9, 50, 7]);
        let before = count.load(Ordering::Relaxed);
        assert_eq!(frame.pixels(area).row(20, 41..42), [41, 20, 7]);
        assert_eq!(count.load(Ordering::Relaxed), before);
    }

    #[test]
    fn areas_at_the_edges_and_outside_are_cut() {
        let (frame, _) = numbered(9, 7);
        for (x, y) in [(0..9, 0..7), (8..9, 6..7), (3..4, 0..1)] {
            let row = frame.pixels(PixelBox {
                x: x.clone(),
                y: y.clone(),
            });
            let first = row.row(y.start, x.start..x.start + 1).to_vec();
            assert_eq!(first, [x.start as u8, y.start as u8, 7]);
        }
        let nothing = PixelBox { x: 20..30, y: 1..2 };
        assert!(frame.pixels(nothing).row(1, 20..21).is_empty());
    }

    #[test]
    fn single_pixels_are_the_same_however_the_picture_is_held() {
        let (frame, count) = numbered(9, 7);
        let (columns, rows) = ([1, 8], [0, 6]);
        let before = frame.pixels_at(&columns, &rows);
        assert_eq!(before, [1, 0, 7, 8, 0, 7, 1, 6, 7, 8, 6, 7]);
        assert_eq!(count.load(Ordering::Relaxed), 0);
        let packed = Frame::new(MediaTime::ZERO, 0, 9, 7, frame.rgb().to_vec()).unwrap();
        assert_eq!(packed.pixels_at(&columns, &rows), before);
        assert_eq!(frame.pixels_at(&columns, &rows), before);
        assert!(frame.pixels_at(&[9], &[0]).is_empty() && frame.pixels_at(&[0], &[7]).is_empty());
    }
}
