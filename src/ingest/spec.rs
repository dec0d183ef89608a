//! What an interview may be opened with.

use super::Limits;
use crate::core::{
    AudioTrackSpec, FieldError, InterviewSpec, TrackSpec, VideoTrackSpec, check_picture_size,
};
use std::collections::HashSet;

/// Largest out-of-band decoder configuration in bytes.
const MAX_CODEC_CONFIG_BYTES: usize = 64 << 10;

/// Checks an announced interview as a whole: ids are unique, tracks refer to participants, somebody
/// is to be scored and sends something, formats are decoded here, numbers are in range.
///
/// # Errors
/// Every fault found, each naming its field as `tracks[1].video.format`.
pub fn validate_spec(spec: &InterviewSpec, limits: &Limits) -> Result<(), Vec<FieldError>> {
    let mut faults = Vec::new();
    participants(spec, limits, &mut faults);
    tracks(spec, limits, &mut faults);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

fn participants(spec: &InterviewSpec, limits: &Limits, faults: &mut Vec<FieldError>) {
    let count = spec.participants.len();
    if !(1..=limits.max_participants).contains(&count) {
        let expected = format!("1 to {} participants", limits.max_participants);
        faults.push(FieldError::new("participants", count, expected));
    }
    if !spec.participants.iter().any(|p| p.role.is_scored()) {
        faults.push(FieldError::new(
            "participants",
            "nobody to assess",
            "at least one candidate or mixed participant",
        ));
    }
    let mut seen = HashSet::new();
    for (i, p) in spec.participants.iter().enumerate() {
        if !seen.insert(&p.id) {
            let field = format!("participants[{i}].participant_id");
            faults.push(FieldError::new(field, &p.id, "an id of its own"));
        }
        if let Some(earlier) = p.reference_session.as_ref().filter(|_| !p.role.is_scored()) {
            let field = format!("participants[{i}].reference_session_id");
            let expected = "nothing, but for a candidate or mixed participant";
            faults.push(FieldError::new(field, earlier, expected));
        }
    }
}

fn tracks(spec: &InterviewSpec, limits: &Limits, faults: &mut Vec<FieldError>) {
    let count = spec.tracks.len();
    if !(1..=limits.max_tracks).contains(&count) {
        let expected = format!("1 to {} tracks", limits.max_tracks);
        faults.push(FieldError::new("tracks", count, expected));
    }
    let scored = |t: &TrackSpec| spec.role_of(&t.participant).is_some_and(|r| r.is_scored());
    if count > 0 && !spec.tracks.iter().any(|t| scored(t) && !t.reference) {
        faults.push(FieldError::new(
            "tracks",
            "no track of a candidate or mixed participant",
            "at least one",
        ));
    }
    let mut seen = HashSet::new();
    for (i, t) in spec.tracks.iter().enumerate() {
        let at = format!("tracks[{i}]");
        if !seen.insert(&t.id) {
            faults.push(FieldError::new("track_id", &t.id, "an id of its own").within(&at));
        }
        if spec.role_of(&t.participant).is_none() {
            let fault = FieldError::new("participant_id", &t.participant, "a listed participant");
            faults.push(fault.within(&at));
        }
        let result = match (&t.video, &t.audio) {
            (Some(v), None) => video(v, limits).map_err(|e| e.within("video")),
            (None, Some(a)) => audio(a, limits).map_err(|e| e.within("audio")),
            (both, _) => Err(FieldError::new(
                "details",
                if both.is_some() {
                    "video and audio"
                } else {
                    "none"
                },
                "either video or audio",
            )),
        };
        if let Err(e) = result {
            faults.push(e.within(&at));
        }
        if let Some(expected) = reference_fault(spec, t, i).filter(|_| t.reference) {
            faults.push(FieldError::new("reference", "true", expected).within(&at));
        }
    }
}

/// What a reference track would have to be, where it is not.
fn reference_fault(spec: &InterviewSpec, track: &TrackSpec, index: usize) -> Option<&'static str> {
    let before = spec.tracks.iter().take(index);
    let owner = spec.participants.iter().find(|p| p.id == track.participant);
    if track.video.is_none() {
        Some("false, for sound")
    } else if !owner.is_some_and(|p| p.role.is_scored()) {
        Some("false, but for a candidate or mixed participant")
    } else if before
        .clone()
        .any(|t| t.reference && t.participant == track.participant)
    {
        Some("one reference for each participant")
    } else if owner.is_some_and(|p| p.reference_session.is_some()) {
        Some("false, where reference_session_id names an earlier interview")
    } else {
        None
    }
}

fn video(v: &VideoTrackSpec, limits: &Limits) -> Result<(), FieldError> {
    (limits.support_video)(v.format)
        .map_err(|why| FieldError::new("format", why, "a format that hello lists"))?;
    if let Some((w, h)) = v.size {
        check_picture_size(w, h, limits.max_picture_pixels)?;
    }
    if let Some(fps) = v.nominal_fps
        && !(fps > 0.0 && fps <= 240.0)
    {
        return Err(FieldError::new("nominal_fps", fps, "above 0, at most 240"));
    }
    if ![0, 90, 180, 270].contains(&v.rotation_deg) {
        let expected = "0, 90, 180 or 270 degrees clockwise";
        return Err(FieldError::new("rotation_deg", v.rotation_deg, expected));
    }
    if let Some(region) = &v.region {
        region.validate().map_err(|e| e.within("region"))?;
    }
    if v.codec_config.len() > MAX_CODEC_CONFIG_BYTES {
        return Err(FieldError::new(
            "codec_config",
            format!("{} bytes", v.codec_config.len()),
            format!("at most {MAX_CODEC_CONFIG_BYTES} bytes"),
        ));
    }
    Ok(())
}

fn audio(a: &AudioTrackSpec, limits: &Limits) -> Result<(), FieldError> {
    (limits.support_audio)(a.format)
        .map_err(|why| FieldError::new("format", why, "a format that hello lists"))?;
    if !(8_000..=48_000).contains(&a.sample_rate_hz) {
        return Err(FieldError::new(
            "sample_rate_hz",
            a.sample_rate_hz,
            "8000 to 48000",
        ));
    }
    if !(1..=2).contains(&a.channels) {
        return Err(FieldError::new("channels", a.channels, "1 or 2"));
    }
    Ok(())
}
