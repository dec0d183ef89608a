//! Lists good and bad.

use super::*;

fn parse(text: &str) -> Result<ClipList, ListError> {
    ClipList::parse(text, Path::new("data"))
}

#[test]
fn a_full_list_is_read_and_other_columns_are_named() {
    let list = parse(
        "path,label,Identity,tool,condition,pair,events,models,group,offset_ms,from_s,to_s,licence\n\
         a.mp4,real,ann,,office,p1,,,age=30-39; glasses,,,,CC0\n\
         b/b.mp4,FAKE,ann,swapper,office,p1,b.events.json,fold1.toml,,-120.5,4,9.5,CC0\n",
    )
    .unwrap();
    assert_eq!(list.ignored, ["licence"]);
    let (a, b) = (&list.clips[0], &list.clips[1]);
    assert_eq!((a.fake, a.path.as_path()), (false, Path::new("data/a.mp4")));
    assert_eq!(a.groups, ["age=30-39", "glasses"]);
    assert_eq!((b.fake, b.line, b.tool.as_str()), (true, 3, "swapper"));
    assert_eq!(b.models.as_deref(), Some(Path::new("data/fold1.toml")));
    assert_eq!(b.events.as_deref(), Some(Path::new("data/b.events.json")));
    assert_eq!(
        (b.offset_ms, b.from_s, b.to_s),
        (Some(-120.5), Some(4.0), Some(9.5))
    );
}

#[test]
fn without_an_identity_each_recording_is_a_person() {
    let list = parse("label,path\nreal,a.png\nfake,b.png\n").unwrap();
    assert_eq!(list.clips[0].identity, "a.png");
    assert_ne!(list.clips[0].identity, list.clips[1].identity);
    assert!(list.ignored.is_empty());
}

#[test]
fn faults_name_line_and_column() {
    let check = |text: &str, words: &[&str]| {
        let said = parse(text).unwrap_err().to_string();
        for word in words {
            assert!(said.contains(word), "{text:?}: {said}");
        }
    };
    check("", &["empty"]);
    check("path,label\n", &["empty"]);
    check("path\na.mp4\n", &["label"]);
    check("path,label,path\na,real,b\n", &["path", "twice"]);
    check(
        "path,label\na.mp4,real\nb.mp4\n",
        &["line 3", "1 fields", "expected 2"],
    );
    check(
        "path,label\na.mp4,maybe\n",
        &["line 2", "label", "maybe", "real or fake"],
    );
    check("path,label\n ,real\n", &["line 2", "column path"]);
    check(
        "path,label,tool\na,real,swapper\n",
        &["column tool", "swapper"],
    );
    check(
        "path,label,offset_ms\na,real,late\n",
        &["offset_ms", "late", "milliseconds"],
    );
    check("path,label,offset_ms\na,real,inf\n", &["offset_ms"]);
    check("path,label,from_s\na,fake,-1\n", &["from_s", "-1"]);
    check(
        "path,label,from_s,to_s\na,fake,5,5\n",
        &["to_s", "after the start"],
    );
    check(
        "path,label,reference_to_s\na,fake,5\n",
        &["line 2", "column reference", "a recording"],
    );
    check(
        "path,label,only_from_s,only_to_s\na,fake,5,4\n",
        &["only_to_s", "after the start"],
    );
    check("path,label\na,real\na,fake\n", &["line 3", "line 2"]);
    check("path,label\na,\"real\n", &["line 2", "field 2"]);
}

#[test]
fn a_reference_and_the_stretches_are_read() {
    let list = parse(
        "path,label,only_from_s,only_to_s,reference,reference_from_s,reference_to_s\n\
         a.mp4,real,4,,a.mp4,,4\na.mp4,real,6,,a.mp4,,4\nb.mp4,fake,,,,,\n",
    )
    .unwrap();
    let [a, _, b] = &list.clips[..] else {
        panic!("{list:?}")
    };
    let only = a.only.unwrap();
    assert_eq!((only.from_s, only.to_s), (4.0, f64::INFINITY));
    assert_eq!(only.span().start, MediaTime::from_ms(4000));
    assert!(only.span().contains(MediaTime::from_ms(1_000_000_000)));
    assert_eq!(a.reference.as_deref(), Some(Path::new("data/a.mp4")));
    let read = a.reference_only.unwrap().span();
    assert_eq!(read, Span::new(MediaTime::ZERO, MediaTime::from_ms(4000)));
    assert_eq!(
        (b.only, &b.reference, b.reference_only),
        (None, &None, None)
    );
}

#[test]
fn one_recording_may_be_scored_with_several_models() {
    let list = parse("path,label,models\na,real,f1.toml\na,real,f2.toml\n").unwrap();
    assert_eq!(list.clips.len(), 2);
}
