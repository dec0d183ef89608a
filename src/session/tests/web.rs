//! A candidate in a browser: invitation, seat, pushes, watchers.

use super::super::*;
use super::fake::*;
use crate::core::{EventKind, SessionId, TenantId, TrackSpec};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;

struct Host {
    fake: Arc<Fake>,
    registry: Registry,
    hub: Hub,
    id: SessionId,
    invitation: Invitation,
}

fn host() -> Host {
    let fake = Fake::new(Behaviour {
        segments: true,
        ..Behaviour::default()
    });
    let registry = Registry::new(1);
    let hub = Hub::new(fake.clone(), limits(), registry.clone());
    let created = hub.create(Caller::default(), None, "Talk".into(), Default::default());
    let (id, invitation) = created.unwrap();
    Host {
        fake,
        registry,
        hub,
        id,
        invitation,
    }
}

fn tracks() -> Vec<TrackSpec> {
    spec().tracks
}

fn push(index: u64, messages: Vec<ClientMessage>) -> Push {
    Push {
        index,
        messages,
        leave: false,
    }
}

fn tenant() -> TenantId {
    Caller::default().tenant
}

impl Host {
    async fn join(&self) -> Result<Seat, HubError> {
        let consent = "consent-1".to_owned();
        self.hub
            .join(self.invitation.reveal(), tracks(), consent)
            .await
    }

    async fn push(&self, push: Push) -> Result<u64, HubError> {
        self.hub.push(self.invitation.reveal(), push).await
    }

    async fn command(&self, command: Command) -> Result<crate::core::MediaTime, HubError> {
        self.hub.command(&tenant(), &self.id, command).await
    }

    fn watch(&self) -> mpsc::Receiver<Said> {
        self.hub.watch(&tenant(), &self.id).unwrap()
    }
}

fn close_it() -> Command {
    Command::Close {
        reason: "done".into(),
    }
}

async fn rest(mut said: mpsc::Receiver<Said>) -> Vec<Said> {
    let mut all = Vec::new();
    while let Some(next) = said.recv().await {
        all.push(next);
    }
    all
}

