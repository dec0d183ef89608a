use super::value::{Count, Endpoint, KeyInfo, LogLevel, Reflection, Secret, Setting};
use crate::engine::Provider;
use crate::telemetry::LogFormat;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Declares sections and settings once: the structs, their defaults, the list of keys, and
/// setting and showing a value by name.
macro_rules! settings {
    ($(
        $(#[doc = $sdoc:literal])+
        $section:ident: $struct:ident {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $type:ty = $default:expr, $accepts:literal, $check:expr;
            )+
        }
    )+) => {
        /// Every setting, valid.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Config {
            $( $(#[doc = $sdoc])+ pub $section: $struct, )+
        }

        $(
            $(#[doc = $sdoc])+
            #[derive(Debug, Clone, PartialEq)]
            pub struct $struct {
                $( $(#[doc = $doc])+ #[doc = concat!("\n\nAccepts ", $accepts, ".")] pub $key: $type, )+
            }

            impl Default for $struct {
                fn default() -> Self {
                    Self { $( $key: $default, )+ }
                }
            }
        )+

        /// All settings in the order of the reference.
        pub const KEYS: &[KeyInfo] = &[$($(
            KeyInfo {
                section: stringify!($section),
                key: stringify!($key),
                path: concat!(stringify!($section), ".", stringify!($key)),
                doc: concat!($($doc),+),
                accepts: $accepts,
            },
        )+)+];

        /// Names and descriptions of the sections, in order.
        pub const SECTIONS: &[(&str, &str)] =
            &[$((stringify!($section), concat!($($sdoc),+))),+];

        impl Config {
            /// Sets one value; false when the text is not accepted, `None` for an unknown path.
            pub(super) fn set(&mut self, path: &str, text: &str) -> Option<bool> {
                match path {
                    $($(
                        concat!(stringify!($section), ".", stringify!($key)) => {
                            let accepted: fn(&$type) -> bool = $check;
                            let value = <$type as Setting>::parse(text).filter(accepted);
                            Some(value.map(|v| self.$section.$key = v).is_some())
                        }
                    )+)+
                    _ => None,
                }
            }

            /// A value as it stands in a TOML file; secrets hidden. `None` for an unknown path.
            pub fn shown(&self, path: &str) -> Option<String> {
                match path {
                    $($(
                        concat!(stringify!($section), ".", stringify!($key)) => {
                            let text = Setting::show(&self.$section.$key);
                            Some(if <$type as Setting>::BARE {
                                text
                            } else {
                                toml::Value::String(text).to_string()
                            })
                        }
                    )+)+
                    _ => None,
                }
            }
        }
    };
}

settings! {
    /// The live service.
    server: Server {
        /// Address and port to listen on. Port 0 takes a free one, which is printed.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 50_551)),
            "an IP address and port, as `127.0.0.1:50551` or `[::1]:50551`", |_| true;
        /// Interviews at the same time; one more is refused with a hint when to try again.
        max_sessions: u32 = 16, "1 to 10000 interviews", |n| (1..=10_000).contains(n);
        /// Certificate chain of the server, PEM. Needs `tls_key_file` too; empty = no TLS.
        tls_cert_file: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Private key of the server, PEM. Where it lies is not printed.
        tls_key_file: Secret = Secret::default(), "a path, or empty", |_| true;
        /// Authority (PEM) whose certificates clients must show (mTLS); empty = none are asked for.
        /// Certificates are read anew on SIGHUP.
        tls_client_ca_file: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Tenants and their API keys, TOML (docs/security.md); `liveproof keys new` makes one. Read
        /// anew when it changes. Empty = no keys are asked for.
        keys_file: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Listens beyond loopback without TLS or without keys all the same.
        allow_insecure: bool = false, "true or false", |_| true;
        /// Who may ask for the descriptors of the protocol: nobody, holders of a key (anybody, where no
        /// keys are asked for), or anybody.
        reflection: Reflection = Reflection::Key, "off, key or open", |_| true;
        /// Address and port for metrics (HTTP, `/metrics`); a port alone is one of loopback, empty = none.
        metrics_listen: Option<SocketAddr> = None,
            "an IP address and port, a port, or empty", |_| true;
        /// Connections at the same time.
        max_connections: u32 = 256, "1 to 100000 connections", |n| (1..=100_000).contains(n);
        /// Connections of one address (of IPv6, of one /64). Behind a proxy all have the proxy's.
        max_connections_per_address: u32 = 256, "1 to 100000 connections",
            |n| (1..=100_000).contains(n);
        /// Time from a connection to the first bytes of HTTP/2, TLS included.
        handshake_timeout_s: u32 = 10, "1 to 60 s", |n| (1..=60).contains(n);
        /// Largest metadata of a call.
        max_header_bytes: u32 = 16_384, "1024 to 1048576 bytes", |n| (1_024..=1_048_576).contains(n);
        /// Calls a minute of one tenant, an interview being one; the key file may state another number.
        max_requests_per_min: u32 = 600, "1 to 1000000 calls", |n| (1..=1_000_000).contains(n);
        /// An interview without a message for this long is ended.
        idle_timeout_s: u32 = 60, "5 to 3600 s", |n| (5..=3_600).contains(n);
        /// An interview whose connection is lost waits this long for its client to resume it, and is
        /// then concluded as partial. 0: it ends with its connection.
        resume_grace_s: u32 = 30, "0 to 600 s", |n| *n <= 600;
        /// Longest interview.
        max_session_s: u32 = 14_400, "60 to 86400 s", |n| (60..=86_400).contains(n);
        /// Time that running interviews have to finish when the server is stopped.
        drain_grace_s: u32 = 10, "0 to 600 s", |n| *n <= 600;
        /// Largest message taken from a client. The default holds a raw 2560x1440 RGBA picture.
        max_message_bytes: u64 = 16_777_216, "65536 to 268435456 bytes",
            |n| (65_536..=268_435_456).contains(n);
        /// Media bytes that a client may have under way before it waits for credit; also what may
        /// wait in memory per interview. At least `max_message_bytes`.
        initial_credit_bytes: u64 = 33_554_432, "65536 to 1073741824 bytes",
            |n| (65_536..=1_073_741_824).contains(n);
        /// Ended interviews whose baselines are kept in memory, so that a later one of the same consent
        /// id can name one as its reference. 0 keeps none.
        max_references: u32 = 1_000, "0 to 100000 interviews", |n| *n <= 100_000;
        /// How long they are kept.
        reference_age_s: u32 = 604_800, "60 to 31536000 s", |n| (60..=31_536_000).contains(n);
        /// Serve the pages for a host's and a candidate's browser, and gRPC-web for them.
        pages: bool = true, "true or false", |_| true;
    }
    /// From media to a score.
    pipeline: Pipeline {
        /// Length of a segment.
        segment_ms: u32 = 3_000, "1000 to 60000 ms", |n| (1_000..=60_000).contains(n);
        /// Prior probability of manipulation that scores are stated at.
        prior: f64 = 0.01, "a probability from 0.0001 to 0.9", |p| (0.000_1..=0.9).contains(p);
        /// Share of a segment's pictures or sound that must have been seen for a number.
        segment_coverage_floor: f64 = 0.5, "a share from 0 to 1", |p| (0.0..=1.0).contains(p);
        /// Share of a session's length on which some signal must have given a number.
        session_coverage_floor: f64 = 0.1, "a share from 0 to 1", |p| (0.0..=1.0).contains(p);
        /// Share of live interviews that may stand out: with `miss_rate` it sets the evidence from
        /// which a session stands out, `ln((1 - miss_rate) / false_alarm_rate)`.
        false_alarm_rate: f64 = 0.01, "a share from 0.0001 to 0.4", |p| (0.000_1..=0.4).contains(p);
        /// Share of manipulated interviews that may be called consistent with a live recording:
        /// down to `ln(miss_rate / (1 - false_alarm_rate))` of evidence.
        miss_rate: f64 = 0.1, "a share from 0.0001 to 0.4", |p| (0.000_1..=0.4).contains(p);
        /// Evidence (log odds) from which a stretch of an interview stands out against what came
        /// before it. The default is reached in about 1 of 16 simulated live hours, 1 of 4 with a
        /// reference.
        change_threshold: f64 = 5.0, "log odds from 1 to 100", |p| (1.0..=100.0).contains(p);
        /// Time between two runs of the face detector while a face is tracked.
        detect_interval_ms: u32 = 1_000, "40 to 10000 ms", |n| (40..=10_000).contains(n);
        /// Pictures a second in which the face is followed at least: of a faster camera every second or third one
        /// is left out where the others lie evenly at this rate or more (30 become 15, 25 stay 25); 0 is every picture.
        /// While a hand challenge is open every picture is looked at.
        looks_per_s: u32 = 15, "0, or 15 to 240 pictures", |n| *n == 0 || (15..=240).contains(n);
    }
    /// Challenges that the server issues.
    challenges: Challenges {
        /// File with the key that challenge records are signed with, 32 bytes or more; white space at
        /// its end does not count. Empty: a key is drawn at every start, and records cannot be
        /// verified after the server has stopped. Where it lies is not printed.
        record_key_file: Secret = Secret::default(), "a path, or empty", |_| true;
    }
    /// Notices to a service of your own (docs/webhooks.md).
    webhook: Webhook {
        /// Address that is told, by signed POST, when an interview is over (docs/webhooks.md): https, or
        /// http on this machine. Empty: nobody is told. Needs `secret_file`.
        url: Secret = Secret::default(), "a URL, or empty", |_| true;
        /// File with the secret that notices are signed with: `whsec_` and base64 of 24 to 64 random
        /// bytes. Where it lies is not printed.
        secret_file: Secret = Secret::default(), "a path, or empty", |_| true;
        /// Authority (PEM) that is believed in place of the system's.
        ca_file: Option<PathBuf> = None, "a path, or empty", |_| true;
    }
    /// Evidence logs (docs/evidence.md).
    evidence: Evidence {
        /// Folder in which each live interview leaves a signed log: digests, events and results, no
        /// picture and no sound. Empty: nothing is written. Needs `key_file`.
        dir: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Private key that logs are signed with, PEM; `liveproof keys evidence` makes one. Where it
        /// lies is not printed.
        key_file: Secret = Secret::default(), "a path, or empty", |_| true;
        /// Days that a log stays after it was written, then it is deleted. 0: until somebody deletes it,
        /// as `liveproof forget` does by the interview's id.
        keep_days: u32 = 0, "0 to 36500 days", |n| *n <= 36_500;
    }
    /// What reviewers say of assessments (docs/feedback.md).
    feedback: Feedback {
        /// File that `liveproof feedback` adds opinions to. Empty: none are taken down.
        file: Option<PathBuf> = None, "a path, or empty", |_| true;
    }
    /// Models and inference.
    engine: Engine {
        /// Folder with `manifest.toml` and the weights. Empty: `models` beside the program,
        /// then in the working directory.
        models_dir: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// A manifest laid over the folder's own: nets or calibrations of one's own, as
        /// `evaluate --calibrate` writes. Empty: none.
        models_overlay: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// The ONNX Runtime shared library. Empty: `ORT_DYLIB_PATH`, then beside the
        /// program, then `vendor/onnxruntime` in the working directory.
        ort_library: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Worker threads, each with its own set of models. `auto`: one per processor core that
        /// this process may use.
        workers: Count = Count::Auto, "auto, or 1 and up (threads)", |_| true;
        /// What nets run on. A provider that cannot be used is an error, never a silent change.
        provider: Provider = Provider::Cpu, "cpu, cuda or tensorrt", |_| true;
        /// Folder in which the nets' graphs are kept as ONNX Runtime optimised them for this processor, so that the next start
        /// is quicker; one that only this user may write to, since what lies there is run. Empty: none are kept.
        graph_cache: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Which GPU, counted from 0, where `provider` is one. All workers share one session a net there and their runs
        /// are put together, so more `workers` than cores make larger batches.
        device: u32 = 0, "0 to 63", |n| *n < 64;
        /// Runs on a GPU are captured as CUDA graphs, one for each size of a batch, and replayed. A net that cannot be
        /// captured whole runs without, which the log says.
        gpu_graphs: bool = false, "true or false", |_| true;
        /// Nets run on numbers of half the width (fp16), with `provider = "tensorrt"`. The nets' cards have no figures with them:
        /// measure with `liveproof evaluate` first.
        half: bool = false, "true or false", |_| true;
    }
    /// Reviewing recordings.
    review: Review {
        /// Recordings worked on at the same time. `auto`: one per worker, as far as memory holds them.
        jobs: Count = Count::Auto, "auto, or 1 and up (recordings)", |_| true;
        /// Folder in which `serve` keeps recordings that clients hand in, until they are reviewed, and their
        /// reports (docs/reviews-service.md). Empty: it takes none.
        dir: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Folder with recordings that clients may name in place of an upload, each tenant those in the
        /// folder of its name (`default` where no keys are asked for). Empty: none. Needs `dir`.
        recordings_dir: Option<PathBuf> = None, "a path, or empty", |_| true;
        /// Recordings that `serve` reviews at the same time, each on a thread of the lowest priority.
        service_jobs: u32 = 1, "1 to 64 recordings", |n| (1..=64).contains(n);
        /// Largest upload, recording and reference together.
        max_upload_mb: u32 = 4_096, "1 to 1048576 MiB", |n| (1..=1_048_576).contains(n);
        /// What recordings and reports may take on the disk in all.
        max_disk_mb: u32 = 20_480, "1 to 1073741824 MiB", |n| (1..=1_073_741_824).contains(n);
        /// The same of one tenant.
        max_tenant_disk_mb: u32 = 10_240, "1 to 1073741824 MiB", |n| (1..=1_073_741_824).contains(n);
        /// Jobs of one tenant that may wait or run; the key file may state another number.
        max_tenant_jobs: u32 = 20, "1 to 10000 jobs", |n| (1..=10_000).contains(n);
        /// Hours that a job and its reports stay after its end, then they are deleted.
        keep_hours: u32 = 168, "1 to 87600 hours", |n| (1..=87_600).contains(n);
    }
    /// What is logged, on standard error.
    log: Log {
        /// Least severe message that is logged.
        level: LogLevel = LogLevel::Info, "error, warn, info, debug or trace", |_| true;
        /// OpenTelemetry collector that spans are sent to (OTLP over gRPC); empty = none.
        otlp_endpoint: Endpoint = Endpoint::default(), "an address as `http://127.0.0.1:4317`, or empty",
            |_| true;
        /// Form of the log.
        format: LogFormat = LogFormat::Text, "text or json", |_| true;
    }
}
