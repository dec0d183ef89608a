//! What all mappings share: who is in the call, which tracks were announced, and where a platform's
//! stamps lie in the interview.

use super::lane::{Kind, Lane, Picture};
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::MapError;
use crate::v1::{self, control_event::Event};
use prost::bytes::Bytes;

/// People kept of one call: 256. Those who are announced are at most 16, as the server takes.
const MAX_PEOPLE: usize = 256;
/// Participants that a server takes in one interview.
const MAX_ANNOUNCED: usize = 16;
/// Events kept until the first media says where zero is: 64; the oldest go first.
const MAX_EARLY: usize = 64;
/// A stated start of the session is zero where media follows within this time: 60 s, the longest
/// backlog that a platform is known to replay, and the server's own window for a clock that shows
/// session time.
const START_WINDOW_US: i64 = 60_000_000;
/// Index of somebody in a call.
pub(super) type Person = usize;

/// What somebody sends; what of it is announced depends on their role.
#[derive(Debug, Clone, Default)]
pub(super) struct Tracks {
    pub video: Option<v1::VideoTrack>,
    pub audio: Option<v1::AudioTrack>,
}

/// What is known of the stamps of everybody's sound, and of everybody's pictures. Where the two differ,
/// sound and pictures have a clock each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clocks {
    pub sound: v1::ClockMappingSource,
    pub pictures: v1::ClockMappingSource,
}

impl Clocks {
    /// One clock of capture.
    pub(super) const CAPTURE: Self = Self {
        sound: v1::ClockMappingSource::Platform,
        pictures: v1::ClockMappingSource::Platform,
    };
    /// Stamps of arrival at one place: voices can be compared as well as the network's ways are alike;
    /// how sound and pictures relate is not known.
    pub(super) const ARRIVAL: Self = Self {
        sound: v1::ClockMappingSource::Estimated,
        pictures: v1::ClockMappingSource::Unknown,
    };
}

#[derive(Debug)]
struct Known {
    external_id: String,
    role: v1::ParticipantRole,
    /// Set when announced.
    participant_id: Option<String>,
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    platform: &'static str,
    plan: Plan,
    people: Vec<Known>,
    lanes: Vec<Lane>,
    opened: bool,
    /// All tracks' own clocks are one.
    one_clock: bool,
    /// Tracks are a platform's streams, and go to whoever is on them.
    streams: bool,
    started_us: Option<i64>,
    origin_us: Option<i64>,
    early: Vec<(i64, Happened)>,
}

/// Something that happened, as it is kept until the interview has begun.
#[derive(Debug)]
enum Happened {
    Event(Event),
    Muted(Person, bool),
    Camera(Person, bool),
}

// === impl Call: set-up ===

impl Call {
    pub(super) fn new(platform: &'static str, plan: Plan) -> Self {
        Self {
            platform,
            plan,
            people: Vec::new(),
            lanes: Vec::new(),
            opened: false,
            one_clock: false,
            streams: false,
            started_us: None,
            origin_us: None,
            early: Vec::new(),
        }
    }

    /// Somebody is in the call; known people are found again.
    pub(super) fn join(&mut self, who: Who<'_>) -> Result<Person, MapError> {
        if let Some(known) = self.find(who.external_id) {
            return Ok(known);
        }
        let role = (self.plan.roles)(&who);
        if role == v1::ParticipantRole::Unspecified {
            let expected = "a role from the plan's rule";
            return Err(MapError::value("participant", who.external_id, expected));
        }
        self.add(who.external_id, role)
    }

    /// Several people on the same tracks, whatever the rule says.
    pub(super) fn mixture(&mut self, external_id: &str) -> Result<Person, MapError> {
        match self.find(external_id) {
            Some(known) => Ok(known),
            None => self.add(external_id, v1::ParticipantRole::Mixed),
        }
    }

    fn add(&mut self, external_id: &str, role: v1::ParticipantRole) -> Result<Person, MapError> {
        if self.people.len() >= MAX_PEOPLE {
            let expected = format!("at most {MAX_PEOPLE} people");
            return Err(MapError::value("participants", MAX_PEOPLE + 1, expected));
        }
        self.people.push(Known {
            external_id: external_id.to_owned(),
            role,
            participant_id: None,
        });
        Ok(self.people.len() - 1)
    }

    pub(super) fn find(&self, external_id: &str) -> Option<Person> {
        self.people
            .iter()
            .position(|p| p.external_id == external_id)
    }

    pub(super) fn opened(&self) -> bool {
        self.opened
    }

    /// True for a candidate or a mixture.
    pub(super) fn assessed(&self, person: Person) -> bool {
        self.people.get(person).is_some_and(|p| is_assessed(p.role))
    }

