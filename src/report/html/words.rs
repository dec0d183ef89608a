//! Words and figures for people.

use crate::core::{Evidence, Role};

/// Title and one-line explanation of a signal; a signal unknown here shows its own name.
pub(crate) fn signal(name: &str) -> (String, &'static str) {
    let (title, about) = match name {
        "face_swap" => (
            "Face swap traces",
            "fine structure of eyes, mouth and skin against that of the camera picture",
        ),
        "lip_sync" => (
            "Lip-sync",
            "sound against lip motion; late sound counts positive",
        ),
        "hand_occlusion" => (
            "Hand challenge",
            "what is painted while a hand passes the face",
        ),
        "head_turn" => (
            "Turn of the head",
            "contour and appearance while the head turns; accuracy not evaluated, no vote",
        ),
        "identity" => (
            "Same face throughout",
            "the face against that of the interview’s beginning; experimental, no vote",
        ),
        "response_latency" => ("Response latency", "pauses between question and answer"),
        "voice_spoof" => (
            "Synthetic voice",
            "generated or converted speech, by a model of the operator’s own",
        ),
        _ => return (plain(name), ""),
    };
    (title.to_owned(), about)
}

/// A snake-case name in words.
pub(super) fn plain(name: &str) -> String {
    capital(&name.replace('_', " "))
}

/// A role in words.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Candidate => "candidate",
        Role::Interviewer => "interviewer",
        Role::Other => "other participant",
        Role::Mixed => "several people on one track",
        Role::ScreenShare => "shared screen",
    }
}

const UNITS: [(&str, &str); 9] = [
    ("_ms_per_s", "ms/s"),
    ("_ms", "ms"),
    ("_us", "µs"),
    ("_px", "px"),
    ("_hz", "Hz"),
    ("_db", "dB"),
    ("_deg", "°"),
    ("_fps", "fps"),
    ("_s", "s"),
];

/// Evidence whose name, without its unit, would not say enough to a reader.
const NAMES: &[(&str, &str)] = &[
    (
        "made_score",
        "likeness to faces that a forgery generator pasted",
    ),
    (
        "drawn_score",
        "likeness to drawn faces, from 0 (filmed) to 1",
    ),
    (
        "appearance_jumps",
        "jumps of the face’s appearance and back (experimental, no vote)",
    ),
    ("appearance_jump_at", "the strongest at"),
    (
        "identity_distance",
        "difference to the face of the beginning",
    ),
    ("identity_change_at", "another face from"),
    (
        "reference_distance",
        "difference to the face of the reference",
    ),
    (
        "mouth_lead",
        "lips before the voice (accuracy not evaluated, no vote)",
    ),
    ("still_mouth_onsets", "voice set in with still lips"),
    (
        "voice_changes",
        "turns in another voice (accuracy not evaluated, no vote)",
    ),
    ("voice_change_at", "the first at"),
    ("gap_mad", "usual deviation"),
    ("shift", "change against the start"),
    ("reference_difference", "difference to the reference"),
    ("reference_change", "change of the face since the reference"),
    (
        "reference_surround",
        "change around the face since the reference",
    ),
    ("reference_pictures", "pictures of the reference"),
    (
        "earlier_difference",
        "difference to the face of shortly before",
    ),
    (
        "earlier_surround",
        "not compared with shortly before: change around the face",
    ),
    ("earlier_pictures", "pictures of shortly before"),
    ("reference_face", "face of the reference"),
    (
        "hidden_hand_share",
        "share of the hand that is missing before the face, though the hand around it says that it must be there",
    ),
    (
        "cut_hand_share",
        "share of the hand that ends along the face’s outline",
    ),
    (
        "hidden_hand_spread",
        "how much the missing share changes from picture to picture",
    ),
    (
        "face_through_share",
        "how much the face shines through the hand",
    ),
    (
        "recoloured_share",
        "how far the hand takes the face’s colour before it",
    ),
    (
        "edge_blur_ratio",
        "width of the hand’s edge before the face against beside it",
    ),
    (
        "landmarks_through_share",
        "how visible features under the hand are said to be",
    ),
    ("recover", "time until the face looked as before"),
    (
        "painted_over_jump",
        "the occlusion net’s change while the hand was before the face",
    ),
    (
        "covered_share",
        "largest share of the face that the hand covered",
    ),
    ("reaction", "movement set in after"),
    (
        "reaction_too_soon",
        "movement set in sooner than people react, as a replayed recording could, after",
    ),
    ("turned", "turned to the side asked for by"),
    ("turned_left", "turned to the left by"),
    ("turned_right", "turned to the right by"),
    ("cheek_touched", "a hand touched the cheek for"),
    (
        "cheek_covered_share",
        "largest share of the cheek that a hand covered",
    ),
    (
        "face_growth_ratio",
        "the face grew to, times its height at rest",
    ),
    ("face_growth_left_ratio", "and went back to"),
    (
        "code_correlation",
        "how closely the face’s colour followed the screen’s, 0 to 1",
    ),
    (
        "code_p_value",
        "share of other codes that it follows as closely",
    ),
    ("face_colour_change", "change of the face’s colour, of 255"),
    (
        "face_colour_steps_ratio",
        "steps of the face’s colour when the screen changes, times those in between",
    ),
    ("code_lag", "delay from the screen to the picture"),
    (
        "lost_beyond",
        "turned further than landmarks follow: the face was lost, and came back, beyond",
    ),
    (
        "contour_tremble_ratio",
        "how much the contour trembles in the turn against eyes, nose and mouth",
    ),
];

