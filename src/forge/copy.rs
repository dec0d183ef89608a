//! One copy of a recording: its pictures painted, its sound altered, its truth beside it.

use super::original::{Original, select, stream_of};
use super::picture::{Marked, Pixels};
use super::truth::{self, Changes};
use super::{ForgeError, ForgeOptions, Kind, save};
use crate::core::{FieldError, Frame, Span, TrackKind};
use crate::decode::file::{FileSource, Media, OpenOptions, StreamInfo};
use crate::decode::{RecordingWriter, StreamSpec};
use crate::ingest::events_file::TEST_COPY;
use crate::vision::Crop;
use std::path::Path;

impl Original<'_> {
    /// Writes one copy with its events file; under another name until it is whole.
    pub(super) fn copy(
        &self,
        kind: Kind,
        span: Span,
        options: &ForgeOptions,
        to: &Path,
    ) -> Result<(), ForgeError> {
        let words = match kind {
            Kind::Untouched => format!("{TEST_COPY}, NOT TAMPERED WITH (liveproof forge)"),
            kind => format!(
                "{TEST_COPY}, TAMPERED WITH: {kind}, {} (liveproof forge)",
                span.words()
            ),
        };
        let part = to.with_extension("part.mp4");
        let mut specs = Vec::new();
        for s in &self.streams {
            specs.push(self.spec(s, options.crf)?);
        }
        let mut writer = RecordingWriter::create(&part, &specs, &words)?;
        let mut source = FileSource::open(self.path, &OpenOptions::default())?;
        select(&mut source, &self.streams)?;
        let mut painter = Painter {
            original: self,
            kind,
            span,
            words: &words,
            kept: None,
            place: None,
        };
        while let Some(media) = source.next()? {
            let stream = stream_of(media.track());
            let Some(index) = self.streams.iter().position(|s| s.index == stream) else {
                continue;
            };
            match media {
                Media::Frame { frame, .. } => {
                    let own = Some(stream) == self.camera;
                    // The writer refuses a picture that is not of the first one's size.
                    writer.frame(index, &painter.paint(&frame, own)?)?;
                }
                Media::Audio { block, .. } => {
                    let from = kind.source(options.offset_ms / 1e3);
                    let block = match from.filter(|_| Some(stream) == self.microphone) {
                        Some(from) => self.sound.altered(&block, span, from)?,
                        None => block,
                    };
                    writer.sound(index, &block)?;
                }
            }
        }
        writer.finish()?;
        let done = (kind != Kind::Untouched).then(|| {
            let offset =
                matches!(kind, Kind::LipShift | Kind::LipDrift).then_some(options.offset_ms);
            (kind, span, offset)
        });
        let text = truth::events_text(self.events.as_deref(), &self.changes(), done)?;
        save(&to.with_extension("mp4.events.json"), &text)?;
        std::fs::rename(&part, to).map_err(|e| ForgeError::Io {
            path: to.display().to_string(),
            detail: e.to_string(),
        })
    }

    fn spec(&self, of: &StreamInfo, crf: u8) -> Result<StreamSpec, FieldError> {
        let missing = || {
            let field = format!("stream {}", of.index);
            FieldError::new(field, "nothing that can be decoded", "pictures or sound")
        };
        Ok(match of.kind {
            TrackKind::Video => {
                let size = self.sizes.get(&of.index).ok_or_else(missing)?;
                let marked = Marked::of(*size);
                StreamSpec::Video {
                    width: marked.width,
                    height: marked.kept + marked.strip,
                    crf,
                }
            }
            TrackKind::Audio => {
                let (rate, channels) = self.rates.get(&of.index).copied().ok_or_else(missing)?;
                StreamSpec::Audio {
                    sample_rate_hz: rate,
                    channels,
                }
            }
        })
    }

    fn changes(&self) -> Changes {
        let indices = self.streams.iter().enumerate();
        let kept = |size: &(u32, u32)| {
            let marked = Marked::of(*size);
            f64::from(marked.kept) / f64::from(marked.kept + marked.strip)
        };
        Changes {
            streams: indices
                .map(|(new, s)| (s.index as u64, new as u64))
                .collect(),
            kept_height: self
                .sizes
                .iter()
                .map(|(index, size)| (*index as u64, kept(size)))
                .collect(),
        }
    }
}

/// Paints the pictures of one copy.
struct Painter<'a> {
    original: &'a Original<'a>,
    kind: Kind,
    span: Span,
    words: &'a str,
    /// What was seen last before the stretch, and where the face was in it.
    kept: Option<(Pixels, Option<Crop>)>,
    /// Where the face was last.
    place: Option<Crop>,
}

impl Painter<'_> {
    fn paint(&mut self, frame: &Frame, own: bool) -> Result<Frame, FieldError> {
        let mut pixels = Pixels::of(frame);
        if own {
            let crop = self.original.faces.get(&frame.time.as_us()).copied();
            if self.span.contains(frame.time) {
                self.tamper(frame, &mut pixels, crop);
            } else if frame.time < self.span.start && self.keeps(crop) {
                (self.kept, self.place) = (Some((pixels.clone(), crop)), crop);
            }
        }
        pixels.marked(self.words).frame(frame)
    }

    /// Whether a picture before the stretch is one that the stretch may need.
    fn keeps(&self, crop: Option<Crop>) -> bool {
        match self.kind {
            Kind::Freeze => true,
            Kind::FaceOverHand => crop.is_some(),
            _ => false,
        }
    }

    fn tamper(&mut self, frame: &Frame, pixels: &mut Pixels, crop: Option<Crop>) {
        match (self.kind, &self.kept) {
            (Kind::SoftFace, _) => {
                if let Some(crop) = crop {
                    pixels.soften(frame, &crop);
                }
            }
            (Kind::Freeze, Some((still, _))) => *pixels = still.clone(),
            // From the first picture on: it is the one that stays.
            (Kind::Freeze, None) => self.kept = Some((pixels.clone(), crop)),
            (Kind::FaceOverHand, Some((face, Some(its_crop)))) => {
                let crop = crop.map(|c| c.after(self.place)).or(self.place);
                self.place = crop;
                if let Some(crop) = crop {
                    pixels.lay_over(&crop, face, its_crop);
                }
            }
            _ => {}
        }
    }
}