    /// The platform says when its session began, on the shared clock.
    pub(super) fn started(&mut self, us: i64) {
        self.started_us.get_or_insert(us);
    }

    /// Announces everybody known who is assessed or asks; `tracks` says what each of them sends.
    pub(super) fn open(
        &mut self,
        clocks: Clocks,
        mut tracks: impl FnMut(Person) -> Tracks,
    ) -> Result<v1::Open, MapError> {
        let mut open = self.people_of()?;
        let mut lanes = Vec::new();
        for participant in &open.participants {
            let Some(person) = self.find(&participant.external_id) else {
                continue;
            };
            let sent = tracks(person);
            let video = sent.video.filter(|_| self.assessed(person));
            if let Some(v) = video {
                let details = v1::track::Details::Video(v);
                open.tracks
                    .push(self.track(participant, Kind::Camera, clocks, details));
                lanes.push((person, Kind::Camera));
            }
            if let Some(a) = sent.audio {
                let details = v1::track::Details::Audio(a);
                open.tracks
                    .push(self.track(participant, Kind::Microphone, clocks, details));
                lanes.push((person, Kind::Microphone));
            }
        }
        Ok(self.opened_with(open, lanes))
    }

    /// Announces everybody known who is assessed or asks, and tracks that go to whoever is on them:
    /// `pictures` and `sounds` of each kind, at first of somebody who is assessed.
    pub(super) fn open_streams(
        &mut self,
        clocks: Clocks,
        sent: &Tracks,
        pictures: usize,
        sounds: usize,
    ) -> Result<v1::Open, MapError> {
        let mut open = self.people_of()?;
        let of = |p: &&v1::Participant| is_assessed(p.role());
        let first = open.participants.iter().find(of).cloned();
        let first = first.unwrap_or_default();
        let person = self.find(&first.external_id).unwrap_or_default();
        let video = sent.video.clone().map(v1::track::Details::Video);
        let audio = sent.audio.map(v1::track::Details::Audio);
        let mut lanes = Vec::new();
        for (kind, details, count) in [
            (Kind::Camera, video, pictures),
            (Kind::Microphone, audio, sounds),
        ] {
            for (n, details) in (1..).zip(details.into_iter().cycle().take(count)) {
                let mut track = self.track(&first, kind, clocks, details);
                track.track_id = format!("stream-{n}.{}", kind.word());
                open.tracks.push(track);
                lanes.push((person, kind));
            }
        }
        self.streams = true;
        Ok(self.opened_with(open, lanes))
    }

    /// An opening with its participants, who know their ids from now on.
    fn people_of(&mut self) -> Result<v1::Open, MapError> {
        if self.opened {
            return Err(MapError::Order {
                found: "a second open",
                needed: "the end of the first",
            });
        }
        if !self.people.iter().any(|p| is_assessed(p.role)) {
            let (found, expected) = ("nobody to assess", "a candidate or mixture who joined");
            return Err(MapError::value("participants", found, expected));
        }
        let mut open = v1::Open {
            session_id: self.plan.session_id.clone(),
            consent_id: self.plan.consent_id.clone(),
            source_platform: self.platform.to_owned(),
            ..Default::default()
        };
        for person in 0..self.people.len() {
            open.participants
                .extend(self.announce(person, &open.participants)?);
        }
        for p in &open.participants {
            let known = self.find(&p.external_id);
            if let Some(known) = known.and_then(|i| self.people.get_mut(i)) {
                known.participant_id = Some(p.participant_id.clone());
            }
        }
        Ok(open)
    }

    fn opened_with(&mut self, open: v1::Open, lanes: Vec<(Person, Kind)>) -> v1::Open {
        let tracks = open.tracks.iter().zip(lanes);
        self.lanes = tracks
            .map(|(t, (person, kind))| Lane::new(t, person, kind))
            .collect();
        self.opened = true;
        open
    }

    fn track(
        &self,
        of: &v1::Participant,
        kind: Kind,
        clocks: Clocks,
        details: v1::track::Details,
    ) -> v1::Track {
        let (clock, word) = match kind {
            Kind::Camera => (clocks.pictures, ".pictures"),
            Kind::Microphone => (clocks.sound, ".sound"),
        };
        let word = if clocks.sound == clocks.pictures {
            ""
        } else {
            word
        };
        v1::Track {
            track_id: format!("{}.{}", of.participant_id, kind.word()),
            participant_id: of.participant_id.clone(),
            kind: kind.wire().into(),
            clock_id: format!("{}{word}", self.platform),
            clock_mapping: clock.into(),
            reference: false,
            details: Some(details),
        }
    }

