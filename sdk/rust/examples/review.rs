//! Hands a recording in to a server, watches its review, and saves the reports.
//!
//! ```sh
//! cargo run -p liveproof-sdk --example review -- http://127.0.0.1:50551 interview.mp4 FOLDER
//! ```

use liveproof_sdk::{Client, ReviewJob, ReviewUpdate, v1};
use std::path::Path;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, recording, folder] = arguments.as_slice() else {
        return Err("ADDRESS RECORDING FOLDER".into());
    };
    let client = Client::connect(address).await?;
    let mut review = client.submit_review(&ReviewJob::file(recording)).await?;
    let mut watch = client.watch_review(&review.review_id);
    while let Some(update) = watch.next().await? {
        match update {
            ReviewUpdate::Segment(s) => println!("segment {}: {:?}", s.index, s.outcome),
            ReviewUpdate::Review(told) => {
                review = told;
                let (done, total) = (review.media_done_us, review.media_total_us);
                println!("{} of {} s", done / 1_000_000, total / 1_000_000);
            }
        }
    }
    println!(
        "{:?}: {} segments {}",
        review.state(),
        review.segments,
        review.detail
    );
    for format in [v1::ReportFormat::Json, v1::ReportFormat::Html] {
        if !review.reports().any(|there| there == format) {
            continue;
        }
        let report = client.fetch_review(&review.review_id, format).await?;
        let to = Path::new(folder).join(&report.info.file_name);
        std::fs::write(&to, &report.bytes)?;
        println!("{}", to.display());
    }
    Ok(())
}
