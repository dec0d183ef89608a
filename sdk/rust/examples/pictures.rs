//! Streams JPEG pictures of a folder at 25 a second and prints what the server says.
//!
//! `cargo run -p liveproof-sdk --example pictures -- http://127.0.0.1:50551 FOLDER`

use liveproof_sdk::{Client, ClientError, Update, v1};
use std::error::Error;
use std::path::PathBuf;

fn announcement() -> v1::Open {
    v1::Open {
        session_id: format!("example-{}", std::process::id()),
        participants: vec![v1::Participant {
            participant_id: "candidate".into(),
            role: v1::ParticipantRole::Candidate.into(),
            ..Default::default()
        }],
        tracks: vec![v1::Track {
            track_id: "camera".into(),
            participant_id: "candidate".into(),
            kind: v1::TrackKind::Video.into(),
            details: Some(v1::track::Details::Video(v1::VideoTrack {
                format: v1::VideoFormat::Jpeg.into(),
                nominal_fps: 25.0,
                ..Default::default()
            })),
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn pictures(folder: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "jpg" || e == "jpeg"))
        .collect();
    found.sort();
    Ok(found)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: pictures ADDRESS FOLDER".into());
    };
    let interview = Client::connect(address).await?.open(announcement()).await?;
    for s in &interview.hello().signals {
        let state = if s.available { "can run" } else { &s.detail };
        println!("{}: {state}", s.signal);
    }
    let (mut sender, mut updates) = interview.split();
    let sending = async move {
        for (i, path) in pictures(&folder)?.into_iter().enumerate() {
            let time_us = i as i64 * 40_000;
            let jpeg = std::fs::read(path)?;
            sender.send_media("camera", time_us, jpeg, None).await?;
        }
        sender.close("end of the folder").await?;
        Ok::<(), Box<dyn Error>>(())
    };
    let reading = async {
        while let Some(update) = updates.next().await? {
            match update {
                Update::Segment(s) => println!("segment {}: {:?}", s.index, s.outcome),
                Update::Notice(n) => println!("notice: {}", n.detail),
                Update::Ack(a) => println!("event {} taken: {}", a.event_id, a.accepted),
                Update::Summary(s) => println!("ended: {}", s.end_reason),
                Update::Capabilities(c) => {
                    for s in c.signals {
                        println!("now: {} {:?} {}", s.signal, s.confidence(), s.detail);
                    }
                }
                Update::Challenge(c) => println!("challenge {}: {:?}", c.challenge_id, c.state),
                Update::Resumed(_) => println!("the connection was lost, and is back"),
            }
        }
        Ok::<(), ClientError>(())
    };
    let (sent, read) = tokio::join!(sending, reading);
    read?;
    sent
}