/// What a piece of evidence is to the number that it is compared with.
fn relation(name: &str) -> &'static str {
    match name {
        "swap_score"
        | "made_score"
        | "spoof_score"
        | "reference_difference"
        | "earlier_difference" => "neutral at",
        "distance"
        | "drawn_score"
        | "reference_surround"
        | "earlier_surround"
        | "voice_change_semitones"
        | "voice_change_delta_bic" => "limit",
        "reference_change" => "where only time passed about",
        "hidden_hand_share"
        | "cut_hand_share"
        | "hidden_hand_spread"
        | "face_through_share"
        | "recoloured_share"
        | "edge_blur_ratio"
        | "landmarks_through_share"
        | "recover_ms"
        | "painted_over_jump" => "points neither way at",
        "covered_share"
        | "turned_deg"
        | "turned_left_deg"
        | "turned_right_deg"
        | "cheek_touched_s"
        | "cheek_covered_share"
        | "face_growth_ratio"
        | "code_correlation"
        | "face_colour_change"
        | "face_colour_steps_ratio"
        | "speech_s" => "needed",
        "face_growth_left_ratio" | "code_p_value" => "at most",
        "passes" => "asked for",
        "reaction_too_soon_ms" => "people need at least",
        "contour_tremble_ratio" | "appearance_step_max" => "at rest",
        _ => "usually",
    }
}

/// A piece of evidence as "name value unit (usually reference unit)".
pub(super) fn evidence(e: &Evidence) -> String {
    let (name, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| e.name.strip_suffix(suffix).map(|n| (n, *unit)))
        .unwrap_or((e.name.as_str(), ""));
    let name = NAMES
        .iter()
        .find_map(|(technical, plain)| (*technical == name).then(|| (*plain).to_owned()))
        .unwrap_or_else(|| name.replace('_', " "));
    let mut text = format!("{name} {}", figure(e.value));
    if !unit.is_empty() {
        text.push('\u{a0}');
        text.push_str(unit);
    }
    if let Some(r) = e.reference {
        text.push_str(&format!(" ({} {}", relation(&e.name), figure(r)));
        if !unit.is_empty() {
            text.push('\u{a0}');
            text.push_str(unit);
        }
        text.push(')');
    }
    text
}

/// The same text with a capital letter in front.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The same text with a small letter in front.
pub(super) fn uncapital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// A number with as many decimals as its size deserves, with a true minus sign.
pub(crate) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "not a number".to_owned();
    }
    let size = value.abs();
    let text = if size >= 100.0 || size.fract() == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    // A small negative number rounds to nothing, which has no sign.
    minus(match text.as_str() {
        "-0.00" => "0.00".to_owned(),
        _ => text,
    })
}

/// A signed number with two decimals and a true minus sign.
pub(super) fn signed(value: f64) -> String {
    let text = format!("{value:+.2}");
    minus(if text == "-0.00" {
        "+0.00".to_owned()
    } else {
        text
    })
}

fn minus(text: String) -> String {
    text.replace('-', "\u{2212}")
}

/// An authenticity, never rounded up to certainty.
pub(crate) fn authenticity(a: f64) -> String {
    if a > 0.9999 {
        "> 0.9999".to_owned()
    } else if a > 0.9985 {
        format!("{:.4}", (a * 1e4).floor() / 1e4)
    } else if a < 0.0005 {
        "< 0.001".to_owned()
    } else {
        format!("{a:.3}")
    }
}

