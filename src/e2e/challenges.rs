//! Challenges that the server issues, from the wish to the signed record: a candidate who complies, one who
//! does not, one whose face is swapped; and what is refused, declined and issued by itself.

mod call;

use crate::faults::proxy::Wire;
use crate::support::*;
use call::Call;
use liveproof::challenge::{RecordKey, verify_chain};
use liveproof::core::{ChallengeResult, ChallengeStatus, Frame, MediaTime, TrackId};
use liveproof::decode::file::{FileSource, Media, OpenOptions};
use liveproof::grpc::convert::{read_summary, read_update};
use liveproof::session::{ChallengeState, IssuedState};
use liveproof_sdk::v1;
use v1::challenge_update::State as Told;

const KEY: [u8; 32] = [42; 32];

fn pictures(name: &str) -> Vec<Frame> {
    let mut source = FileSource::open(&media(name), &OpenOptions::default()).unwrap();
    source
        .select(0, TrackId::parse("camera").unwrap(), None)
        .unwrap();
    let mut frames = Vec::new();
    while let Some(media) = source.next().unwrap() {
        if let Media::Frame { frame, .. } = media {
            frames.push(frame);
        }
    }
    frames
}

/// A candidate before a camera, and nothing else.
fn open_camera(policy: v1::ChallengePolicy) -> v1::Open {
    let mut open = open();
    open.tracks.truncate(1);
    if let Some(v1::track::Details::Video(v)) = &mut open.tracks[0].details {
        v.format = v1::VideoFormat::Rgb24.into();
    }
    open.challenge_policy = Some(policy);
    open
}

fn ms(t: i64) -> MediaTime {
    MediaTime::from_ms(t)
}

/// The last word on a challenge.
fn concluded(told: &[v1::ChallengeUpdate], id: &str) -> (Box<ChallengeResult>, String) {
    let of = |u: &v1::ChallengeUpdate| match read_update(u.clone()).unwrap().state {
        ChallengeState::Concluded { result, words, .. } if u.challenge_id == id => {
            Some((result, words))
        }
        _ => None,
    };
    told.iter()
        .find_map(of)
        .unwrap_or_else(|| panic!("no last word: {told:?}"))
}

fn issued(told: &[v1::ChallengeUpdate], id: &str) -> Box<IssuedState> {
    let of = |u: &v1::ChallengeUpdate| match read_update(u.clone()).unwrap().state {
        ChallengeState::Issued(i) if u.challenge_id == id => Some(i),
        _ => None,
    };
    told.iter()
        .find_map(of)
        .unwrap_or_else(|| panic!("not issued: {told:?}"))
}

async fn served() -> Served {
    serve(|c| c.record_key = Some(RecordKey::new(&KEY, false).unwrap())).await
}

/// Sends the recording, and its quiet beginning again until the window has closed; the prompt is shown at
/// 1.5 s.
async fn perform(recording: &str) -> Performed {
    perform_with_cuts(recording, &[]).await
}

/// What came of it.
struct Performed {
    told: Vec<v1::ChallengeUpdate>,
    /// How much of that was told before the interview's end.
    before: usize,
    summary: v1::SessionSummary,
    id: String,
    resumed: usize,
}

/// The same over a connection that is cut before these pictures.
async fn perform_with_cuts(recording: &str, cuts: &[usize]) -> Performed {
    let served = served().await;
    let wire = Wire::to(&served.to).await;
    let frames = pictures(recording);
    let mut call = Call::open_at(&wire.to, open_camera(v1::ChallengePolicy::default())).await;
    let hand = call
        .hello
        .challenges
        .iter()
        .find(|c| c.kind == v1::ChallengeKind::HandPass as i32)
        .unwrap();
    assert!(
        hand.available && hand.standing == v1::ChallengeStanding::Scored as i32,
        "{hand:?}"
    );
    assert!(!call.hello.record_key_drawn && call.hello.record_key_id.len() == 16);
    let mut id = String::new();
    let mut before = 0;
    for i in 0..340 {
        // Nobody moves in the first two seconds.
        let frame = frames.get(i).unwrap_or_else(|| &frames[i % 50]);
        let time = ms(40 * i as i64);
        if i == 20 {
            call.settle(time).await;
            id = call.ask_for_the_recorded_pass().await;
        }
        if i == 37 {
            call.shown(&id, 1, ms(1_500)).await;
        }
        if cuts.contains(&i) {
            wire.cut();
        }
        call.picture(frame, time).await;
        if i % 25 == 24 {
            call.settle(time).await;
        }
        before = call.told.len();
    }
    let resumed = call.resumed;
    let (told, summary) = call.end().await;
    served.stop().await.unwrap();
    Performed {
        told,
        before,
        summary,
        id,
        resumed,
    }
}

