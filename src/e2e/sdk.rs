//! The client against a real server: the whole way, its errors, and what the protocol promises.

use crate::support::*;
use liveproof_sdk::{Client, ClientError, Update, v1};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_from_open_to_summary() {
    let served = serve(|_| {}).await;
    let client = served.client().await;
    let info = client.info().await.unwrap();
    assert!(!info.version.is_empty() && !info.onnxruntime_version.is_empty());
    assert_eq!(info.execution_provider, "cpu");
    let interview = client.open(open()).await.unwrap();
    let hello = interview.hello().clone();
    assert_eq!(
        hello.limits, info.limits,
        "hello and the information service agree"
    );
    assert_eq!(hello.models, info.models);
    assert_eq!((hello.segment_us, hello.prior), (3_000_000, 0.01));
    assert_eq!(
        (hello.resume_token.len(), hello.resume_grace_ms),
        (32, 30_000)
    );
    assert_eq!(hello.resumed, None, "the first connection");
    for s in &hello.signals {
        assert_eq!(
            s.participant_id, "candidate",
            "interviewers are never scored"
        );
        assert_eq!(s.available, s.reason() == v1::AbstainReason::Unspecified);
        assert_eq!(s.available, s.detail.is_empty(), "{s:?}");
    }
    let names: Vec<&str> = info.signals.iter().map(|s| s.name.as_str()).collect();

    let (mut sender, mut updates) = interview.split();
    let sending = async move {
        let mut ids = Vec::new();
        for i in 0..40_i64 {
            if i % 20 == 0 {
                ids.push(
                    sender
                        .send_event(i * 100_000, question_end())
                        .await
                        .unwrap(),
                );
            }
            sender
                .send_media("camera", i * 100_000, face_jpeg(), None)
                .await
                .unwrap();
            sender
                .send_media("mic", i * 100_000, vec![0; 6_400], None)
                .await
                .unwrap();
        }
        sender.close("that was all").await.unwrap();
        ids
    };
    let reading = async {
        let (mut segments, mut acks, mut summary) = (Vec::new(), Vec::new(), None);
        while let Some(update) = updates.next().await.unwrap() {
            assert!(summary.is_none(), "the summary is last");
            match update {
                Update::Segment(s) => segments.push(s),
                Update::Ack(a) => acks.push((a.event_id, a.accepted)),
                Update::Summary(s) => summary = Some(s),
                Update::Capabilities(_) => {}
                other @ (Update::Notice(_) | Update::Resumed(_) | Update::Challenge(_)) => {
                    panic!("{other:?}")
                }
            }
        }
        (segments, acks, summary.unwrap())
    };
    let (ids, (segments, acks, summary)) = tokio::join!(sending, reading);
    assert_eq!(acks, ids.iter().map(|id| (*id, true)).collect::<Vec<_>>());
    let finals: Vec<_> = segments.iter().filter(|s| s.r#final).collect();
    assert_eq!(finals.len(), 2, "4 s in segments of 3 s");
    for s in &finals {
        let found: Vec<&str> = s.findings.iter().map(|f| f.signal.as_str()).collect();
        assert_eq!(
            found, names,
            "one finding per signal, in the order of GetInfo"
        );
        let sum: f64 = s.findings.iter().map(|f| f.contribution).sum();
        match s.outcome.as_ref().unwrap() {
            v1::segment_result::Outcome::Score(x) => {
                assert!((x.evidence_logit - sum).abs() < 1e-9);
            }
            v1::segment_result::Outcome::NoScore(x) => assert!(!x.detail.is_empty()),
        }
        assert!(s.times.unwrap().decode_ms > 0.0, "stage times are told");
    }
    for s in segments.iter().filter(|s| !s.r#final) {
        let begun = s.findings.is_empty() || s.findings.len() == names.len();
        assert!(begun && s.revision >= 1, "{s:?}");
    }
    assert!(!summary.partial);
    assert_eq!(summary.end_reason, "closed by the client: that was all");
    assert_eq!(summary.consent_id, "consent-7");
    assert!(!summary.cautions.is_empty());
    assert_eq!(summary.participants.len(), 1);
    served.empty("ended").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_is_wrong_and_whether_to_try_again() {
    let nowhere = Client::connect("http://127.0.0.1:1").await.unwrap_err();
    assert!(nowhere.should_retry() && nowhere.to_string().contains("127.0.0.1:1"));
    let no_address = Client::connect("not an address").await.unwrap_err();
    assert!(
        matches!(no_address, ClientError::Connect { .. }),
        "{no_address}"
    );

    let served = serve(|_| {}).await;
    let client = served.client().await;
    let mut bad = open();
    bad.tracks[0].kind = 9;
    let refused = client.open(bad).await.unwrap_err();
    assert!(!refused.should_retry());
    assert_eq!(refused.status().unwrap().code(), Code::InvalidArgument);
    assert!(
        refused.to_string().contains("open.tracks[0].kind"),
        "{refused}"
    );

    let (mut sender, mut updates) = client.open(open()).await.unwrap().split();
    for bytes in [40 << 20, 16 << 20] {
        let large = sender.send_media("camera", 0, vec![0; bytes], None).await;
        let Err(ClientError::TooLarge { found, limit }) = large else {
            panic!("{large:?}")
        };
        assert!(found >= bytes as u64 && limit < found);
    }
    // A refused chunk costs its number, not the interview.
    sender
        .send_media("camera", 0, face_jpeg(), None)
        .await
        .unwrap();
    sender.close("").await.unwrap();
    let mut ended = None;
    while let Some(update) = updates.next().await.unwrap() {
        if let Update::Summary(s) = update {
            ended = Some(s);
        }
    }
    assert!(ended.is_some_and(|s| !s.partial && s.end_reason == "closed by the client"));

    // The interview ends under the sender: it is told, and the updates say why.
    let (mut sender, mut updates) = client.open(open()).await.unwrap().split();
    let mut said = None;
    for i in 0..1_000 {
        if sender
            .send_media("mic", i * 1_000, vec![0; 3], None)
            .await
            .is_err()
        {
            break;
        }
        assert!(i < 999, "100 refused chunks end an interview");
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let event = sender.send_event(0, question_end()).await;
    assert!(matches!(event, Err(ClientError::Ended)), "{event:?}");
    loop {
        match updates.next().await {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(e) => {
                said = Some(e);
                break;
            }
        }
    }
    let said = said.expect("the status comes through").to_string();
    assert!(
        said.contains("chunks were refused") && said.contains("media.payload"),
        "{said}"
    );
    served.serves_on("after errors").await;
    served.stop().await.unwrap();
}