    /// The participant to announce, unless nothing is measured on them.
    fn announce(
        &self,
        person: Person,
        before: &[v1::Participant],
    ) -> Result<Option<v1::Participant>, MapError> {
        let Some(known) = self.people.get(person) else {
            return Ok(None);
        };
        let word = match known.role {
            v1::ParticipantRole::Candidate => "candidate",
            v1::ParticipantRole::Interviewer => "interviewer",
            v1::ParticipantRole::Mixed => "mixed",
            _ => return Ok(None),
        };
        if before.len() >= MAX_ANNOUNCED {
            let expected = format!("at most {MAX_ANNOUNCED} candidates and interviewers");
            return Err(MapError::value("participants", before.len() + 1, expected));
        }
        let same = before
            .iter()
            .filter(|p| p.role == known.role as i32)
            .count();
        Ok(Some(v1::Participant {
            participant_id: match same {
                0 => word.to_owned(),
                n => format!("{word}-{}", n + 1),
            },
            role: known.role.into(),
            external_id: known.external_id.clone(),
            reference_session_id: String::new(),
        }))
    }

    /// The tracks' own clocks are one clock: what moves one of them moves all.
    pub(super) fn one_clock(&mut self) {
        self.one_clock = true;
    }
}

fn is_assessed(role: v1::ParticipantRole) -> bool {
    matches!(
        role,
        v1::ParticipantRole::Candidate | v1::ParticipantRole::Mixed
    )
}

// === impl Call: events ===

impl Call {
    /// Something happened at a moment of the shared clock. Until media says where zero is, it waits.
    fn happened(&mut self, at_us: i64, what: Happened) -> Vec<Output> {
        if !self.opened || self.origin_us.is_none() {
            if self.early.len() >= MAX_EARLY {
                self.early.remove(0);
            }
            self.early.push((at_us, what));
            return Vec::new();
        }
        self.place_event(at_us, what).into_iter().collect()
    }

    /// Where it lies in the interview; nothing for somebody who was not announced.
    fn place_event(&self, at_us: i64, what: Happened) -> Option<Output> {
        let origin = self.origin_us.unwrap_or(at_us);
        let event = match what {
            Happened::Event(event) => event,
            Happened::Muted(person, muted) => Event::Mute(v1::Mute {
                participant_id: self.participant_id(person)?.clone(),
                muted,
            }),
            Happened::Camera(person, on) => Event::Camera(v1::Camera {
                participant_id: self.participant_id(person)?.clone(),
                on,
            }),
        };
        Some(Output::Event {
            time_us: at_us.saturating_sub(origin).max(0),
            event,
        })
    }

    fn participant_id(&self, person: Person) -> Option<&String> {
        self.people.get(person)?.participant_id.as_ref()
    }

    /// A participant muted or unmuted.
    pub(super) fn muted(&mut self, at_us: i64, person: Person, muted: bool) -> Vec<Output> {
        self.happened(at_us, Happened::Muted(person, muted))
    }

    /// A participant's camera was switched.
    pub(super) fn camera(&mut self, at_us: i64, person: Person, on: bool) -> Vec<Output> {
        self.happened(at_us, Happened::Camera(person, on))
    }

    /// Somebody speaks; `None`, or somebody who was not announced, counts as nobody.
    pub(super) fn speaks(&mut self, at_us: i64, person: Option<Person>) -> Vec<Output> {
        if !self.opened {
            return Vec::new();
        }
        let id = person.and_then(|p| self.participant_id(p));
        let participant_id = id.cloned().unwrap_or_default();
        let event = Event::ActiveSpeaker(v1::ActiveSpeaker { participant_id });
        self.happened(at_us, Happened::Event(event))
    }

    /// All tracks break here.
    pub(super) fn break_all(&mut self, at_us: i64, reason: &str) -> Vec<Output> {
        let lanes = 0..self.lanes.len();
        lanes
            .flat_map(|lane| self.break_lane(lane, at_us, reason))
            .collect()
    }

    /// A person's camera shows somebody or something else from here, if it showed anything.
    pub(super) fn break_camera(&mut self, at_us: i64, person: Person, reason: &str) -> Vec<Output> {
        match self.lane(person, Kind::Camera) {
            Some(lane) => self.break_lane(lane, at_us, reason),
            None => Vec::new(),
        }
    }

    fn break_lane(&mut self, lane: usize, at_us: i64, reason: &str) -> Vec<Output> {
        let Some(event) = self.lanes.get_mut(lane).and_then(|l| l.break_here(reason)) else {
            return Vec::new();
        };
        self.happened(at_us, Happened::Event(event))
    }
}

// === impl Call: media ===

