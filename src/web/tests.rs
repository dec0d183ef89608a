//! The assets are complete and keep the policy; the descriptors say what a page needs.

use super::*;

const fn set() -> &'static [u8] {
    liveproof_sdk::DESCRIPTOR_SET
}

fn text(path: &str) -> &'static str {
    let (_, bytes) = asset(path).unwrap_or_else(|| panic!("{path} is missing"));
    std::str::from_utf8(bytes).unwrap()
}

/// What stands between `before` and the next quote, for each place where `before` stands.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let mut parts = text.split(before);
    parts.next();
    parts.filter_map(|p| p.split('"').next()).collect()
}

#[test]
fn every_file_is_served_and_every_reference_is_answered() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets");
    let files = std::fs::read_dir(folder).unwrap().count();
    // The style of the reports comes from another folder.
    assert_eq!(
        files + 1,
        ASSETS.len(),
        "a file of assets/ is not in the list"
    );
    for (path, kind, bytes) in ASSETS {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut wanted = quoted(text, "src=\"");
        wanted.extend(quoted(text, "href=\""));
        wanted.extend(quoted(text, "from \""));
        wanted.extend(quoted(text, "addModule(\""));
        for name in wanted {
            let name = name.replace("./", "/assets/");
            assert!(
                name.starts_with('#') || asset(&name).is_some(),
                "{path} refers to {name}, which is not served"
            );
        }
        if *kind == HTML {
            assert!(
                !text.contains("style=\"") && !text.contains("<style"),
                "{path}: inline style"
            );
            assert!(!text.contains("onclick="), "{path}: inline script");
            assert_eq!(
                text.matches("<script").count(),
                quoted(text, "src=\"").len()
            );
        }
    }
    assert!(asset("/assets/../mod.rs").is_none() && asset("/assets/").is_none());
}

#[test]
fn pages_accuse_nobody_and_load_nothing_from_elsewhere() {
    for (path, _, bytes) in ASSETS {
        let text = std::str::from_utf8(bytes).unwrap().to_lowercase();
        for word in ["fraud", "betrug", "cheat", "impostor", "suspect"] {
            assert!(!text.contains(word), "{path} says {word:?}");
        }
        let text = text.replace("http://www.w3.org/", "");
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{path} names a place elsewhere"
        );
        assert!(
            !text.contains("innerhtml"),
            "{path} writes markup from text"
        );
    }
}

#[test]
fn the_policy_allows_no_inline_code() {
    assert!(CONTENT_SECURITY_POLICY.starts_with("default-src 'none'"));
    assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    assert!(text("/join").contains("/assets/join.js"));
    assert!(text("/").contains("/assets/console.js"));
    assert!(text("/assets/rpc.js").contains(&format!("\"{PROTOCOL_PATH}\"")));
}

#[test]
fn descriptors_name_what_a_page_needs() {
    let document: serde_json::Value = serde_json::from_str(&protocol_json(set()).unwrap()).unwrap();
    let field = |message: &str, name: &str| {
        document["messages"][message]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["name"] == name)
            .unwrap_or_else(|| panic!("{message} has no {name}"))
            .clone()
    };
    let chunk = field("liveproof.v1.MediaChunk", "capture_time_us");
    assert_eq!(
        (&chunk["number"], &chunk["type"]),
        (&3.into(), &"int64".into())
    );
    let media = field("liveproof.v1.InterviewRequest", "media");
    assert_eq!(media["oneof"], "message");
    assert_eq!(media["of"], "liveproof.v1.MediaChunk");
    let gap = field("liveproof.v1.QuestionGap", "gap_ms");
    assert_eq!((&gap["optional"], gap.get("oneof")), (&true.into(), None));
    assert_eq!(
        field("liveproof.v1.Finding", "model_id").get("repeated"),
        None
    );
    assert_eq!(
        field("liveproof.v1.SegmentResult", "findings")["repeated"],
        true
    );
    assert_eq!(
        document["enums"]["liveproof.v1.TrackKind"]["TRACK_KIND_AUDIO"],
        2
    );
    let interview = &document["services"]["liveproof.v1.InterviewService"]["Interview"];
    assert_eq!(interview["client_stream"], true);
}

#[test]
fn what_is_no_descriptor_set_is_refused() {
    let error = protocol_json(&[0xff, 0x01]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the descriptors cannot be read"),
        "{error}"
    );
}

/// The console says what the reports say: every text of the reports' tables of words stands in the page's.
#[test]
fn words_are_those_of_the_reports() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let part = |text: &str, from: &str, to: &str| {
        let rest = text
            .split(from)
            .nth(1)
            .unwrap_or_else(|| panic!("{from} is missing"))
            .to_owned();
        rest.split(to).next().unwrap().to_owned()
    };
    let words = read("src/report/html/words.rs");
    let outcome = read("src/core/outcome.rs");
    let challenge = read("src/core/challenge.rs");
    let tables = [
        part(&words, "let (title, about) = match name {", "_ =>"),
        part(&words, "const NAMES:", "];"),
        part(&words, "fn relation(", "_ =>"),
        part(&outcome, "The reason in plain words", "\n    }\n"),
        part(
            &challenge,
            "match self {\n            Self::HandPass => \"pass",
            "\n    }\n",
        )
        .replacen(" a hand", "\"pass a hand", 1),
    ];
    let page = text("/assets/words.js");
    for table in &tables {
        let texts = table.split('"').skip(1).step_by(2).filter(|t| t.len() > 3);
        for word in texts.map(|t| t.replace("\\\n", "")) {
            assert!(page.contains(&word), "words.js lacks {word:?}");
        }
    }
}
