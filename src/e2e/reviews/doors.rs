//! Who gets at jobs, and who is told of their end.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_see_each_other_and_strangers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (acme, globex) = (entry("acme", "a", ""), entry("globex", "g", ""));
    let keys = dir.path().join("keys.toml");
    std::fs::write(&keys, [acme.entry.as_str(), &globex.entry].concat()).unwrap();
    let reviews = config(dir.path());
    let served = serve(|c| {
        c.keys = Some(keys);
        c.reviews = Some(reviews);
    })
    .await;
    let with = |key: &str| {
        let access = Access::default().key(key);
        let to = served.to.clone();
        async move { Client::connect_with(to, &access).await.unwrap() }
    };
    let (ours, theirs) = (with(&acme.secret).await, with(&globex.secret).await);
    let job = ReviewJob::file(media(SHORT)).request_id("same");
    let review = ours.submit_review(&job).await.unwrap();
    let id = review.review_id.as_str();
    let guessed = "0".repeat(32);
    for id in [id, &guessed, "", "../..", "x"] {
        for error in [
            theirs.watch_review(id).next().await.unwrap_err(),
            theirs.cancel_review(id).await.unwrap_err(),
            theirs
                .fetch_review(id, ReportFormat::Json)
                .await
                .unwrap_err(),
            theirs.delete_review(id).await.unwrap_err(),
        ] {
            let status = error.status().unwrap();
            let said = (status.code(), status.message());
            assert_eq!(said, (Code::NotFound, "there is no such review"), "{id}");
        }
    }
    assert!(theirs.list_reviews(0, "").await.unwrap().reviews.is_empty());
    let own = theirs.submit_review(&job).await.unwrap();
    assert_ne!(
        own.review_id, review.review_id,
        "the same request id, another tenant"
    );
    theirs.cancel_review(&own.review_id).await.unwrap();
    assert_eq!(finished(&ours, id).await.state(), ReviewState::Done);
    let stranger = Client::connect(&served.to).await.unwrap();
    let error = stranger.list_reviews(0, "").await.unwrap_err();
    assert_eq!(code(&error), Code::Unauthenticated);
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_folder_takes_none_and_says_so() {
    let served = serve(|_| {}).await;
    let client = served.client().await;
    assert_eq!(client.info().await.unwrap().reviews, None);
    let refused = client
        .submit_review(&ReviewJob::file(media(SHORT)))
        .await
        .unwrap_err();
    assert_eq!(code(&refused), Code::Unimplemented);
    assert!(refused.to_string().contains("review.dir"), "{refused}");
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_job_is_told_and_stored_recordings_stay() {
    let dir = tempfile::tempdir().unwrap();
    let (port, mut from) = receiver(Vec::new(), None).await;
    let target = WebhookTarget::new(&format!("http://127.0.0.1:{port}/"), secret(), None).unwrap();
    let calls = dir.path().join("calls");
    std::fs::create_dir_all(calls.join("default/2026")).unwrap();
    let stored = calls.join("default/2026/talk.webm");
    std::fs::copy(media(SHORT), &stored).unwrap();
    let mut reviews = config(dir.path());
    reviews.recordings = Some(calls);
    let served = serve(|c| {
        c.webhook = Some(target);
        c.reviews = Some(reviews);
    })
    .await;
    let client = served.client().await;
    assert!(
        client
            .info()
            .await
            .unwrap()
            .reviews
            .unwrap()
            .stored_recordings
    );
    let job = ReviewJob::stored("2026/talk.webm").request_id("r-1");
    let review = client.submit_review(&job).await.unwrap();
    let done = finished(&client, &review.review_id).await;
    assert_eq!(
        (done.state(), done.display_name.as_str()),
        (ReviewState::Done, "talk.webm")
    );
    assert!(is_over(&done) && done.recording_bytes > 0 && done.recording_sha256.len() == 64);
    assert!(stored.exists());
    let notice = next(&mut from).await.read();
    assert_eq!(notice["type"], "review.finished");
    let data = &notice["data"];
    assert_eq!(
        (&data["state"], &data["tenant"]),
        (&"done".into(), &"default".into())
    );
    assert_eq!(
        (&data["review_id"], &data["request_id"]),
        (&done.review_id.into(), &"r-1".into())
    );
    assert!(
        data["summary"]["participants"][0]["outcome"].is_object(),
        "{data}"
    );
    let empty = ReviewJob::file(media("media/empty.mp4"));
    let empty = client.submit_review(&empty).await.unwrap_err();
    assert_eq!(code(&empty), Code::InvalidArgument);
    let text = client
        .submit_review(&ReviewJob::file(media("media/text.mp4")))
        .await
        .unwrap();
    assert_eq!(
        finished(&client, &text.review_id).await.state(),
        ReviewState::Failed
    );
    let notice = next(&mut from).await.read();
    assert_eq!(notice["data"]["state"], "failed");
    assert!(notice["data"]["summary"].is_null());
    served.stop().await.unwrap();
}