fn check_record(told: &[v1::ChallengeUpdate], id: &str, result: &ChallengeResult) {
    let key = RecordKey::new(&KEY, false).unwrap();
    let mut records = Vec::new();
    for u in told {
        match read_update(u.clone()).unwrap().state {
            ChallengeState::Issued(i) => records.push(i.record),
            ChallengeState::Concluded { result, .. } => {
                records.push(result.issued.unwrap().record);
            }
            _ => {}
        }
    }
    assert_eq!(
        verify_chain(&key, &records),
        Ok(()),
        "every record, over the wire"
    );
    let own = &result.issued.as_ref().unwrap().record;
    assert_eq!((own.challenge.as_str(), own.shown), (id, Some(ms(1_500))));
    let mut altered = own.clone();
    altered.parameters.direction = None;
    assert!(key.verify(&altered).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_who_complies_is_found_to_have_and_the_hand_speaks_for_a_live_face() {
    let Performed {
        told,
        before,
        summary,
        id,
        resumed,
    } = perform("demo/hand_pass.mp4").await;
    assert_eq!(resumed, 0);
    let (result, words) = concluded(&told, &id);
    assert_eq!(result.status, ChallengeStatus::Performed, "{result:?}");
    assert!(
        told[..before]
            .iter()
            .any(|u| u.challenge_id == id && matches!(u.state, Some(Told::Concluded(_)))),
        "as soon as it is judged"
    );
    let llr = result.llr.expect("a scored challenge");
    assert!(llr < 0.0, "{llr}");
    assert!(
        (600.0..1_400.0).contains(&result.reaction_ms.unwrap()),
        "{:?}",
        result.reaction_ms
    );
    assert!(
        words.starts_with("Performed as asked.") && result.early_reaction().is_none(),
        "{words}"
    );
    check_record(&told, &id, &result);
    let summary = read_summary(summary).unwrap();
    let own = |c: &&ChallengeResult| c.id == id;
    let in_summary = summary.participants[0].challenges.iter().find(own).unwrap();
    assert_eq!(in_summary, &*result, "the same in the summary");
}

/// Before the prompt is shown, while the hand is before the face, and while the window is still open.
const CUTS_IN_A_CHALLENGE: [usize; 4] = [30, 60, 80, 150];

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_in_mid_challenge_changes_nothing_of_it() {
    let whole = perform("demo/hand_pass.mp4").await;
    let broken = perform_with_cuts("demo/hand_pass.mp4", &CUTS_IN_A_CHALLENGE).await;
    assert!(broken.resumed >= 3, "{} times", broken.resumed);
    let (expected, words) = concluded(&whole.told, &whole.id);
    let (result, said) = concluded(&broken.told, &broken.id);
    assert_eq!(
        (&result.status, result.llr, result.reaction_ms, said),
        (&expected.status, expected.llr, expected.reaction_ms, words),
        "to the last digit"
    );
    let last_words = |p: &Performed| {
        let last = |u: &&v1::ChallengeUpdate| {
            u.challenge_id == p.id && matches!(u.state, Some(Told::Concluded(_)))
        };
        p.told.iter().filter(last).count()
    };
    assert_eq!(
        (last_words(&broken), last_words(&whole)),
        (1, 1),
        "told once"
    );
    check_record(&broken.told, &broken.id, &result);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_painted_over_the_hand_is_performed_and_speaks_for_a_manipulated_one() {
    let Performed { told, id, .. } = perform("demo/hand_pass_swapped.mp4").await;
    let (result, words) = concluded(&told, &id);
    assert_eq!(result.status, ChallengeStatus::Performed, "{result:?}");
    let llr = result.llr.expect("a scored challenge");
    assert!(llr > 0.5, "{llr}");
    assert!(words.contains("did not behave as a real hand"), "{words}");
    assert!(
        !words.contains("fake") && !words.contains("fraud"),
        "{words}"
    );
    check_record(&told, &id, &result);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_who_does_not_comply_is_asked_once_more_and_nothing_is_held_against_them() {
    let served = served().await;
    let frames = pictures("demo/hand_pass.mp4");
    let mut call = Call::open(&served, open_camera(v1::ChallengePolicy::default())).await;
    let mut id = String::new();
    let mut prompts = 0;
    // 12.5 pictures a second of somebody who sits still: the recording's first two seconds to and fro.
    for i in 0..500usize {
        let there = i % 48;
        let frame = &frames[2 * if there < 24 { there } else { 47 - there }];
        let time = ms(80 * i as i64);
        if i == 5 {
            call.settle(time).await;
            id = call.ask(v1::ChallengeKind::HandHold).await.0;
            call.shown(&id, 1, time).await;
            prompts = 1;
        }
        call.picture(frame, time).await;
        if i % 12 == 11 {
            call.settle(time).await;
        }
        let again = |u: &v1::ChallengeUpdate| matches!(u.state, Some(Told::Reprompt(_)));
        if prompts == 1 && call.told.iter().any(again) {
            call.shown(&id, 2, time).await;
            prompts = 2;
        }
        if call
            .told
            .iter()
            .any(|u| matches!(u.state, Some(Told::Concluded(_))))
        {
            break;
        }
    }
    let (told, summary) = call.end().await;
    served.stop().await.unwrap();
    let again = told
        .iter()
        .filter(|u| matches!(u.state, Some(Told::Reprompt(_))))
        .count();
    assert_eq!((again, prompts), (1, 2), "{told:?}");
    let (result, words) = concluded(&told, &id);
    assert!(
        matches!(&result.status, ChallengeStatus::NotPerformed { .. }),
        "{result:?}"
    );
    assert_eq!(
        (result.llr, result.issued.as_ref().unwrap().attempt),
        (None, 2)
    );
    assert!(words.contains("no sign of manipulation"), "{words}");
    let summary = read_summary(summary).unwrap();
    let p = &summary.participants[0];
    assert_eq!(p.challenges.len(), 2, "both attempts");
    let hand = p
        .signals
        .iter()
        .find(|s| s.signal == "hand_occlusion")
        .unwrap();
    assert_eq!(hand.contribution, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declined_is_no_evidence_and_an_alternative_is_offered_in_the_same_language() {
    let served = served().await;
    let policy = v1::ChallengePolicy {
        locale: "de-CH".into(),
        opt_outs: vec![
            v1::ChallengeNeed::Flashes.into(),
            v1::ChallengeNeed::Voice.into(),
        ],
        ..Default::default()
    };
    let mut call = Call::open(&served, open_camera(policy)).await;
    let flash = |c: &&v1::ChallengeCapability| c.kind == v1::ChallengeKind::Flash as i32;
    let flash = call.hello.challenges.iter().find(flash).unwrap();
    assert!(
        !flash.available && flash.detail.contains("opted out"),
        "{flash:?}"
    );
    let refused = call.ask(v1::ChallengeKind::Flash).await.1;
    assert!(
        matches!(&refused.state, Some(Told::Refused(r)) if r.detail.contains("opted out")),
        "{refused:?}"
    );
    let phrase = call.ask(v1::ChallengeKind::Phrase).await.1;
    assert!(
        matches!(&phrase.state, Some(Told::Refused(_))),
        "{phrase:?}"
    );
    let (id, _) = call.ask(v1::ChallengeKind::HandPass).await;
    let text = issued(&call.told, &id).prompt;
    assert!(
        text.locale == "de" && text.prompt.contains("Hand") && text.alternative.contains("Wörter"),
        "{text:?}"
    );
    let from = call.told.len();
    call.decline(&id, v1::ChallengeDeclineReason::CannotPerform, true)
        .await;
    call.next(from + 1).await;
    let (result, words) = concluded(&call.told, &id);
    assert!(
        matches!(&result.status, ChallengeStatus::NotCarriedOut { .. }),
        "{result:?}"
    );
    assert!(words.contains("says nothing about anybody"), "{words}");
    let other = call.told.last().unwrap().challenge_id.clone();
    let other = issued(&call.told, &other);
    assert_eq!(
        (other.alternative_of.as_str(), other.prompt.locale),
        (id.as_str(), "de")
    );
    let unknown = call.told.len();
    call.shown("ch99", 1, ms(0)).await;
    let update = call.next(unknown).await;
    assert!(
        matches!(&update.state, Some(Told::Refused(r)) if r.detail.contains("challenge_id")),
        "{update:?}"
    );
    let (_, summary) = call.end().await;
    let p = &summary.participants[0];
    assert!(matches!(
        p.outcome,
        Some(v1::participant_summary::Outcome::NoScore(_))
    ));
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_issues_by_itself_where_the_policy_says_so() {
    let served = served().await;
    let policy = v1::ChallengePolicy {
        mode: v1::ChallengeMode::Automatic.into(),
        kinds: vec![v1::ChallengeKind::LeanIn.into()],
        max_automatic: 1,
        first_after_s: 2,
        max_random_wait_s: 1,
        ..Default::default()
    };
    let frames = pictures("demo/hand_pass.mp4");
    let mut call = Call::open(&served, open_camera(policy)).await;
    for i in 0..60usize {
        call.picture(&frames[i % 50], ms(100 * i as i64)).await;
        if i % 10 == 9 {
            call.settle(ms(100 * i as i64)).await;
        }
    }
    let (told, _) = call.end().await;
    served.stop().await.unwrap();
    let first = read_update(told[0].clone()).unwrap();
    let ChallengeState::Issued(i) = &first.state else {
        panic!("{first:?}")
    };
    assert!(first.request_id.is_empty() && i.record.kind.name() == "lean_in");
    assert!(
        (ms(2_000)..=ms(4_500)).contains(&i.record.issued),
        "{:?}",
        i.record.issued
    );
    let (result, _) = concluded(&told, &first.challenge);
    assert!(
        result.status.detail().contains("the interview ended"),
        "{result:?}"
    );
    assert_eq!(told.len(), 2, "one, and its end: {told:?}");
}

/// What became of the challenges of a drawn recording, by their ids.
fn reviewed(name: &str) -> Vec<ChallengeResult> {
    let report = crate::recorded::review(&media(name));
    assert_eq!(report.error, None);
    let mut summary = report.summary.unwrap();
    std::mem::take(&mut summary.participants[0].challenges)
}

#[test]
fn drawn_people_who_do_what_was_asked_are_told_from_those_who_do_not() {
    let done = reviewed("media/challenges_done.mp4");
    assert_eq!(done.len(), 3);
    for c in &done {
        assert_eq!(c.status, ChallengeStatus::Performed, "{c:?}");
        assert!(c.llr.is_none() && c.early_reaction().is_none(), "{c:?}");
    }
    for c in &reviewed("media/challenges_ignored.mp4") {
        assert!(!matches!(c.status, ChallengeStatus::Performed), "{c:?}");
        assert!(c.llr.is_none(), "{c:?}");
        if c.id != "flash" {
            assert!(
                matches!(c.status, ChallengeStatus::NotPerformed { .. }),
                "{c:?}"
            );
        }
    }
}
