//! An interview whose candidate takes part from a browser, over the service that its pages speak to. The
//! pages themselves are tried in a real browser by the Python tests.

use crate::access::{Site, entry, no_secret};
use crate::process::Process;
use crate::support::*;
use liveproof_sdk::v1;
use liveproof_sdk::v1::web_service_client::WebServiceClient;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Streaming};

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

/// Calls with this as their key.
fn with_key(
    channel: &Channel,
    key: Option<&str>,
) -> WebServiceClient<InterceptedService<Channel, impl Interceptor + use<>>> {
    let value = key.map(|k| format!("Bearer {k}").parse().unwrap());
    let add = move |mut request: Request<()>| {
        if let Some(value) = &value {
            let value: &tonic::metadata::MetadataValue<_> = value;
            request
                .metadata_mut()
                .insert("authorization", value.clone());
        }
        Ok(request)
    };
    WebServiceClient::with_interceptor(channel.clone(), add)
}

/// The codes of creating an interview, watching this one and commanding it.
async fn as_host<T: Interceptor>(
    mut service: WebServiceClient<InterceptedService<Channel, T>>,
    session_id: &str,
) -> [Option<Code>; 3] {
    let session_id = session_id.to_owned();
    let create = service.create_interview(v1::CreateInterviewRequest::default());
    let create = create.await.err().map(|e| e.code());
    let watch = service.watch(v1::WatchRequest {
        session_id: session_id.clone(),
    });
    let watch = watch.await.err().map(|e| e.code());
    let question = v1::command_request::Command::QuestionStart(Default::default());
    let command = service.command(v1::CommandRequest {
        session_id,
        command: Some(question),
    });
    [create, watch, command.await.err().map(|e| e.code())]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_needs_a_key_and_the_candidate_an_invitation_and_neither_serves_as_the_other() {
    let site = Site::new();
    let keys = site.path("keys.toml").to_str().unwrap().to_owned();
    let server = Process::serve(&["--server-keys-file", &keys, "--log-level", "trace"]);
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let channel = channel.connect().await.unwrap();
    let mut host = with_key(&channel, Some(&site.first.secret));
    let made = host
        .create_interview(v1::CreateInterviewRequest::default())
        .await
        .unwrap()
        .into_inner();
    // The candidate has no key, and needs none.
    let mut candidate = WebServiceClient::new(channel.clone());
    let seat = candidate.join(joining(&made.invitation)).await;
    let mut seat = seat.unwrap().into_inner();
    assert!(seat.message().await.unwrap().is_some());
    for push in pushes(&made.invitation, 1) {
        candidate.push(push).await.unwrap();
    }
    // A key is no invitation.
    let mut invited_by_key = joining(site.first.secret.as_bytes());
    let said = candidate.join(invited_by_key.clone()).await.unwrap_err();
    assert_eq!(said.code(), Code::NotFound);
    invited_by_key.invitation = vec![7; 32].into();
    let mut keyed = with_key(&channel, Some(&site.first.secret));
    let said = keyed.join(invited_by_key).await.unwrap_err();
    assert_eq!(said.code(), Code::NotFound);
    // Nor does an invitation, or anything but a key of the tenant's, open what is the host's.
    let text: String = made.invitation.iter().map(|b| format!("{b:02x}")).collect();
    let wrong = entry("acme", "k-wrong", "");
    for (what, key) in [
        ("no key", None),
        ("an invitation", Some(&text)),
        ("a wrong key", Some(&wrong.secret)),
        ("a revoked key", Some(&site.revoked.secret)),
    ] {
        let codes = as_host(
            with_key(&channel, key.map(|k| k.as_str())),
            &made.session_id,
        )
        .await;
        assert_eq!(codes, [Some(Code::Unauthenticated); 3], "{what}");
    }
    // Another tenant has interviews of its own, and knows nothing of this one.
    let codes = as_host(
        with_key(&channel, Some(&site.other.secret)),
        &made.session_id,
    )
    .await;
    assert_eq!(codes, [None, Some(Code::NotFound), Some(Code::NotFound)]);
    let codes = as_host(host, &made.session_id).await;
    assert_eq!(codes, [None; 3]);
    let (_, said) = server.stop();
    no_secret(&said, &site.first);
    assert!(
        said.contains("cause=\"no_key\"") && said.contains("key=\"k-revoked\""),
        "{said}"
    );
    let bytes = format!("{:?}", made.invitation.to_vec());
    for secret in [&text, bytes.trim_matches(['[', ']']), &made.session_id] {
        assert!(!said.contains(secret), "{secret} is in the log");
    }
}
