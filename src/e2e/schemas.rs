//! Documents against the schemas of `docs/`.

mod validate;

use crate::support::{media, root};
use serde_json::{Value, json};
use std::path::Path;

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What the schema says against a document; `None` where it fits.
pub fn fault(schema: &str, document: &Value) -> Option<String> {
    let schema = read(&root().join("docs").join(schema));
    let faults = validate::faults(&schema, &schema, document, "");
    (!faults.is_empty()).then(|| faults.join("\n"))
}

#[test]
fn events_files_fit_their_schema_where_they_fit_the_parser() {
    for name in [
        "demo/interview.events.json",
        "media/contradicting.events.json",
    ] {
        assert_eq!(
            fault("events.schema.json", &read(&media(name))),
            None,
            "{name}"
        );
    }
    // Those that contradict the recording only are well-formed.
    for (name, fits) in [
        ("past_end", true),
        ("wrong_order", true),
        ("unknown_stream", true),
        ("unknown_participant", true),
        ("unknown_field", false),
        ("unknown_role", false),
        ("wrong_version", false),
    ] {
        let events = read(&media("media/events").join(format!("{name}.events.json")));
        assert_eq!(
            fault("events.schema.json", &events).is_none(),
            fits,
            "{name}"
        );
    }
    // The example of the page.
    let page = std::fs::read_to_string(root().join("docs/events.md")).unwrap();
    let example = page
        .split("```json")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    assert_eq!(fault("events.schema.json", &example), None);
}

#[test]
fn reports_fit_their_schema() {
    let golden = read(&media("golden/report.json"));
    assert_eq!(fault("report.schema.json", &golden), None);
    let mut odd = golden.clone();
    odd["files"][0]["mood"] = json!("happy");
    assert!(
        fault("report.schema.json", &odd).is_some(),
        "the schema is closed"
    );
    let mut high = golden;
    high["files"][0]["segments"][0]["coverage"]["video"] = json!(1.5);
    assert!(
        fault("report.schema.json", &high).is_some(),
        "shares are bounded"
    );

    let mut pictured = golden_with_picture();
    assert_eq!(fault("report.schema.json", &pictured), None);
    pictured["files"][0]["pictures"][0]["verdict"] = json!("fake");
    assert!(fault("report.schema.json", &pictured).is_some());

    let paths = ["vp8_opus.webm", "text.mp4", "no_face.mp4"];
    let reports = paths.map(|n| crate::recorded::review(&media("media").join(n)));
    let document = liveproof::report::Document::new(reports.to_vec());
    let real = serde_json::from_str(&liveproof::report::to_json(&document).unwrap()).unwrap();
    assert_eq!(fault("report.schema.json", &real), None);
}

/// The golden report with a picture, through the program's own types.
fn golden_with_picture() -> Value {
    use liveproof::core::{MediaTime, ParticipantId, Span};
    use liveproof::report::{Document, RegionShare, ReportPicture};
    let text = std::fs::read_to_string(media("golden/report.json")).unwrap();
    let mut document: Document = serde_json::from_str(&text).unwrap();
    document.files[0].test_copy = Some("this is a test copy, an untouched control".into());
    document.files[0].pictures.push(ReportPicture {
        participant: ParticipantId::parse("candidate").unwrap(),
        signal: "face_swap".into(),
        segment: 1,
        span: Span::new(MediaTime::from_ms(3000), MediaTime::from_ms(6000)),
        time: MediaTime::from_ms(4000),
        contribution: 0.8,
        face: [0.5, 0.5, 0.4, 0.5],
        regions: vec![RegionShare {
            name: "eyes".into(),
            share: 0.7,
        }],
        side_px: 224,
        blurred: true,
        jpeg_base64: "/9j/".into(),
    });
    serde_json::from_str(&liveproof::report::to_json(&document).unwrap()).unwrap()
}

#[test]
fn evaluations_fit_their_schema() {
    let golden = read(&media("golden/evaluation.json"));
    assert_eq!(fault("evaluate.schema.json", &golden), None);
    // Closed at the top, among the figures, and about what a share can be.
    type Spoil = fn(&mut Value);
    let spoils: [Spoil; 4] = [
        |e| e["verdict"] = json!("guilty"),
        |e| e["signals"]["face_swap"]["accuracy"] = json!(0.9),
        |e| e["fused"]["auc"] = json!(1.5),
        |e| e["degraded"][0]["fused"]["false_alarm_segments"]["hits"] = json!(-1),
    ];
    for (i, spoil) in spoils.into_iter().enumerate() {
        let mut odd = golden.clone();
        spoil(&mut odd);
        assert!(fault("evaluate.schema.json", &odd).is_some(), "spoil {i}");
    }
}
