//! Replays the recorded messages of a call through a mapping into a server, and prints what it says.
//!
//! A recording is either one JSON document with lists `before_open` and `messages`, as those in
//! testdata/platforms, or a message a line, as a dump of a WebSocket; `-` reads that from standard
//! input. The interview is opened before the first media.

use liveproof_sdk::platforms::{Adapter, MapError, Output, send};
use liveproof_sdk::{Client, ClientError, InterviewSender, Update, Updates, v1};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read as _;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The candidate of the third argument, or of the recordings in testdata/platforms.
#[allow(dead_code, reason = "a phone call has a fixed one")]
pub fn candidate(recorded: &str) -> String {
    std::env::args()
        .nth(3)
        .unwrap_or_else(|| recorded.to_owned())
}

/// `EXAMPLE ADDRESS RECORDING [CANDIDATE]`
pub async fn replay(mut call: impl Adapter) -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(recording)) = (arguments.next(), arguments.next()) else {
        let words = "usage: ADDRESS RECORDING [CANDIDATE], as http://127.0.0.1:50551 FILE; - reads \
                     standard input";
        return Err(words.into());
    };
    let messages = read(&recording)?;
    let mut messages = messages.iter();
    let (open, first) = opening(&mut call, &mut messages)?;
    for t in &open.tracks {
        println!("track {} of {}", t.track_id, t.participant_id);
    }
    let interview = Client::connect(address).await?.open(open).await?;
    for s in &interview.hello().signals {
        let state = if s.available { "can run" } else { &s.detail };
        println!("{} {}: {state}", s.participant_id, s.signal);
    }
    let (mut sender, updates) = interview.split();
    let sending = async move {
        let mut left_out = LeftOut::default();
        deliver(&mut sender, first, &mut left_out).await?;
        for message in messages {
            match call.take_json(message) {
                Ok(outputs) => deliver(&mut sender, outputs, &mut left_out).await?,
                Err(e) => println!("not mapped: {e}"),
            }
        }
        for (what, n) in left_out {
            println!("left out, {what}, {n} times");
        }
        sender.close("end of the recording").await
    };
    let (sent, told) = tokio::join!(sending, tell(updates));
    told?;
    Ok(sent?)
}

/// How often what was left out.
type LeftOut = BTreeMap<String, u32>;

/// Feeds the set-up, and opens when media comes.
fn opening<'a>(
    call: &mut impl Adapter,
    messages: &mut impl Iterator<Item = &'a String>,
) -> Outcome<(v1::Open, Vec<Output>)> {
    let mut outputs = Vec::new();
    for message in messages {
        match call.take_json(message) {
            Ok(more) => outputs.extend(more),
            Err(MapError::Order { needed: "open", .. }) => {
                let open = call.open()?;
                outputs.extend(call.take_json(message)?);
                return Ok((open, outputs));
            }
            Err(e) => println!("not mapped: {e}"),
        }
    }
    Err("no media in the recording".into())
}

async fn deliver(
    sender: &mut InterviewSender,
    outputs: Vec<Output>,
    left_out: &mut LeftOut,
) -> Result<(), ClientError> {
    for output in outputs {
        match &output {
            Output::Skipped { external_id, why } => {
                *left_out
                    .entry(format!("{external_id}: {why:?}"))
                    .or_default() += 1;
            }
            Output::Ended { reason } => println!("the platform ended: {reason}"),
            _ => {}
        }
        send(sender, output).await?;
    }
    Ok(())
}

async fn tell(mut updates: Updates) -> Result<(), ClientError> {
    while let Some(update) = updates.next().await? {
        match update {
            Update::Segment(s) if s.r#final => {
                println!("{} segment {}: {:?}", s.participant_id, s.index, s.outcome);
            }
            Update::Notice(n) => println!("notice on {}: {}", n.track_id, n.detail),
            Update::Ack(a) => println!("event {} taken: {} {}", a.event_id, a.accepted, a.detail),
            Update::Summary(s) => println!("ended: {}", s.end_reason),
            _ => {}
        }
    }
    Ok(())
}

fn read(recording: &str) -> Outcome<Vec<String>> {
    let mut text = String::new();
    match recording {
        "-" => std::io::stdin().read_to_string(&mut text)?,
        path => std::fs::File::open(path)?.read_to_string(&mut text)?,
    };
    let Ok(document) = serde_json::from_str::<serde_json::Value>(&text) else {
        return Ok(text
            .lines()
            .filter(|l| !l.trim().is_empty())
            .map(str::to_owned)
            .collect());
    };
    let lists = ["before_open", "messages"].map(|list| document[list].as_array());
    let messages = lists.into_iter().flatten().flatten();
    Ok(messages.map(ToString::to_string).collect())
}
