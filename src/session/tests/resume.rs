//! Connections that break: what waits, what comes again, and what is too late.

use super::super::*;
use super::fake::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const GRACE: Duration = Duration::from_secs(30);

fn resumable() -> SessionLimits {
    SessionLimits {
        resume_grace: GRACE,
        ..limits()
    }
}

fn scoring() -> Arc<Fake> {
    Fake::new(Behaviour {
        segments: true,
        ..Behaviour::default()
    })
}

/// An interview with its token.
async fn opened(fake: &Arc<Fake>) -> (Client, ResumeToken) {
    let mut c = Client::start(fake, resumable());
    c.say(open()).await;
    let ServerMessage::Hello(hello) = c.next().await else {
        panic!("hello first")
    };
    assert_eq!((hello.resume_grace, hello.resumed), (GRACE, None));
    (c, hello.resume_token.expect("a token"))
}

/// Asks for an interview on a new connection.
async fn ask(fake: &Arc<Fake>, of: &Client, token: &ResumeToken, last_sequence: u64) -> Client {
    let c = Client::enter(fake, resumable(), of.registry.clone()).unwrap();
    c.say(ClientMessage::Resume(Resume {
        session_id: spec().session_id,
        token: token.clone(),
        last_sequence,
    }))
    .await;
    c
}

