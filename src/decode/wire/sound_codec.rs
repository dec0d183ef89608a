//! G.722 and Opus through FFmpeg, one decoder per track.
//!
//! Each packet gives its samples at once. Packets that went missing are a gap in the times, which
//! `audio` marks as missing: nothing is painted over it. Opus states no capture time of its first
//! sample, so an encoder's look-ahead (libopus: 6.5 ms) is not taken off; it is far below what a
//! signal resolves.

use crate::core::{AudioFormat, AudioTrackSpec, FieldError};
use crate::decode::DecodeError;
use crate::decode::file::init;
use crate::decode::pcm::{Pcm, interleave};
use ffmpeg_next as ff;

/// G.722 codes 16,000 samples a second, two in a byte. Its RTP clock runs at 8,000 Hz by an old
/// mistake that RFC 3551 4.5.2 keeps.
const G722_HZ: u32 = 16_000;
const G722_RTP_HZ: u32 = 8_000;
/// Opus decodes at this rate, whatever was encoded (RFC 6716).
const OPUS_HZ: u32 = 48_000;
/// Longest sound in an Opus packet, samples per channel: 120 ms (RFC 6716 3.2.5).
const OPUS_MAX_SAMPLES: usize = 5_760;
/// Longest G.722 chunk in bytes: the protocol's 3 s.
const G722_MAX_BYTES: usize = 24_000;

/// FFmpeg's decoders in order of preference: libopus knows discontinuous transmission.
fn decoders(format: AudioFormat) -> &'static [&'static str] {
    match format {
        AudioFormat::G722 => &["g722"],
        AudioFormat::Opus => &["libopus", "opus"],
        _ => &[],
    }
}

/// The decoder of a format in the FFmpeg at hand.
pub(super) fn find(format: AudioFormat) -> Option<ff::Codec> {
    init().ok()?;
    let mut names = decoders(format).iter();
    names.find_map(|name| ff::decoder::find_by_name(name))
}

/// The decoder of one compressed audio track.
pub(super) struct SoundCodec {
    name: &'static str,
    /// Largest packet in bytes and in samples per channel.
    most: (usize, usize),
    decoder: ff::decoder::Audio,
    frame: ff::frame::Audio,
}

// === impl SoundCodec ===

impl SoundCodec {
    pub(super) fn open(spec: &AudioTrackSpec) -> Result<Self, DecodeError> {
        let name = super::name_of(super::AUDIO, spec.format);
        let missing = || DecodeError::Unsupported(super::no_decoder(name));
        let rate = match spec.format {
            AudioFormat::G722 => {
                check_g722(spec)?;
                G722_HZ
            }
            _ => OPUS_HZ,
        };
        let codec = find(spec.format).ok_or_else(missing)?;
        let mut options = ff::Dictionary::new();
        options.set("threads", "1");
        options.set("ar", &rate.to_string());
        // The older and the newer name of the same setting.
        options.set("ac", &spec.channels.to_string());
        options.set(
            "ch_layout",
            if spec.channels == 1 { "mono" } else { "stereo" },
        );
        let context = ff::codec::Context::new_with_codec(codec).decoder();
        let opened = context.open_as_with(codec, options);
        Ok(Self {
            name,
            most: match spec.format {
                AudioFormat::G722 => (G722_MAX_BYTES, 2 * G722_MAX_BYTES),
                _ => (usize::MAX, OPUS_MAX_SAMPLES),
            },
            decoder: opened.and_then(|d| d.audio()).map_err(|_| missing())?,
            frame: ff::frame::Audio::empty(),
        })
    }

    /// The samples of one packet, interleaved.
    pub(super) fn decode(&mut self, payload: &[u8]) -> Result<Pcm, DecodeError> {
        if payload.is_empty() || payload.len() > self.most.0 {
            let found = format!("{} bytes", payload.len());
            let expected = format!("one packet of {}, at most 3 s", self.name);
            return Err(FieldError::new("payload", found, expected).into());
        }
        let sent = self.decoder.send_packet(&ff::Packet::copy(payload));
        sent.map_err(|e| self.damaged(&e.to_string()))?;
        let mut all: Option<Pcm> = None;
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => {}
                Err(ff::Error::Eof) => break,
                Err(ff::Error::Other { errno }) if errno == ff::error::EAGAIN => break,
                Err(e) => return Err(self.damaged(&e.to_string())),
            }
            let Some(pcm) = interleave(&self.frame) else {
                continue;
            };
            match &mut all {
                Some(before) => before.samples.extend(pcm.samples),
                None => all = Some(pcm),
            }
        }
        let pcm = all.ok_or_else(|| self.damaged("no sample in it"))?;
        match pcm.samples.len() / pcm.channels.max(1) as usize {
            n if n > self.most.1 => Err(self.damaged("longer than a packet may be")),
            _ => Ok(pcm),
        }
    }

    pub(super) fn reset(&mut self) {
        self.decoder.flush();
    }

    fn damaged(&self, detail: &str) -> DecodeError {
        DecodeError::Damaged {
            format: self.name,
            detail: detail.to_owned(),
        }
    }
}

fn check_g722(spec: &AudioTrackSpec) -> Result<(), FieldError> {
    if ![G722_HZ, G722_RTP_HZ].contains(&spec.sample_rate_hz) {
        let expected = format!("{G722_HZ}, or the RTP clock's {G722_RTP_HZ}, for G722");
        return Err(FieldError::new(
            "sample_rate_hz",
            spec.sample_rate_hz,
            expected,
        ));
    }
    if spec.channels != 1 {
        return Err(FieldError::new("channels", spec.channels, "1 for G722"));
    }
    Ok(())
}
