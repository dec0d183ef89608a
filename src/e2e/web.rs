//! An interview whose candidate takes part from a browser, over the service that its pages speak to. The
//! pages themselves are tried in a real browser by the Python tests.

use crate::support::*;
use liveproof_sdk::v1;
use liveproof_sdk::v1::web_service_client::WebServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Streaming};

/// What the usual client sends, as a page's media.
fn chunk(request: v1::InterviewRequest) -> v1::MediaChunk {
    match request.message {
        Some(v1::interview_request::Message::Media(chunk)) => chunk,
        other => panic!("{other:?}"),
    }
}

/// `seconds` of pictures and sound, 10 a second, as pushes of half a second.
fn pushes(invitation: &[u8], seconds: u64) -> Vec<v1::PushRequest> {
    let push = |index: u64| {
        let of = |i: u64| {
            [
                chunk(picture(i, i as i64 * 100_000)),
                chunk(sound(i, i as i64 * 100_000)),
            ]
        };
        v1::PushRequest {
            invitation: invitation.to_vec().into(),
            index,
            media: (index * 5..index * 5 + 5).flat_map(of).collect(),
            ..Default::default()
        }
    };
    (0..seconds * 2).map(push).collect()
}

async fn all<T>(mut stream: Streaming<T>) -> Vec<T> {
    let mut all = Vec::new();
    while let Some(next) = stream.message().await.unwrap() {
        all.push(next);
    }
    all
}

async fn created(service: &mut WebServiceClient<Channel>) -> v1::CreateInterviewResponse {
    let request = v1::CreateInterviewRequest {
        title: "Talk".into(),
        ..Default::default()
    };
    service
        .create_interview(request)
        .await
        .unwrap()
        .into_inner()
}

fn joining(invitation: &[u8]) -> v1::JoinRequest {
    v1::JoinRequest {
        invitation: invitation.to_vec().into(),
        tracks: open().tracks,
        consent_id: "page-1".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_joins_by_invitation_and_the_host_watches() {
    use v1::join_response::Message as Told;
    use v1::watch_response::Message as Seen;
    let served = serve(|_| {}).await;
    let mut service = WebServiceClient::connect(served.to.clone()).await.unwrap();
    let made = created(&mut service).await;
    let watch = v1::WatchRequest {
        session_id: made.session_id.clone(),
    };
    let watching = service.watch(watch).await.unwrap().into_inner();
    let seat = service
        .join(joining(&made.invitation))
        .await
        .unwrap()
        .into_inner();
    for push in pushes(&made.invitation, 4) {
        let index = push.index;
        let answer = service.push(push).await.unwrap().into_inner();
        assert_eq!(answer.next_index, index + 1);
    }
    let command = |command| v1::CommandRequest {
        session_id: made.session_id.clone(),
        command: Some(command),
    };
    let asked = v1::command_request::Command::QuestionStart(Default::default());
    let at = service
        .command(command(asked))
        .await
        .unwrap()
        .into_inner()
        .time_us;
    assert!((3_900_000..20_000_000).contains(&at), "{at}");
    let over = v1::command_request::Command::Close(v1::Close {
        reason: "done".into(),
    });
    service.command(command(over)).await.unwrap();
    let (seen, told) = tokio::join!(all(watching), all(seat));
    // The host sees everything.
    let state = |s: v1::WebState| Some(Seen::State(s as i32));
    assert_eq!(seen.first().unwrap().message, state(v1::WebState::Waiting));
    assert_eq!(seen.last().unwrap().message, state(v1::WebState::Ended));
    let said: Vec<_> = seen
        .into_iter()
        .filter_map(|s| match s.message {
            Some(Seen::Response(r)) => r.message,
            _ => None,
        })
        .collect();
    use v1::interview_response::Message as Said;
    let finals = said
        .iter()
        .filter(|m| matches!(m, Said::Segment(s) if s.r#final))
        .count();
    assert_eq!(finals, 2, "4 s in segments of 3 s");
    let Some(Said::Hello(hello)) = said.first() else {
        panic!("hello first")
    };
    assert!(
        hello.resume_token.is_empty(),
        "the interview is the server's to keep"
    );
    assert!(said.iter().any(|m| matches!(m, Said::Ack(a) if a.accepted)));
    let Some(Said::Summary(summary)) = said.last() else {
        panic!("the summary is last: {:?}", said.last())
    };
    assert!(!summary.partial);
    assert_eq!(summary.consent_id, "page-1");
    // The candidate's page does not.
    assert!(matches!(&told[0].message, Some(Told::Welcome(w)) if w.title == "Talk"));
    assert!(matches!(
        &told.last().unwrap().message,
        Some(Told::Goodbye(_))
    ));
    for message in &told[1..told.len() - 1] {
        assert!(
            matches!(message.message, Some(Told::Credit(_) | Told::Notice(_))),
            "{message:?}"
        );
    }
    served.empty("a closed interview").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_by_name() {
    let served = serve(|_| {}).await;
    let mut service = WebServiceClient::connect(served.to.clone()).await.unwrap();
    let made = created(&mut service).await;
    for wrong in [vec![], vec![1; 31], vec![1; 32]] {
        let said = service.join(joining(&wrong)).await.unwrap_err();
        assert_eq!(said.code(), Code::NotFound, "{} bytes", wrong.len());
    }
    let mut silent = joining(&made.invitation);
    silent.consent_id.clear();
    let said = Refusal::from(service.join(silent).await.unwrap_err());
    assert_eq!(
        (said.code, said.fields),
        (Code::InvalidArgument, vec!["consent_id".to_owned()])
    );
    let mut odd = joining(&made.invitation);
    odd.tracks[0].kind = 99;
    let said = Refusal::from(service.join(odd).await.unwrap_err());
    assert_eq!(said.fields, ["tracks[0].kind"]);
    let early = pushes(&made.invitation, 1).remove(0);
    let said = service.push(early).await.unwrap_err();
    assert_eq!(said.code(), Code::FailedPrecondition, "{said}");
    let unknown = v1::WatchRequest {
        session_id: "nobody".into(),
    };
    assert_eq!(
        service.watch(unknown).await.unwrap_err().code(),
        Code::NotFound
    );
    let nothing = v1::CommandRequest {
        session_id: made.session_id,
        command: None,
    };
    let said = Refusal::from(service.command(nothing).await.unwrap_err());
    assert_eq!(said.fields, ["command"]);
    served.stop().await.unwrap();
}
