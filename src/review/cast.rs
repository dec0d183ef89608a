//! Who is the candidate where a recording shows several people, and nobody has said so stream by
//! stream: what the events file leaves open is settled by what was asked for.

use super::ReviewError;
use super::places::{Look, MOST_PLACES, Place, places};
use crate::core::{
    FieldError, MediaTime, ParticipantId, ParticipantSpec, Region, Role, TrackId, TrackKind,
};
use crate::decode::file::{FileInfo, Media, MediaSource, OpenOptions};
use crate::engine::ModelSet;
use crate::ingest::events_file::{EventEntry, EventEntryKind, EventsFile, TrackEntry};
use crate::track::FaceFinder;
use std::path::Path;

/// Pictures closer together than this are not looked at.
const LOOK_NS: i64 = 1_000_000_000;
/// Where keyframes are further apart than this, every picture is decoded instead.
const SPARSE_NS: i64 = 20_000_000_000;
/// Looks at one recording; a longer one is looked at up to there.
const MOST_LOOKS: usize = 20_000;
/// Whom a place's track belongs to while another layout is shown.
const NOBODY: &str = "elsewhere";

/// How the candidate is found among several people.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum CandidateChoice {
    /// The largest and most central face of each picture is followed.
    #[default]
    AsFound,
    /// Whoever is shown in this part of the picture.
    Region(Region),
    /// Whoever is at the place where a face is shown longest.
    Longest,
    /// Everybody at a place of their own, at most six.
    Each,
}

impl std::str::FromStr for CandidateChoice {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let refuse = || {
            let expected = "as-found, longest, each, or region:X,Y,WIDTH,HEIGHT in 0 to 1";
            FieldError::new("candidate", text, expected)
        };
        match text {
            "as-found" => return Ok(Self::AsFound),
            "longest" => return Ok(Self::Longest),
            "each" => return Ok(Self::Each),
            _ => {}
        }
        let numbers = text.strip_prefix("region:").ok_or_else(refuse)?;
        let numbers: Result<Vec<f32>, _> = numbers.split(',').map(|n| n.trim().parse()).collect();
        let Ok([x, y, width, height]) = numbers.as_deref() else {
            return Err(refuse());
        };
        let region = Region {
            x: *x,
            y: *y,
            width: *width,
            height: *height,
        };
        region.validate().map_err(|e| e.within("candidate"))?;
        Ok(Self::Region(region))
    }
}

/// As [`CandidateChoice::from_str`](std::str::FromStr) reads it.
impl std::fmt::Display for CandidateChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AsFound => f.write_str("as-found"),
            Self::Longest => f.write_str("longest"),
            Self::Each => f.write_str("each"),
            Self::Region(r) => {
                write!(f, "region:{},{},{},{}", r.x, r.y, r.width, r.height)
            }
        }
    }
}

/// A participant of the cast: who, and which part of the picture shows them when.
struct Seat<'a> {
    who: ParticipantSpec,
    region: Option<Region>,
    switches: &'a [(MediaTime, bool)],
}

/// The events file with what was asked for filled in, and what the reader should know of it.
pub(super) fn cast(
    events: EventsFile,
    choice: CandidateChoice,
    path: &Path,
    info: &FileInfo,
    models: &mut ModelSet,
) -> Result<(EventsFile, Vec<String>), ReviewError> {
    let said = |why: &str| format!("the choice of the candidate is not used: {why}");
    let unused = match (choice, info.first(TrackKind::Video)) {
        (CandidateChoice::AsFound, _) => return Ok((events, Vec::new())),
        _ if events.tracks.is_some() => "the events file says who is on which stream",
        (CandidateChoice::Each, _) if !events.participants.is_empty() => {
            "the events file names the participants"
        }
        (_, None) => "there are no pictures",
        (_, Some(video)) => {
            let found = match choice {
                CandidateChoice::Region(_) => Vec::new(),
                _ => places(&looks(path, video.index, models)?),
            };
            return filled(events, choice, info, &found);
        }
    };
    Ok((events, vec![said(unused)]))
}

