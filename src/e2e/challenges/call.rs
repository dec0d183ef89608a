//! One interview from the client's side, as a host's backend leads it.

use super::Told;
use crate::support::*;
use liveproof::core::{Frame, MediaTime};
use liveproof_sdk::{Client, InterviewSender, Update, Updates, v1};

/// One interview from the client's side; its media goes on when the server has taken what came before.
pub struct Call {
    pub sender: InterviewSender,
    pub updates: Updates,
    pub hello: v1::Hello,
    pub told: Vec<v1::ChallengeUpdate>,
    pub segments: usize,
    pub resumed: usize,
    pub summary: Option<v1::SessionSummary>,
}

impl Call {
    pub async fn open(served: &Served, open: v1::Open) -> Self {
        Self::open_at(&served.to, open).await
    }

    pub async fn open_at(to: &str, open: v1::Open) -> Self {
        let client = Client::connect(to).await.unwrap();
        let interview = client.open(open).await.unwrap();
        let hello = interview.hello().clone();
        let (sender, updates) = interview.split();
        Self {
            sender,
            updates,
            hello,
            told: Vec::new(),
            segments: 0,
            resumed: 0,
            summary: None,
        }
    }

    pub async fn picture(&mut self, frame: &Frame, time: MediaTime) {
        let layout = v1::PictureLayout {
            width: frame.width,
            height: frame.height,
            planes: Vec::new(),
        };
        let bytes = frame.rgb().to_vec();
        self.sender
            .send_media("camera", time.as_us(), bytes, Some(layout))
            .await
            .unwrap();
    }

    pub fn take(&mut self, update: Update) -> Option<u64> {
        match update {
            Update::Challenge(c) => self.told.push(*c),
            Update::Segment(_) => self.segments += 1,
            Update::Resumed(_) => self.resumed += 1,
            Update::Summary(s) => self.summary = Some(*s),
            Update::Ack(a) => return Some(a.event_id),
            Update::Notice(n) => eprintln!("{n:?}"),
            // What else there may be is not looked at here.
            #[allow(unreachable_patterns)]
            _ => {}
        }
        None
    }

    /// Waits until the server has worked off everything that was sent.
    pub async fn settle(&mut self, time: MediaTime) {
        let event = v1::control_event::Event::QuestionStart(v1::QuestionStart::default());
        let id = self.sender.send_event(time.as_us(), event).await.unwrap();
        loop {
            let update = self.update().await;
            if self.take(update) == Some(id) {
                return;
            }
        }
    }

    pub async fn update(&mut self) -> Update {
        let update = self.updates.next().await.unwrap();
        update.expect("the interview goes on")
    }

    /// Waits for the next word on a challenge.
    pub async fn next(&mut self, from: usize) -> v1::ChallengeUpdate {
        while self.told.len() <= from {
            let update = self.update().await;
            self.take(update);
        }
        self.told[from].clone()
    }

    pub async fn ask(&mut self, kind: v1::ChallengeKind) -> (String, v1::ChallengeUpdate) {
        let from = self.told.len();
        let ask = v1::IssueChallenge {
            kind: kind.into(),
            ..Default::default()
        };
        self.sender.issue_challenge(ask).await.unwrap();
        let update = self.next(from).await;
        (update.challenge_id.clone(), update)
    }

    pub async fn shown(&mut self, id: &str, attempt: u32, time: MediaTime) {
        let shown = v1::ChallengeShown {
            challenge_id: id.into(),
            attempt,
            shown_us: time.as_us(),
            uncertainty_ms: 40,
        };
        self.sender.challenge_shown(shown).await.unwrap();
    }

    pub async fn decline(
        &mut self,
        id: &str,
        reason: v1::ChallengeDeclineReason,
        alternative: bool,
    ) {
        let why = v1::ChallengeDeclined {
            challenge_id: id.into(),
            reason: reason.into(),
            words: String::new(),
            offer_alternative: alternative,
        };
        self.sender.decline_challenge(why).await.unwrap();
    }

    /// Asks for hand passes until the one that the recordings show is drawn: twice, first to the
    /// candidate's left. A host may take a challenge back and ask anew.
    pub async fn ask_for_the_recorded_pass(&mut self) -> String {
        for _ in 0..60 {
            let (id, update) = self.ask(v1::ChallengeKind::HandPass).await;
            let Some(Told::Issued(i)) = &update.state else {
                panic!("{update:?}")
            };
            let p = i.parameters.clone().unwrap();
            if p.count == 2 && p.direction == v1::ChallengeSide::Left as i32 {
                return id;
            }
            let from = self.told.len();
            self.decline(&id, v1::ChallengeDeclineReason::Cancelled, false)
                .await;
            assert!(matches!(
                self.next(from).await.state,
                Some(Told::Concluded(_))
            ));
        }
        panic!("60 draws without two passes to the left");
    }

    pub async fn end(mut self) -> (Vec<v1::ChallengeUpdate>, v1::SessionSummary) {
        self.sender.close("done").await.unwrap();
        while self.summary.is_none() {
            match self.updates.next().await.unwrap() {
                Some(Update::Challenge(c)) => self.told.push(*c),
                Some(Update::Summary(s)) => self.summary = Some(*s),
                Some(_) => {}
                None => break,
            }
        }
        (self.told, self.summary.expect("a summary"))
    }
}
