//! `liveproof bench`: how many live interviews this machine holds.

mod media;
mod process;
mod table;

use super::exit::{self, Failure, fail};
use anyhow::anyhow;
use liveproof::client::{Access, LoadPlan, send_load};
use media::Clip;
use process::Server;
use serde::Serialize;
use std::path::PathBuf;
use table::{HEADING, Ladder, Step, knee, line, next_step, percentile};

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
pub enum Format {
    /// H.264 at 1280x720 or so and 30 pictures a second.
    #[value(name = "h264-720p30")]
    #[serde(rename = "h264-720p30")]
    H264p720,
    /// H.264 with 360 lines at 15 pictures a second.
    #[value(name = "h264-360p15")]
    #[serde(rename = "h264-360p15")]
    H264p360,
    /// Decoded planes with 720 lines at 30 pictures a second.
    #[value(name = "i420-720p30")]
    #[serde(rename = "i420-720p30")]
    I420p720,
    /// JPEG with 720 lines at 5 pictures a second.
    #[value(name = "jpeg-720p5")]
    #[serde(rename = "jpeg-720p5")]
    Jpeg5,
}

impl Format {
    const ALL: [Self; 4] = [Self::H264p720, Self::H264p360, Self::I420p720, Self::Jpeg5];

    fn name(self) -> &'static str {
        match self {
            Self::H264p720 => "h264-720p30",
            Self::H264p360 => "h264-360p15",
            Self::I420p720 => "i420-720p30",
            Self::Jpeg5 => "jpeg-720p5",
        }
    }

    /// Lines, and pictures a second.
    fn shape(self) -> (u32, u32) {
        match self {
            Self::H264p720 | Self::I420p720 => (720, 30),
            Self::H264p360 => (360, 15),
            Self::Jpeg5 => (720, 5),
        }
    }
}

/// See [`run`].
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// A recording of a candidate whose face and voice are there from the start; its first ten seconds are sent
    /// over and over.
    #[arg(default_value = "testdata/demo/interview.mp4")]
    clip: PathBuf,
    /// What is sent; by default each in turn.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FORMAT")]
    formats: Vec<Format>,
    /// Seconds of media at each step, at least 9.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(9..=3600))]
    seconds: u32,
    /// Interviews at the first step.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    least: u32,
    /// Interviews at the last step; fewer where the knee comes before.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    most: u32,
    /// The server holds a load while 99 of 100 final results come within so many milliseconds of their segment's
    /// end, and no picture is left out.
    #[arg(long, default_value_t = 1_000.0, value_name = "MS")]
    p99_ms: f64,
    /// Binds the server to this processor (needs taskset of util-linux).
    #[arg(long, value_name = "CPU")]
    server_cpu: Option<u32>,
    /// Binds the load to this processor.
    #[arg(long, value_name = "CPU")]
    load_cpu: Option<u32>,
    /// Writes all figures there.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Further flags of `serve`, as --server-flag=--engine-workers=1.
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    server_flag: Vec<String>,
}

/// What was measured, and where.
#[derive(Serialize)]
struct Figures<'a> {
    program: &'a str,
    machine: String,
    processors: usize,
    server_cpu: Option<u32>,
    load_cpu: Option<u32>,
    seconds: u32,
    p99_ms: f64,
    ladders: &'a [Ladder],
}

/// Steps the load up for each format until the server no longer holds it, and prints a line for each step.
pub fn run(args: &BenchArgs) -> Result<(), Failure> {
    if let Some(cpu) = args.load_cpu {
        process::bind_self(cpu)?;
    }
    let clip = Clip::read(&args.clip)?;
    let runtime = super::runtime()?;
    let formats = match args.formats.as_slice() {
        [] => &Format::ALL[..],
        some => some,
    };
    println!(
        "liveproof {} on {}; server on {}, load on {}; {} s at each step",
        env!("CARGO_PKG_VERSION"),
        machine(),
        place(args.server_cpu),
        place(args.load_cpu),
        args.seconds
    );
    println!("{HEADING}");
    let mut ladders = Vec::new();
    for format in formats {
        let plan = clip.plan(*format)?;
        let ladder = runtime.block_on(climb(args, *format, &plan))?;
        let held = ladder
            .held
            .map_or("none".to_owned(), |n| format!("{n} interviews"));
        println!(
            "{}: {held} held; the server listened {:.0} ms after its start",
            format.name(),
            ladder.start_ms
        );
        ladders.push(ladder);
    }
    if let Some(path) = &args.json {
        let figures = Figures {
            program: env!("CARGO_PKG_VERSION"),
            machine: machine(),
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            server_cpu: args.server_cpu,
            load_cpu: args.load_cpu,
            seconds: args.seconds,
            p99_ms: args.p99_ms,
            ladders: &ladders,
        };
        let text = serde_json::to_vec_pretty(&figures).map_err(|e| fail(exit::INTERNAL, e))?;
        std::fs::write(path, text)
            .map_err(|e| fail(exit::USAGE, anyhow!("--json {}: {e}", path.display())))?;
    }
    Ok(())
}

/// One server, and more and more interviews with it.
async fn climb(args: &BenchArgs, format: Format, plan: &LoadPlan) -> Result<Ladder, Failure> {
    let server = Server::start(args.server_cpu, args.most, &args.server_flag)?;
    let load = async |sessions, seconds| {
        send_load(&server.address, &Access::default(), plan, sessions, seconds)
            .await
            .map_err(|e| fail(exit::UNAVAILABLE, e))
    };
    // One interview first: what is set up once is no part of the figures.
    load(1, 9).await?;
    let idle = server.used()?;
    let mut ladder = Ladder {
        format,
        start_ms: server.start_s * 1e3,
        steps: Vec::new(),
        held: None,
    };
    let mut sessions = args.least;
    while sessions <= args.most {
        let before = server.used()?;
        let peak = std::cell::Cell::new(before.resident_mib);
        // The most that it had, looked at while the interviews run.
        let watch = async {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                match server.used() {
                    Ok(now) => peak.set(peak.get().max(now.resident_mib)),
                    Err(gone) => return gone,
                }
            }
        };
        let seen = tokio::select! {
            seen = load(sessions, args.seconds) => seen?,
            gone = watch => return Err(gone),
        };
        let after = server.used()?;
        let per_second = |ms: f64| ms / seen.media_s;
        let step = Step {
            sessions,
            cpu_ms: per_second((after.cpu_s - before.cpu_s) * 1e3),
            decode_ms: per_second(seen.times.decode_ms),
            track_ms: per_second(seen.times.track_ms),
            analyze_ms: per_second(seen.times.analyze_ms),
            delay_p50_ms: percentile(&seen.delays_ms, 0.5),
            delay_p95_ms: percentile(&seen.delays_ms, 0.95),
            delay_p99_ms: percentile(&seen.delays_ms, 0.99),
            segments: seen.delays_ms.len(),
            scored: seen.scored,
            pictures_missing: seen.pictures_missing,
            resident_mib: (peak.get() - idle.resident_mib).max(0.0) / f64::from(sessions),
        };
        println!("{}", line(format, &step));
        let held = step.held(args.p99_ms);
        ladder.steps.push(step);
        if !held {
            break;
        }
        sessions = next_step(sessions);
    }
    ladder.held = knee(&ladder.steps, args.p99_ms);
    Ok(ladder)
}

fn place(cpu: Option<u32>) -> String {
    cpu.map_or("any processor".to_owned(), |n| format!("processor {n}"))
}

/// The processor's name as the system tells it.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    name.map_or("an unknown processor", |(_, name)| name)
        .to_owned()
}