fn filled(
    mut events: EventsFile,
    choice: CandidateChoice,
    info: &FileInfo,
    found: &[Place],
) -> Result<(EventsFile, Vec<String>), ReviewError> {
    let one = |e: FieldError| ReviewError::Plan(vec![e]);
    let listed = events.participants.iter().find(|p| p.role.is_scored());
    let candidate = match listed {
        Some(p) => p.clone(),
        None => person("candidate", Role::Mixed).map_err(one)?,
    };
    let mut notices = Vec::new();
    let seats: Vec<Seat<'_>> = match (choice, found) {
        (CandidateChoice::Region(region), _) => vec![Seat {
            who: candidate,
            region: Some(region),
            switches: &[],
        }],
        (_, []) => {
            notices.push(
                "no face was found that is shown for long; the whole picture is searched"
                    .to_owned(),
            );
            return Ok((events, notices));
        }
        (CandidateChoice::Longest, [first, rest @ ..]) => {
            notices.push(longest_words(first, rest.len()));
            vec![seat(candidate, first)]
        }
        (_, all) => {
            let mut seats = Vec::new();
            for (i, place) in all.iter().enumerate() {
                let who = person(&format!("place-{}", i + 1), Role::Mixed).map_err(one)?;
                notices.push(place_words(&who.id, place));
                seats.push(seat(who, place));
            }
            if all.len() == MOST_PLACES {
                notices.push(format!(
                    "at most {MOST_PLACES} places are reviewed; there may be more people"
                ));
            }
            seats
        }
    };
    let heard = info.first(TrackKind::Audio).is_some();
    // Somebody who has the whole picture for themselves has the sound too, as far as can be told.
    let shared = seats
        .iter()
        .any(|s| s.who.role == Role::Mixed && s.region.is_some());
    if heard && shared {
        notices.push(
            "one sound track for several people: whose turn it is shows only where lips and voice agree, so that \
             lip-sync abstains elsewhere and confidence is lower; a track per participant would lift that"
                .to_owned(),
        );
    }
    seated(&mut events, info, &seats).map_err(one)?;
    Ok((events, notices))
}

fn person(id: &str, role: Role) -> Result<ParticipantSpec, FieldError> {
    Ok(ParticipantSpec {
        id: ParticipantId::parse(id)?,
        role,
        reference_session: None,
    })
}

fn seat(who: ParticipantSpec, place: &Place) -> Seat<'_> {
    Seat {
        who,
        region: place.cell,
        switches: &place.switches,
    }
}