/// A share as a percentage: whole above 10 %, else with the decimals that matter.
pub(crate) fn percent(share: f64) -> String {
    let p = share * 100.0;
    if !p.is_finite() {
        "–".to_owned()
    } else if p >= 10.0 || p.fract().abs() < 1e-9 {
        format!("{p:.0}\u{a0}%")
    } else if p >= 1.0 {
        format!("{p:.1}\u{a0}%")
    } else {
        format!("{p:.2}\u{a0}%")
    }
}

/// Seconds as `m:ss`, or `h:mm:ss`.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    let (h, m, s) = (whole / 3600, whole / 60 % 60, whole % 60);
    if h > 0 {
        format!("{h}:{m:02}:{s:02}")
    } else {
        format!("{m}:{s:02}")
    }
}

/// Seconds as a length: `48 s`, `12 min 5 s`, `1 h 3 min`.
pub(super) fn length(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, s) => format!("{s}\u{a0}s"),
        (0, m, s) => format!("{m}\u{a0}min {s}\u{a0}s"),
        (h, m, _) => format!("{h}\u{a0}h {m}\u{a0}min"),
    }
}

/// Seconds as `m:ss.t`.
pub(super) fn clock_tenths(seconds: f64) -> String {
    let tenths = (seconds.max(0.0) * 10.0).round() as u64;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// What an evidence logit says in words. The steps follow the verbal scale of the ENFSI
/// guideline for evaluative reporting (2015): likelihood ratios of 2, 10, 100 and 1000.
pub(crate) fn strength(logit: f64) -> String {
    let ratio = logit.abs().exp();
    let how = match ratio {
        r if r < 2.0 => return "The evidence points neither way".to_owned(),
        r if r < 10.0 => "Weak",
        r if r < 100.0 => "Moderate",
        r if r < 1000.0 => "Moderately strong",
        _ => "Strong",
    };
    let side = if logit > 0.0 {
        "manipulation"
    } else {
        "an authentic recording"
    };
    format!("{how} evidence for {side}")
}

/// A probability as "1 in n" where that reads well.
pub(super) fn one_in(p: f64) -> String {
    if p > 0.0 && p < 0.2 {
        let n = 1.0 / p;
        let n = if n >= 1000.0 {
            (n / 100.0).round() * 100.0
        } else {
            n.round()
        };
        format!("1\u{a0}in\u{a0}{}", thousands(n as u64))
    } else {
        percent(p)
    }
}

/// 1234567 as "1,234,567".
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(signed(-0.001), "+0.00");
        assert_eq!(signed(-1.5), "\u{2212}1.50");
        assert_eq!(authenticity(0.99999), "> 0.9999");
        assert_eq!(authenticity(0.99896), "0.9989");
        assert_eq!(authenticity(0.42), "0.420");
        assert_eq!(percent(0.5), "50\u{a0}%");
        assert_eq!(percent(0.0066), "0.66\u{a0}%");
        assert_eq!(one_in(1.0 / 1400.0), "1\u{a0}in\u{a0}1,400");
        assert_eq!(clock(3661.0), "1:01:01");
        assert_eq!(clock_tenths(59.96), "1:00.0");
        assert_eq!(length(47.6), "48\u{a0}s");
        assert_eq!(length(725.0), "12\u{a0}min 5\u{a0}s");
        assert_eq!(length(3_790.0), "1\u{a0}h 3\u{a0}min");
        assert_eq!(figure(f64::NAN), "not a number");
        assert_eq!(
            (figure(-0.001), figure(-0.01)),
            ("0.00".to_owned(), "\u{2212}0.01".to_owned())
        );
    }

    #[test]
    fn evidence_names_its_unit() {
        let e = Evidence::against("offset_ms", 240.0, -3.0);
        assert_eq!(
            evidence(&e),
            "offset 240\u{a0}ms (usually \u{2212}3\u{a0}ms)"
        );
        let compared = Evidence::against("reference_surround", 0.25, 6.0);
        assert_eq!(
            evidence(&compared),
            "change around the face since the reference 0.25 (limit 6)"
        );
        assert_eq!(
            evidence(&Evidence::new("slope_ms_per_s", 1.25)),
            "slope 1.25\u{a0}ms/s"
        );
    }

    #[test]
    fn strength_follows_the_ratio() {
        assert_eq!(strength(0.3), "The evidence points neither way");
        assert_eq!(strength(-1.0), "Weak evidence for an authentic recording");
        assert_eq!(strength(3.0), "Moderate evidence for manipulation");
    }
}
