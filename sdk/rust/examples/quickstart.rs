//! Streams pictures to a server, and prints the assessment of the interview.

use liveproof_sdk::{Client, Update, one_candidate, v1};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (address, pictures) = arguments.split_first().ok_or("ADDRESS PICTURE...")?;
    let pictures = pictures.to_vec();
    let client = Client::connect(address).await?;
    let interview = client.open(one_candidate(v1::VideoFormat::Jpeg)).await?;
    let (mut sender, mut updates) = interview.split();
    let sending = tokio::spawn(async move {
        for (time_us, path) in (0..).step_by(100_000).zip(pictures) {
            let picture = std::fs::read(path)?;
            sender.send_media("camera", time_us, picture, None).await?;
        }
        Ok(sender.close("no more pictures").await?)
    });
    while let Some(update) = updates.next().await? {
        match update {
            Update::Segment(s) if s.r#final => println!("segment {}: {:?}", s.index, s.outcome),
            Update::Summary(s) => println!("summary: {:?}", s.participants),
            _ => {}
        }
    }
    sending.await?
}