impl Call {
    /// The platform's stream with this id now carries somebody's media: its track goes to them,
    /// unless nothing of this kind is measured on them.
    pub(super) fn on_stream(&mut self, stream: u32, external_id: &str, kind: Kind) {
        let Some(person) = self.find(external_id) else {
            return;
        };
        let Some(id) = self.participant_id(person).cloned() else {
            return;
        };
        if kind == Kind::Camera && !self.assessed(person) {
            return;
        }
        let of_kind = |l: &&mut Lane| l.kind == kind;
        let mut free = None;
        let mut found = None;
        for lane in self.lanes.iter_mut().filter(of_kind) {
            match lane.stream {
                Some(s) if s == stream => found = Some(lane),
                None if free.is_none() => free = Some(lane),
                // Whoever is on this stream now is on no other.
                Some(_) if lane.person == person => lane.left = true,
                _ => {}
            }
        }
        if let Some(lane) = found.or(free) {
            lane.go_to(stream, person, id);
        }
    }

    fn lane(&self, person: Person, kind: Kind) -> Option<usize> {
        let of = |l: &Lane| l.person == person && l.kind == kind && !l.left;
        let carries = |l: &Lane| of(l) && (!self.streams || l.stream.is_some());
        self.lanes.iter().position(carries)
    }

    /// What is said of media that does not go on.
    pub(super) fn skipped(&self, external_id: &str, why: Skip) -> Output {
        Output::Skipped {
            external_id: external_id.to_owned(),
            why,
        }
    }

    /// The lane for media of somebody, or why there is none.
    fn wanted(&self, external_id: &str, kind: Kind) -> Result<Result<usize, Skip>, MapError> {
        if !self.opened {
            return Err(MapError::Order {
                found: "media",
                needed: "open",
            });
        }
        let Some(person) = self.find(external_id) else {
            return Ok(Err(Skip::NotAnnounced));
        };
        let role = self.people.get(person).map(|p| p.role);
        let asked =
            matches!(role, Some(v1::ParticipantRole::Interviewer)) && kind == Kind::Microphone;
        Ok(match self.lane(person, kind) {
            Some(lane) => Ok(lane),
            None if self.assessed(person) || asked => Err(Skip::NotAnnounced),
            None => Err(Skip::NotAssessed),
        })
    }

    /// A picture of somebody.
    pub(super) fn picture(
        &mut self,
        external_id: &str,
        stamp: Stamp,
        picture: Picture,
    ) -> Result<Vec<Output>, MapError> {
        let lane = match self.wanted(external_id, Kind::Camera)? {
            Ok(lane) => lane,
            Err(why) => return Ok(vec![self.skipped(external_id, why)]),
        };
        if picture.payload.is_empty() {
            return Ok(vec![self.skipped(external_id, Skip::Empty)]);
        }
        let mut out = Vec::new();
        if let Err(why) = self.chunk(lane, stamp, picture, &mut out) {
            out.push(self.skipped(external_id, why));
        }
        Ok(out)
    }

    /// Sound of somebody; `stamp` is that of its first sample. Sound below 10 ms waits for more.
    pub(super) fn sound(
        &mut self,
        external_id: &str,
        stamp: Stamp,
        payload: Bytes,
    ) -> Result<Vec<Output>, MapError> {
        let lane = match self.wanted(external_id, Kind::Microphone)? {
            Ok(lane) => lane,
            Err(why) => return Ok(vec![self.skipped(external_id, why)]),
        };
        if payload.is_empty() {
            return Ok(vec![self.skipped(external_id, Skip::Empty)]);
        }
        let mut out = Vec::new();
        let gathered = match self.lanes.get_mut(lane) {
            Some(l) => l.gather(stamp, payload)?,
            None => return Ok(out),
        };
        if gathered.lost {
            out.push(self.skipped(external_id, Skip::Short));
        }
        if let Some((stamp, payload)) = gathered.ready
            && let Err(why) = self.chunk(lane, stamp, Picture::still(payload), &mut out)
        {
            out.push(self.skipped(external_id, why));
        }
        Ok(out)
    }

    fn chunk(
        &mut self,
        lane: usize,
        stamp: Stamp,
        piece: Picture,
        out: &mut Vec<Output>,
    ) -> Result<(), Skip> {
        let shift_of_all = match self.one_clock {
            true => self.lanes.iter().find_map(Lane::shift_us),
            false => None,
        };
        let Some(lane) = self.lanes.get_mut(lane) else {
            return Err(Skip::NotAnnounced);
        };
        let (us, restarted) = lane.on_the_call(stamp, shift_of_all);
        let origin = *self.origin_us.get_or_insert_with(|| match self.started_us {
            Some(start) if (0..=START_WINDOW_US).contains(&us.saturating_sub(start)) => start,
            _ => us,
        });
        let chunk = lane.take(us.saturating_sub(origin), restarted, stamp, piece);
        for (at_us, what) in std::mem::take(&mut self.early) {
            out.extend(self.place_event(at_us, what));
        }
        out.extend(chunk?);
        Ok(())
    }
}
