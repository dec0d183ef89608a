//! Uploads that cannot be taken.

use super::{config, media_in};
use crate::support::*;
use liveproof_sdk::v1;
use liveproof_sdk::v1::review_service_client::ReviewServiceClient;
use liveproof_sdk::v1::submit_review_request::Message as Say;
use std::time::Duration;
use tonic::Code;

/// What a hostile or broken client sends, message by message.
async fn said(to: &str, messages: Vec<Say>) -> Result<v1::Review, Refusal> {
    let mut service = ReviewServiceClient::connect(to.to_owned()).await.unwrap();
    let requests = messages
        .into_iter()
        .map(|m| v1::SubmitReviewRequest { message: Some(m) });
    let requests: Vec<_> = requests.collect();
    let answer = service.submit_review(tokio_stream::iter(requests)).await;
    answer
        .map(|a| a.into_inner().review.unwrap())
        .map_err(Refusal::from)
}

fn spec(total_bytes: u64, sha256: &str) -> Say {
    Say::Spec(v1::ReviewSpec {
        recording: Some(v1::ReviewSource {
            display_name: "a.mp4".into(),
            origin: Some(v1::review_source::Origin::Upload(v1::ReviewUpload {
                total_bytes,
                sha256: sha256.into(),
            })),
        }),
        ..Default::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_refused_by_name_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut reviews = config(dir.path());
    reviews.limits.max_upload_bytes = 1 << 20;
    reviews.limits.max_tenant_disk_bytes = 1 << 20;
    let served = serve(|c| c.reviews = Some(reviews)).await;
    let to = served.to.as_str();
    let chunk = |n: usize| Say::Chunk(vec![7; n].into());
    let wrong = "0".repeat(64);
    for (messages, field) in [
        (
            vec![spec((1 << 20) + 1, "")],
            "spec.recording.upload.total_bytes",
        ),
        (vec![spec(0, "")], "spec.recording.upload.total_bytes"),
        (
            vec![spec(3, &wrong), chunk(3)],
            "spec.recording.upload.sha256",
        ),
        (vec![spec(3, "x")], "spec.recording.upload.sha256"),
        (vec![chunk(3)], "message"),
        (vec![spec(3, ""), spec(3, "")], "message"),
        (vec![spec(3, ""), chunk(4)], "chunk"),
        (vec![spec(3, ""), chunk(2)], "chunk"),
        (vec![spec(3, ""), chunk(0)], "chunk"),
        (vec![Say::Spec(v1::ReviewSpec::default())], "spec.recording"),
        (vec![], "message"),
    ] {
        let refused = said(to, messages).await.unwrap_err();
        assert_eq!(refused.code, Code::InvalidArgument, "{refused:?}");
        assert_eq!(refused.fields, [field], "{}", refused.text);
    }
    // Larger than a message may be, and more than the disk may hold.
    let large = said(to, vec![spec(9, ""), chunk(3 << 20)])
        .await
        .unwrap_err();
    assert_eq!(large.code, Code::OutOfRange);
    let full = said(to, vec![spec(1 << 20, "")]).await.unwrap_err();
    assert_eq!(full.code, Code::ResourceExhausted, "{full:?}");
    // A client that goes away in the midst.
    let (tx, rx) = tokio::sync::mpsc::channel(2);
    let mut service = ReviewServiceClient::connect(to.to_owned()).await.unwrap();
    let calling = tokio::spawn(async move {
        let stream = tokio_stream::wrappers::ReceiverStream::new(rx);
        service.submit_review(stream).await.map(drop)
    });
    for message in [spec(9, ""), chunk(3)] {
        let message = Some(message);
        tx.send(v1::SubmitReviewRequest { message }).await.unwrap();
    }
    let spool = dir.path().join("spool");
    while media_in(&spool).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    calling.abort();
    let empty = async {
        while std::fs::read_dir(spool.join("jobs")).unwrap().count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), empty)
        .await
        .expect("half an upload goes");
    served.stop().await.unwrap();
}