async fn resumed(c: &mut Client) -> Resumed {
    let first = c.rx.recv().await.unwrap().unwrap();
    assert_eq!(first.sequence, 0);
    let ServerMessage::Hello(hello) = first.message else {
        panic!("hello first")
    };
    hello.resumed.expect("it goes on")
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn lose(c: &Client) {
    let gone = InboundError::Gone("reset".into());
    c.tx.as_ref().unwrap().send(Err(gone)).await.unwrap();
    settle().await;
}

/// Segments and acknowledgements, as the client knows them.
#[derive(Default)]
struct Seen {
    last: u64,
    segments: Vec<u64>,
    acks: Vec<u64>,
    summary: bool,
}

impl Seen {
    fn take(&mut self, said: Numbered) {
        assert!(
            said.sequence > self.last || said.sequence == 0,
            "numbers rise"
        );
        self.last = self.last.max(said.sequence);
        match said.message {
            ServerMessage::Segment(s) => self.segments.push(s.index),
            ServerMessage::Ack(a) => self.acks.push(a.id),
            ServerMessage::Summary { summary, .. } => {
                assert!(!summary.partial);
                self.summary = true;
            }
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_resumed_interview_goes_on_where_it_broke_off() {
    let fake = scoring();
    let (c, token) = opened(&fake).await;
    c.say(media("v", 0, 100)).await;
    c.say(media("a", 4, 10)).await;
    c.say(event(7)).await;
    settle().await;
    // Four results lie in the connection, unread, when it breaks.
    lose(&c).await;
    assert_eq!(c.registry.sessions(), 1, "it waits");
    let mut next = ask(&fake, &c, &token, 0).await;
    let at = resumed(&mut next).await;
    assert_eq!(at.latest_event, Some(7));
    let tracks: Vec<_> = at.tracks.iter().map(|(t, n)| (t.as_str(), *n)).collect();
    assert_eq!(tracks, [("a", 4), ("v", 0)]);
    assert_eq!((at.credit_bytes, at.closed, at.lost), (1_000, false, 0));
    assert_eq!(
        next.registry.sessions(),
        1,
        "the new stream holds no slot of its own"
    );
    // What was taken comes again, and a little more.
    next.say(media("v", 0, 100)).await;
    next.say(media("a", 4, 10)).await;
    next.say(event(7)).await;
    next.say(media("v", 1, 100)).await;
    next.say(event(8)).await;
    next.say(close()).await;
    let mut seen = Seen::default();
    while let Some(said) = next.rx.recv().await {
        seen.take(said.unwrap());
    }
    assert_eq!(
        (seen.segments, seen.acks, seen.summary),
        (vec![0, 1, 2], vec![7, 8], true)
    );
    {
        let log = fake.log.lock().unwrap();
        let media: Vec<_> = log.media.iter().map(|(t, n)| (t.as_str(), *n)).collect();
        assert_eq!(media, [("v", 0), ("a", 4), ("v", 1)], "nothing twice");
        assert_eq!(log.events, [7, 8]);
    }
    next.gone().await;
    assert_eq!(fake.pipelines(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_the_worker_stays_and_credit_is_restated() {
    let fake = scoring();
    let (c, token) = opened(&fake).await;
    fake.behaviour.lock().unwrap().hold = true;
    c.say(media("v", 0, 100)).await;
    c.say(media("v", 1, 200)).await;
    lose(&c).await;
    let mut next = ask(&fake, &c, &token, 0).await;
    assert_eq!(resumed(&mut next).await.credit_bytes, 700);
    fake.behaviour.lock().unwrap().hold = false;
    fake.release();
    next.say(close()).await;
    let (said, error) = next.rest().await;
    assert_eq!(error, None);
    let credit: u64 = said.iter().map(credit_of).sum();
    assert_eq!(credit, 300, "the rest is granted as it is worked off");
    assert!(summary(&said).is_some_and(|s| !s.partial));
}

fn credit_of(m: &ServerMessage) -> u64 {
    match m {
        ServerMessage::Credit(bytes) => *bytes,
        _ => 0,
    }
}

#[tokio::test(start_paused = true)]
async fn too_late_is_refused_by_name_and_the_interview_was_concluded_as_partial() {
    let fake = scoring();
    let (c, token) = opened(&fake).await;
    c.say(media("v", 0, 10)).await;
    let began = Instant::now();
    lose(&c).await;
    // A client that waits for its grace period is not idle: limits() would end it after 20 s.
    tokio::time::sleep(Duration::from_secs(25)).await;
    assert_eq!(c.registry.sessions(), 1);
    c.registry.tasks().close();
    c.registry.tasks().wait().await;
    assert_eq!(began.elapsed().as_secs(), GRACE.as_secs());
    let finished = fake.log.lock().unwrap().finished.clone();
    let words = "the connection was lost and not resumed within 30 s".to_owned();
    assert_eq!(finished, Some((words, true)));
    assert_eq!((c.registry.sessions(), fake.pipelines()), (0, 0));
    let error = ask(&fake, &c, &token, 0).await.rest().await.1;
    assert_eq!(error, Some(SessionError::ResumeTooLate(GRACE)));
    let text = error.unwrap().to_string();
    assert!(
        text.contains("concluded") && text.contains("open a new one"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_does_not_tell_whether_the_interview_exists() {
    let fake = scoring();
    let (c, token) = opened(&fake).await;
    let wrong = ResumeToken::draw().unwrap();
    let of_none = ask(&fake, &c, &wrong, 0).await.rest().await.1;
    let mut other = Client::enter(&fake, resumable(), c.registry.clone()).unwrap();
    other
        .say(ClientMessage::Resume(Resume {
            session_id: crate::core::SessionId::parse("no-such-interview").unwrap(),
            token,
            last_sequence: 0,
        }))
        .await;
    let unknown = other.rest().await.1;
    assert_eq!(of_none, Some(SessionError::ResumeUnknown));
    assert_eq!(unknown, of_none);
    c.say(media("v", 0, 1)).await;
    c.say(close()).await;
}

#[tokio::test(start_paused = true)]
async fn another_tenant_cannot_resume_it() {
    let fake = scoring();
    let (c, token) = opened(&fake).await;
    let tenant = crate::core::TenantId::parse("other").unwrap();
    let found = c.registry.find(&tenant, &spec().session_id, &token);
    assert_eq!(found.err(), Some(SessionError::ResumeUnknown));
    let own = crate::core::TenantId::default();
    assert!(c.registry.find(&own, &spec().session_id, &token).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_takes_over_from_one_that_is_dead_unnoticed() {
    let fake = scoring();
    let (mut c, token) = opened(&fake).await;
    c.say(media("v", 0, 10)).await;
    settle().await;
    let mut next = ask(&fake, &c, &token, 0).await;
    assert_eq!(resumed(&mut next).await.tracks.len(), 1);
    assert_eq!(c.rest().await.1, Some(SessionError::TakenOver));
    assert!(
        c.tx.as_ref().unwrap().is_closed(),
        "the old one is not read any more"
    );
    next.say(close()).await;
    let (said, error) = next.rest().await;
    assert!(error.is_none() && summary(&said).is_some_and(|s| !s.partial));
}

#[tokio::test(start_paused = true)]
async fn the_same_id_without_the_token_is_refused_with_a_hint() {
    let fake = scoring();
    let (c, _) = opened(&fake).await;
    lose(&c).await;
    let mut again = Client::enter(&fake, resumable(), c.registry.clone()).unwrap();
    again.say(open()).await;
    let error = again.rest().await.1.unwrap();
    assert!(matches!(error, SessionError::Duplicate(_)));
    assert!(error.to_string().contains("resume_token"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_full_server_lets_those_in_who_resume_and_nobody_else() {
    let fake = scoring();
    let registry = Registry::new(1);
    let mut c = Client::enter(&fake, resumable(), registry.clone()).unwrap();
    c.say(open()).await;
    let ServerMessage::Hello(hello) = c.next().await else {
        panic!("hello first")
    };
    let token = hello.resume_token.unwrap();
    lose(&c).await;
    let mut other = Client::enter(&fake, resumable(), registry.clone()).unwrap();
    let mut s = spec();
    s.session_id = crate::core::SessionId::parse("another").unwrap();
    other.say(ClientMessage::Open(Box::new(s))).await;
    let error = other.rest().await.1;
    assert!(
        matches!(error, Some(SessionError::AtCapacity { max: 1, .. })),
        "{error:?}"
    );
    let mut next = ask(&fake, &c, &token, 0).await;
    resumed(&mut next).await;
    next.say(close()).await;
    assert!(next.rest().await.1.is_none());
    next.gone().await;
}

#[tokio::test(start_paused = true)]
async fn last_words_that_were_lost_on_the_way_are_said_again() {
    let fake = scoring();
    let (mut c, token) = opened(&fake).await;
    c.say(media("v", 0, 10)).await;
    c.say(close()).await;
    // Everything is said, and the task is gone, with its slot; the client got none of it.
    let (said, error) = c.rest().await;
    assert!(error.is_none() && summary(&said).is_some());
    c.gone().await;
    let mut next = ask(&fake, &c, &token, 0).await;
    let at = resumed(&mut next).await;
    assert!(at.closed);
    let mut seen = Seen::default();
    while let Some(said) = next.rx.recv().await {
        seen.take(said.unwrap());
    }
    assert_eq!((seen.segments, seen.summary), (vec![0], true));
    // Not for ever.
    tokio::time::sleep(GRACE).await;
    let error = ask(&fake, &c, &token, 0).await.rest().await.1;
    assert_eq!(error, Some(SessionError::ResumeTooLate(GRACE)));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closed_and_was_cut_off_gets_its_summary() {
    let fake = scoring();
    let (c, token) = opened(&fake).await;
    fake.behaviour.lock().unwrap().hold = true;
    c.say(media("v", 0, 10)).await;
    c.say(close()).await;
    settle().await;
    lose(&c).await;
    let mut next = ask(&fake, &c, &token, 0).await;
    assert!(resumed(&mut next).await.closed);
    // It does not know that its close arrived.
    next.say(close()).await;
    fake.behaviour.lock().unwrap().hold = false;
    fake.release();
    let (said, error) = next.rest().await;
    assert_eq!(error, None);
    assert!(summary(&said).is_some_and(|s| !s.partial));
}

#[tokio::test(start_paused = true)]
async fn a_stopping_server_does_not_wait_for_those_who_are_away() {
    let fake = scoring();
    let (c, token) = opened(&fake).await;
    c.say(media("v", 0, 10)).await;
    lose(&c).await;
    let began = Instant::now();
    c.registry.stop();
    c.gone().await;
    assert!(began.elapsed() < Duration::from_secs(1));
    let (reason, partial) = fake.log.lock().unwrap().finished.clone().unwrap();
    assert!(partial && reason.contains("stopping"), "{reason}");
    let own = crate::core::TenantId::default();
    assert!(
        c.registry.find(&own, &spec().session_id, &token).is_ok(),
        "its tail is there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_keeps_losing_its_connection_loses_nothing() {
    let fake = scoring();
    let (mut c, token) = opened(&fake).await;
    let mut seen = Seen::default();
    let mut sent = 0;
    for round in 0..20u64 {
        let more = sent + 1 + round % 3;
        // The last chunk of the round before comes again each time.
        for n in sent.saturating_sub(1)..more {
            c.say(media("v", n, 10)).await;
            c.say(event(n)).await;
        }
        // Some of the answers are read, then the connection breaks in one way or the other.
        for _ in 0..round % 4 {
            if let Ok(Some(said)) =
                tokio::time::timeout(Duration::from_millis(20), c.rx.recv()).await
            {
                seen.take(said.unwrap());
            }
        }
        if round % 2 == 0 {
            lose(&c).await;
        } else {
            c.rx.close();
        }
        let mut next = ask(&fake, &c, &token, seen.last).await;
        let at = resumed(&mut next).await;
        assert_eq!(at.lost, 0);
        // Each event follows its chunk, so a chunk may come again whose event did not get through.
        sent = at.latest_event.map_or(0, |n| n + 1);
        c = next;
    }
    c.say(close()).await;
    while let Some(said) = c.rx.recv().await {
        seen.take(said.unwrap());
    }
    let all: Vec<u64> = (0..sent).collect();
    assert_eq!(seen.acks, all);
    let taken = fake.log.lock().unwrap().media.len() as u64;
    assert!(
        (sent..=sent + 1).contains(&taken),
        "nothing twice: {taken} of {sent}"
    );
    assert_eq!(seen.segments, (0..taken).collect::<Vec<_>>());
    assert!(seen.summary);
    c.gone().await;
}