fn welcome(message: Option<PageMessage>) -> Welcome {
    match message {
        Some(PageMessage::Welcome(welcome)) => welcome,
        other => panic!("welcome first, found {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn from_the_invitation_to_the_last_word() {
    let h = host();
    let early = h.watch();
    assert_eq!(h.push(push(0, vec![])).await, Err(HubError::NotJoined));
    let question = || {
        Command::Event(EventKind::QuestionStart {
            question_id: "q".into(),
        })
    };
    assert_eq!(h.command(question()).await, Err(HubError::NotJoined));
    let mut seat = h.join().await.unwrap();
    let first = welcome(seat.next().await);
    assert_eq!(
        (first.title.as_str(), first.next_index, first.latest_us),
        ("Talk", 0, 0)
    );
    let two = vec![media("v", 0, 10), media("a", 0, 10)];
    assert_eq!(h.push(push(0, two.clone())).await, Ok(1));
    assert_eq!(
        h.push(push(0, two)).await,
        Ok(1),
        "the answer was lost, the push was not"
    );
    let order = HubError::Order {
        found: 5,
        expected: 1,
    };
    assert_eq!(h.push(push(5, vec![])).await, Err(order));
    h.command(question()).await.unwrap();
    h.command(close_it()).await.unwrap();
    // The page cannot know yet, and what it sends must not spoil the orderly end.
    let late = h.push(push(1, vec![media("v", 1, 10)])).await;
    assert_eq!(late, Err(HubError::Ended));
    assert_eq!(h.command(question()).await, Err(HubError::Ended));
    let mut page = Vec::new();
    while let Some(message) = seat.next().await {
        page.push(message);
    }
    // What the fake scored is nowhere in it.
    let goodbye = page.pop();
    assert!(
        matches!(&goodbye, Some(PageMessage::Goodbye { reason }) if reason.contains("done")),
        "{goodbye:?}"
    );
    assert!(
        page.iter().all(|m| matches!(m, PageMessage::Credit(_))),
        "{page:?}"
    );
    {
        let log = h.fake.log.lock().unwrap();
        assert_eq!(log.media, [("v".to_owned(), 0), ("a".to_owned(), 0)]);
        assert_eq!((log.events.len(), log.finished.is_some()), (1, true));
    }
    // A watcher from the beginning and one who comes late read the same.
    let standing = |s: &Said| matches!(s, Said::Standing(_));
    let said = |all: Vec<Said>| -> Vec<Said> { all.into_iter().filter(|s| !standing(s)).collect() };
    let (early, late) = (rest(early).await, rest(h.watch()).await);
    assert_eq!(early.first(), Some(&Said::Standing(Standing::Waiting)));
    assert_eq!(early.last(), Some(&Said::Standing(Standing::Ended)));
    assert_eq!(late.last(), Some(&Said::Standing(Standing::Ended)));
    let early = said(early);
    assert_eq!(early, said(late));
    let kinds = |f: fn(&ServerMessage) -> bool| {
        let of = |s: &&Said| matches!(s, Said::Message(m) if f(&m.message));
        early.iter().filter(of).count()
    };
    assert_eq!(kinds(|m| matches!(m, ServerMessage::Hello(_))), 1);
    assert_eq!(kinds(|m| matches!(m, ServerMessage::Segment(_))), 2);
    assert_eq!(kinds(|m| matches!(m, ServerMessage::Ack(_))), 1);
    assert_eq!(kinds(|m| matches!(m, ServerMessage::Summary { .. })), 1);
    assert_eq!(h.join().await.err(), Some(HubError::Ended));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_back_goes_on_where_it_was() {
    let h = host();
    let mut watcher = h.watch();
    let mut seat = h.join().await.unwrap();
    welcome(seat.next().await);
    let mut late = media("v", 6, 10);
    if let ClientMessage::Media(chunk) = &mut late {
        chunk.capture_time_us = 400_000;
    }
    assert_eq!(h.push(push(0, vec![late])).await, Ok(1));
    drop(seat);
    let mut standings = Vec::new();
    while standings.last() != Some(&Standing::Away) {
        if let Said::Standing(s) = watcher.recv().await.unwrap() {
            standings.push(s);
        }
    }
    let mut seat = h.join().await.unwrap();
    let again = welcome(seat.next().await);
    assert_eq!((again.next_index, again.latest_us), (1, 400_000));
    let positions: Vec<_> = again
        .positions
        .iter()
        .map(|(t, n)| (t.as_str(), *n))
        .collect();
    assert_eq!(positions, [("v", 7)]);
    assert_eq!(h.fake.pipelines(), 1, "one interview");
    // A second page takes the seat; the first one is told, and its end changes nothing.
    let mut second = h.join().await.unwrap();
    welcome(second.next().await);
    let mut told = None;
    while let Some(message) = seat.next().await {
        told = Some(message);
    }
    assert!(
        matches!(&told, Some(PageMessage::Goodbye { reason }) if reason.contains("another window")),
        "{told:?}"
    );
    drop(seat);
    tokio::time::sleep(Duration::from_millis(10)).await;
    let mut state = None;
    while let Ok(said) = watcher.try_recv() {
        if let Said::Standing(s) = said {
            state = Some(s);
        }
    }
    assert_eq!(state, Some(Standing::Joined));
    h.registry.stop();
    let mut last = None;
    while let Some(message) = second.next().await {
        last = Some(message);
    }
    assert!(
        matches!(last, Some(PageMessage::Goodbye { .. })),
        "{last:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_an_invitation_opens_a_seat_and_only_its_tenant_watches() {
    let h = host();
    let join = |invitation: Vec<u8>, tracks, consent: &str| {
        let (hub, consent) = (h.hub.clone(), consent.to_owned());
        async move { hub.join(&invitation, tracks, consent).await.err() }
    };
    assert_eq!(
        join(vec![7; 32], tracks(), "c").await,
        Some(HubError::Unknown)
    );
    let own = h.invitation.reveal().to_vec();
    let Some(HubError::Field(field)) = join(own.clone(), tracks(), "").await else {
        panic!("nobody joins without consent")
    };
    assert_eq!(field.field, "consent_id");
    // What the session refuses is said, and the invitation still holds.
    let refused = join(own, Vec::new(), "c").await;
    assert!(
        matches!(
            refused,
            Some(HubError::Session(SessionError::OpenRefused(_)))
        ),
        "{refused:?}"
    );
    let other = TenantId::parse("other").unwrap();
    assert_eq!(h.hub.watch(&other, &h.id).err(), Some(HubError::Unknown));
    let said = h.hub.command(&other, &h.id, close_it()).await;
    assert_eq!(said, Err(HubError::Unknown));
    let taken = h.hub.create(
        Caller::default(),
        Some(h.id.clone()),
        String::new(),
        Default::default(),
    );
    assert_eq!(taken.err(), Some(HubError::Duplicate));
    assert!(h.join().await.is_ok());
    assert!(
        !format!("{:?} {:?}", h.invitation, h.join().await)
            .contains(&hex::encode(h.invitation.reveal()))
    );
}

#[tokio::test(start_paused = true)]
async fn invitations_and_ended_interviews_are_forgotten_and_rooms_are_bounded() {
    let h = host();
    tokio::time::advance(JOIN_WITHIN + Duration::from_secs(1)).await;
    assert_eq!(h.join().await.err(), Some(HubError::Unknown));
    let create = || {
        h.hub
            .create(Caller::default(), None, String::new(), Default::default())
    };
    let (id, _) = create().unwrap();
    assert_eq!(h.hub.len(), 1, "what has expired is gone");
    // Nobody came: it can be closed, and watched for a while.
    h.hub.command(&tenant(), &id, close_it()).await.unwrap();
    assert!(h.hub.watch(&tenant(), &id).is_ok());
    tokio::time::advance(Duration::from_secs(601)).await;
    assert_eq!(h.hub.watch(&tenant(), &id).err(), Some(HubError::Unknown));
    let refused = (0..100).find_map(|_| create().err());
    assert_eq!(refused, Some(HubError::Full(20)));
    let long = h
        .hub
        .create(Caller::default(), None, "x".repeat(201), Default::default());
    assert!(matches!(long, Err(HubError::Field(f)) if f.field == "title"));
}

#[tokio::test(start_paused = true)]
async fn so_many_watch_and_a_slow_one_holds_nobody_up() {
    let h = host();
    let slow: Vec<_> = (0..8).map(|_| h.watch()).collect();
    assert_eq!(
        h.hub.watch(&tenant(), &h.id).err(),
        Some(HubError::Watched(8))
    );
    let mut seat = h.join().await.unwrap();
    for i in 0..200 {
        h.push(push(i, vec![media("v", i, 1)])).await.unwrap();
    }
    h.command(close_it()).await.unwrap();
    while seat.next().await.is_some() {}
    // What nobody has read so far is all there.
    for said in slow {
        let all = rest(said).await;
        let segments = all.iter().filter(
            |s| matches!(s, Said::Message(m) if matches!(m.message, ServerMessage::Segment(_))),
        );
        assert_eq!(segments.count(), 200);
    }
}
