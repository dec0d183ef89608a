//! A generated net in the slot: windows, calibration, what is refused.

use super::*;
use crate::core::{ClockSource, Coverage, MediaTime, ParticipantId, Quality};
use crate::analyze::calibration::tests::own_models;
use crate::testing::own_net;

const SAMPLES: &str = "layout = \"NT\"\nshape = [-1, 16000]\n";
const SCORE: &str = "reads = \"logit\"\n";
const VOTE: &str = "kind = \"logistic\"\nslope = 10.0\noffset = -1.0\nauc_low = 0.9\n";

/// Models with a net that gives the mean of its window, declared with this input, output and
/// calibration.
fn models(input: &str, output: &str, calibration: &str) -> ModelSet {
    let (axes, over): (&[u64], &[u64]) = if input.contains("NT") {
        (&[16_000], &[1])
    } else {
        (&[1, 100, 40], &[1, 2, 3])
    };
    let net = own_net("sound", axes, over, "spoof", &[1]);
    let text = format!(
        "[model.input]\nname = \"sound\"\n{input}[[model.outputs]]\nname = \"spoof\"\n{output}\
         [model.calibration]\n{calibration}"
    );
    own_models(TASK, &net, &text)
}

/// Sound of `level` throughout, spoken where `speech` says so, one entry for each 10 ms.
fn hear(models: &mut ModelSet, level: f32, speech: &[f32], role: Role) -> Outcome {
    let samples = vec![level; speech.len() * VOICE_HOP_SAMPLES];
    let logmel = vec![[level; MEL_BANDS]; speech.len()];
    let missing = vec![false; speech.len()];
    let voice = VoiceSeries {
        start: MediaTime::ZERO,
        samples: &samples,
        speech,
        logmel: &logmel,
        level_db: &vec![-20.0; speech.len()],
        missing: &missing,
    };
    let end = voice.time_of(speech.len());
    let participant = ParticipantId::parse("candidate").unwrap();
    let segment = Segment {
        participant: &participant,
        role,
        index: 0,
        span: Span::new(end.plus_ns(-3_000_000_000), end),
        face: &[],
        voice: Some(voice),
        interviewer: None,
        events: &[],
        quality: &Quality::default(),
        coverage: &Coverage::default(),
        clock: ClockSource::Unknown,
        reference: None,
        last: false,
    };
    VoiceSpoof::default().analyze(&segment, models).outcome
}

#[test]
fn a_net_of_ones_own_scores_the_windows_of_a_segment() {
    for input in [SAMPLES, "layout = \"N1TF\"\nshape = [-1, 1, 100, 40]\n"] {
        let mut models = models(input, SCORE, VOTE);
        // 6 s, of which the segment is the last 3: three windows of 1 s.
        let outcome = hear(&mut models, 0.25, &[0.9; 600], Role::Candidate);
        let Outcome::Scored { llr, quality, evidence } = outcome else {
            panic!("{outcome:?}");
        };
        assert!((llr - 1.5).abs() < 1e-4 && quality == 1.0, "{llr} {quality}");
        assert_eq!((evidence[1].name.as_str(), evidence[1].value), ("speech_windows", 3.0));
        assert!((evidence[0].value - 0.25).abs() < 1e-5);
    }
}

#[test]
fn windows_without_speech_are_left_out() {
    let mut models = models(SAMPLES, SCORE, VOTE);
    let mut speech = vec![0.9; 600];
    speech[400..].fill(0.1);
    let outcome = hear(&mut models, 0.25, &speech, Role::Candidate);
    assert_eq!(outcome.evidence()[1].value, 1.0);
    let reason = |o: Outcome| o.abstention().unwrap().reason;
    let silent = hear(&mut models, 0.25, &[0.1; 600], Role::Candidate);
    assert_eq!(reason(silent), AbstainReason::NoSpeech);
    let short = hear(&mut models, 0.25, &[0.9; 60], Role::Candidate);
    assert_eq!(reason(short), AbstainReason::Gathering);
    let mixed = hear(&mut models, 0.25, &[0.9; 600], Role::Mixed);
    assert_eq!(reason(mixed), AbstainReason::AmbiguousPerson);
}

#[test]
fn without_a_calibration_or_an_accuracy_there_is_no_vote() {
    for calibration in ["", "kind = \"logistic\"\nslope = 1.0\noffset = 0.0\n"] {
        let mut models = models(SAMPLES, SCORE, calibration);
        let outcome = hear(&mut models, 0.25, &[0.9; 600], Role::Candidate);
        let why = outcome.abstention().unwrap();
        assert_eq!(why.reason, AbstainReason::Experimental);
        assert!(why.detail.contains("no vote") && !why.evidence.is_empty(), "{}", why.detail);
    }
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let refused = |input: &str, output: &str, calibration: &str| {
        let mut models = models(input, output, calibration);
        let outcome = hear(&mut models, 0.25, &[0.9; 600], Role::Candidate);
        let why = outcome.abstention().unwrap().clone();
        assert_eq!(why.reason, AbstainReason::ModelMissing, "{}", why.detail);
        why.detail
    };
    let rate = format!("{SAMPLES}params = {{ rate_hz = 8000 }}\n");
    for (said, field) in [
        (refused("layout = \"NT\"\nshape = [-1, -1]\n", SCORE, VOTE), "input sound.shape"),
        (refused("layout = \"NTC\"\nshape = [-1, 16000]\n", SCORE, VOTE), "input sound.layout"),
        (refused(&rate, SCORE, VOTE), "input sound.params.rate_hz"),
        (refused(SAMPLES, "", VOTE), "outputs.reads"),
        (refused(SAMPLES, SCORE, "kind = \"table\"\n"), "calibration.kind"),
    ] {
        assert!(said.contains(field), "{said}");
    }
}

#[test]
fn until_a_net_is_brought_the_model_is_missing() {
    let mut models = ModelSet::default();
    let outcome = hear(&mut models, 0.25, &[0.9; 600], Role::Candidate);
    assert_eq!(outcome.abstention().unwrap().reason, AbstainReason::ModelMissing);
}