/// Writes the seats into the events file: participants, tracks, and whose a track is when.
fn seated(events: &mut EventsFile, info: &FileInfo, seats: &[Seat<'_>]) -> Result<(), FieldError> {
    let mut tracks = Vec::new();
    let nobody = person(NOBODY, Role::Other)?;
    for (i, seat) in seats.iter().enumerate() {
        let of = |kind, name: &str, region| -> Result<Option<TrackEntry>, FieldError> {
            let id = match seats {
                [_] => name.to_owned(),
                _ => format!("{name}-{}", i + 1),
            };
            let Some(stream) = info.first(kind) else {
                return Ok(None);
            };
            Ok(Some(TrackEntry {
                stream: stream.index,
                id: TrackId::parse(&id)?,
                participant: seat.who.id.clone(),
                region,
            }))
        };
        let video = of(TrackKind::Video, "video", seat.region)?;
        for (time, back) in seat.switches.iter().filter(|_| video.is_some()) {
            let who = if *back { &seat.who } else { &nobody };
            let track = video.as_ref().map(|v| v.id.clone());
            events.events.extend(track.map(|track| EventEntry {
                time_ms: time.as_ms_f64(),
                kind: EventEntryKind::TrackParticipant {
                    track,
                    participant: who.id.clone(),
                },
            }));
        }
        tracks.extend(video);
        tracks.extend(of(TrackKind::Audio, "audio", None)?);
        if !events.participants.iter().any(|p| p.id == seat.who.id) {
            events.participants.push(seat.who.clone());
        }
    }
    if seats.iter().any(|s| !s.switches.is_empty()) {
        events.participants.push(nobody);
    }
    events.tracks = Some(tracks);
    Ok(())
}

fn where_words(place: &Place) -> String {
    let [l, t, r, b] = place.face.map(|v| (v * 100.0).round());
    format!(
        "a face at {l} to {r} % of the width and {t} to {b} % of the height, shown for {:.0} s",
        place.seconds
    )
}

fn longest_words(place: &Place, others: usize) -> String {
    let others = match others {
        0 => String::new(),
        1 => "; one other place was left out".to_owned(),
        n => format!("; {n} other places were left out"),
    };
    format!(
        "candidate: {}, the longest{others}; who is there is not told, so that it may be several people in turn",
        where_words(place)
    )
}

fn place_words(id: &ParticipantId, place: &Place) -> String {
    format!(
        "{id}: {}; who is there is not told, so that it may be several people in turn",
        where_words(place)
    )
}

/// Looks at a recording now and then: at its keyframes where they are close enough together.
fn looks(path: &Path, stream: usize, models: &mut ModelSet) -> Result<Vec<Look>, ReviewError> {
    let quick = look_through(path, stream, true, models)?;
    let sparse = |w: &[Look]| match w {
        [a, b] => b.time.since_ns(a.time) > SPARSE_NS,
        _ => false,
    };
    if quick.len() < 2 || quick.windows(2).any(sparse) {
        return look_through(path, stream, false, models);
    }
    Ok(quick)
}

fn look_through(
    path: &Path,
    stream: usize,
    keyframes_only: bool,
    models: &mut ModelSet,
) -> Result<Vec<Look>, ReviewError> {
    let options = OpenOptions {
        keyframes_only,
        ..OpenOptions::default()
    };
    let mut source = MediaSource::open(path, &options)?;
    let track = TrackId::parse("look").map_err(|e| ReviewError::Plan(vec![e]))?;
    source.select(stream, track, None)?;
    // Without a detector no face is found, here as later.
    let Ok(finder) = FaceFinder::new(models) else {
        return Ok(Vec::new());
    };
    let mut looks: Vec<Look> = Vec::new();
    while looks.len() < MOST_LOOKS {
        // What was seen of a recording that breaks off is as good as it is.
        let Ok(Some(media)) = source.next() else {
            break;
        };
        let Media::Frame { frame, .. } = media else {
            continue;
        };
        let last = looks.last().map(|l| l.time);
        if last.is_some_and(|last| frame.time.since_ns(last) < LOOK_NS) {
            continue;
        }
        if let Ok(faces) = finder.find(&frame, models) {
            looks.push(Look {
                time: frame.time,
                faces,
            });
        }
    }
    Ok(looks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_and_refused_by_name() {
        let region = |x, y, width, height| {
            CandidateChoice::Region(Region {
                x,
                y,
                width,
                height,
            })
        };
        for (text, choice) in [
            ("as-found", CandidateChoice::AsFound),
            ("longest", CandidateChoice::Longest),
            ("each", CandidateChoice::Each),
            ("region:0.5,0, 0.5,1", region(0.5, 0.0, 0.5, 1.0)),
        ] {
            assert_eq!(text.parse::<CandidateChoice>().unwrap(), choice);
        }
        for text in [
            "",
            "left",
            "region:",
            "region:0,0,1",
            "region:a,0,1,1",
            "region:0,0,1,1,1",
        ] {
            let error = text.parse::<CandidateChoice>().unwrap_err();
            assert_eq!(error.field, "candidate", "{text}");
        }
        let outside = "region:0.6,0,0.5,1".parse::<CandidateChoice>().unwrap_err();
        assert!(outside.field.starts_with("candidate."), "{outside}");
    }
}
