//! From texts to a [`Config`]: layers, unknown names, cross-checks.

use super::settings::{Config, KEYS, SECTIONS};
use crate::engine::Provider;

/// Where settings come from, strongest first. Nothing is read from the process here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// `(section.key, value)` from the command line.
    pub flags: &'a [(String, String)],
    /// Environment variables; those that are no setting are left alone.
    pub environment: &'a [(String, String)],
    /// Name and content of the TOML file.
    pub file: Option<(&'a str, &'a str)>,
}

/// Why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No setting has this name.
    #[error("{origin}: unknown setting `{name}`{}", nearest.as_ref().map_or_else(String::new, |n| format!("; did you mean `{n}`?")))]
    Unknown {
        /// Flag, variable or file.
        origin: String,
        /// The name found.
        name: String,
        /// The known name that is nearest.
        nearest: Option<String>,
    },
    /// The value is not one that the setting takes.
    #[error("{origin}: {path} = {found:?}, expected {expected}")]
    Value {
        /// Flag, variable or file.
        origin: String,
        /// `section.key`.
        path: String,
        /// What was found.
        found: String,
        /// What would have been accepted.
        expected: String,
    },
    /// The file is no TOML.
    #[error("{name}: {message}")]
    Syntax {
        /// Name of the file.
        name: String,
        /// What the parser says.
        message: String,
    },
    /// The service would be open to strangers.
    #[error(
        "server.listen = {listen} is beyond loopback: set server.tls_cert_file, server.tls_key_file and \
         server.keys_file, or say server.allow_insecure = true"
    )]
    Exposed {
        /// The address.
        listen: std::net::SocketAddr,
    },
    /// Two settings contradict each other.
    #[error("{0}")]
    Conflict(String),
}

/// Builds the configuration.
///
/// # Errors
/// Every fault found, in the order of the layers; never an empty list.
pub fn load(sources: &Sources<'_>) -> Result<Config, Vec<ConfigError>> {
    let mut config = Config::default();
    let mut faults = Vec::new();
    if let Some((name, text)) = sources.file {
        apply_file(&mut config, name, text, &mut faults);
    }
    apply_environment(&mut config, sources.environment, &mut faults);
    for (path, value) in sources.flags {
        let flag = format!("--{}", path.replace(['.', '_'], "-"));
        apply(&mut config, &flag, path, value, &mut faults);
    }
    cross_check(&config, &mut faults);
    if faults.is_empty() {
        Ok(config)
    } else {
        Err(faults)
    }
}

fn apply(
    config: &mut Config,
    origin: &str,
    path: &str,
    value: &str,
    faults: &mut Vec<ConfigError>,
) {
    match config.set(path, value) {
        Some(true) => {}
        Some(false) => faults.push(ConfigError::Value {
            origin: origin.to_owned(),
            path: path.to_owned(),
            found: value.chars().take(80).collect(),
            expected: accepts(path),
        }),
        None => faults.push(ConfigError::Unknown {
            origin: origin.to_owned(),
            name: path.to_owned(),
            nearest: nearest(path, KEYS.iter().map(|k| k.path.to_owned())),
        }),
    }
}

fn accepts(path: &str) -> String {
    KEYS.iter()
        .find(|k| k.path == path)
        .map_or_else(String::new, |k| k.accepts.to_owned())
}

fn apply_file(config: &mut Config, name: &str, text: &str, faults: &mut Vec<ConfigError>) {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(e) => {
            faults.push(ConfigError::Syntax {
                name: name.to_owned(),
                message: e.to_string(),
            });
            return;
        }
    };
    for (section, value) in &table {
        let Some(keys) = value.as_table() else {
            faults.push(ConfigError::Unknown {
                origin: name.to_owned(),
                name: section.clone(),
                nearest: nearest(section, KEYS.iter().map(|k| k.path.to_owned())),
            });
            continue;
        };
        if !SECTIONS.iter().any(|(s, _)| s == section) {
            faults.push(ConfigError::Unknown {
                origin: name.to_owned(),
                name: format!("[{section}]"),
                nearest: nearest(section, SECTIONS.iter().map(|(s, _)| (*s).to_owned()))
                    .map(|s| format!("[{s}]")),
            });
            continue;
        }
        for (key, value) in keys {
            let path = format!("{section}.{key}");
            let text = match value {
                toml::Value::String(s) => s.clone(),
                other => other.to_string(),
            };
            apply(config, name, &path, &text, faults);
        }
    }
}

/// Variables of a section must be known; others only when they look like a slip of the pen, since
/// `LIVEPROOF_DATA` and its like belong to tools beside the program.
fn apply_environment(
    config: &mut Config,
    environment: &[(String, String)],
    faults: &mut Vec<ConfigError>,
) {
    for (variable, value) in environment {
        if let Some(key) = KEYS.iter().find(|k| &k.variable() == variable) {
            apply(config, variable, key.path, value, faults);
            continue;
        }
        let Some(rest) = variable.strip_prefix("LIVEPROOF_") else {
            continue;
        };
        let in_section = SECTIONS.iter().any(|(s, _)| {
            rest.strip_prefix(&s.to_uppercase())
                .is_some_and(|r| r.starts_with('_'))
        });
        let near = nearest(variable, KEYS.iter().map(super::KeyInfo::variable));
        let slip = near
            .as_deref()
            .is_some_and(|n| strsim::damerau_levenshtein(n, variable) <= 2);
        if in_section || slip {
            faults.push(ConfigError::Unknown {
                origin: "environment".to_owned(),
                name: variable.clone(),
                nearest: near,
            });
        }
    }
}

fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|k| (strsim::jaro_winkler(name, &k), k))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity > 0.7)
        .map(|(_, k)| k)
}

fn cross_check(config: &Config, faults: &mut Vec<ConfigError>) {
    let server = &config.server;
    if server.tls_cert_file.is_some() != server.tls_key_file.reveal().is_some() {
        faults.push(ConfigError::Conflict(
            "server.tls_cert_file and server.tls_key_file: set both, or none".to_owned(),
        ));
    }
    let guarded = server.tls_cert_file.is_some() && server.keys_file.is_some();
    if !server.listen.ip().is_loopback() && !guarded && !server.allow_insecure {
        faults.push(ConfigError::Exposed {
            listen: server.listen,
        });
    }
    if server.tls_client_ca_file.is_some() && server.tls_cert_file.is_none() {
        faults.push(ConfigError::Conflict(
            "server.tls_client_ca_file needs server.tls_cert_file and server.tls_key_file"
                .to_owned(),
        ));
    }
    if server.initial_credit_bytes < server.max_message_bytes {
        faults.push(ConfigError::Conflict(format!(
            "server.initial_credit_bytes = {} is below server.max_message_bytes = {}: a message of \
             that size could never be sent",
            server.initial_credit_bytes, server.max_message_bytes
        )));
    }
    if config.evidence.dir.is_some() && config.evidence.key_file.reveal().is_none() {
        faults.push(ConfigError::Conflict(
            "evidence.dir needs evidence.key_file: `liveproof keys evidence FILE` makes one"
                .to_owned(),
        ));
    }
    let engine = &config.engine;
    if engine.half && engine.provider != Provider::TensorRt {
        faults.push(ConfigError::Conflict(
            "engine.half needs engine.provider = \"tensorrt\"".to_owned(),
        ));
    }
    if engine.graph_cache.is_some() && engine.provider != Provider::Cpu {
        faults.push(ConfigError::Conflict(
            "engine.graph_cache needs engine.provider = \"cpu\": a GPU's graphs are not kept"
                .to_owned(),
        ));
    }
    if engine.gpu_graphs && engine.provider == Provider::Cpu {
        faults.push(ConfigError::Conflict(
            "engine.gpu_graphs needs engine.provider = \"cuda\" or \"tensorrt\"".to_owned(),
        ));
    }
    let review = &config.review;
    if review.recordings_dir.is_some() && review.dir.is_none() {
        faults.push(ConfigError::Conflict(
            "review.recordings_dir needs review.dir".to_owned(),
        ));
    }
    if review.max_upload_mb > review.max_tenant_disk_mb.min(review.max_disk_mb) {
        faults.push(ConfigError::Conflict(format!(
            "review.max_upload_mb = {} is above review.max_tenant_disk_mb = {} or review.max_disk_mb = {}: an \
             upload of that size could never be taken",
            review.max_upload_mb, review.max_tenant_disk_mb, review.max_disk_mb
        )));
    }
    if config.webhook.url.reveal().is_some() != config.webhook.secret_file.reveal().is_some() {
        faults.push(ConfigError::Conflict(
            "webhook.url and webhook.secret_file: set both, or none".to_owned(),
        ));
    }
    if config.pipeline.detect_interval_ms > config.pipeline.segment_ms {
        faults.push(ConfigError::Conflict(format!(
            "pipeline.detect_interval_ms = {} is above pipeline.segment_ms = {}: a segment could \
             pass without a look for faces",
            config.pipeline.detect_interval_ms, config.pipeline.segment_ms
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    fn with(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, String> {
        let (environment, flags) = (pairs(env), pairs(flags));
        load(&Sources {
            flags: &flags,
            environment: &environment,
            file: Some(("test.toml", file)),
        })
        .map_err(|e| {
            e.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        })
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let file = "[pipeline]\nsegment_ms = 4000\nprior = 0.02\n[server]\nmax_sessions = 3\n";
        let env = [
            ("LIVEPROOF_PIPELINE_SEGMENT_MS", "5000"),
            ("LIVEPROOF_PIPELINE_PRIOR", "0.03"),
        ];
        let c = with(file, &env, &[("pipeline.segment_ms", "6000")]).unwrap();
        assert_eq!(c.pipeline.segment_ms, 6_000, "flag");
        assert_eq!(c.pipeline.prior, 0.03, "environment");
        assert_eq!(c.server.max_sessions, 3, "file");
        assert_eq!(c.server.idle_timeout_s, 60, "default");
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let check = |file: &str, env: &[(&str, &str)], expect: &str| {
            let e = with(file, env, &[]).unwrap_err();
            assert!(e.contains(expect), "{e}\nlacks\n{expect}");
        };
        check(
            "[pipeline]\nsegmentms = 3000",
            &[],
            "did you mean `pipeline.segment_ms`?",
        );
        check(
            "[serve]\nlisten = '[::]:1'",
            &[],
            "unknown setting `[serve]`; did you mean `[server]`?",
        );
        check("prior = 0.5", &[], "unknown setting `prior`");
        check(
            "",
            &[("LIVEPROOF_SERVER_LISTN", "x")],
            "did you mean `LIVEPROOF_SERVER_LISTEN`?",
        );
        check(
            "",
            &[("LIVEPROOF_SEVER_LISTEN", "x")],
            "did you mean `LIVEPROOF_SERVER_LISTEN`?",
        );
        assert!(with("", &[("LIVEPROOF_DATA", "x"), ("HOME", "/")], &[]).is_ok());
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let e = with(
            "[server]\nlisten = 'here'\nmax_sessions = 0\n[pipeline]\nprior = 1.0",
            &[("LIVEPROOF_ENGINE_PROVIDER", "tpu")],
            &[("review.jobs", "0"), ("pipeline.prior", "NaN")],
        )
        .unwrap_err();
        for expect in [
            "server.listen = \"here\", expected an IP address",
            "server.max_sessions = \"0\", expected 1 to 10000",
            "test.toml: pipeline.prior = \"1.0\"",
            "LIVEPROOF_ENGINE_PROVIDER: engine.provider = \"tpu\", expected cpu, cuda or tensorrt",
            "--review-jobs: review.jobs = \"0\", expected auto, or 1 and up",
            "--pipeline-prior: pipeline.prior = \"NaN\"",
        ] {
            assert!(e.contains(expect), "{e}\nlacks\n{expect}");
        }
        assert!(
            with("[server", &[], &[])
                .unwrap_err()
                .starts_with("test.toml: ")
        );
    }

    #[test]
    fn contradictions_are_refused() {
        let check = |file: &str, expect: &str| {
            let e = with(file, &[], &[]).unwrap_err();
            assert!(e.contains(expect), "{e}");
        };
        check("[server]\ntls_cert_file = 'a.pem'", "set both, or none");
        check("[server]\ntls_key_file = 'a.pem'", "set both, or none");
        check(
            "[server]\ninitial_credit_bytes = 65536",
            "could never be sent",
        );
        check(
            "[pipeline]\nsegment_ms = 1000\ndetect_interval_ms = 2000",
            "look for faces",
        );
        check(
            "[webhook]\nurl = 'https://a.example/'",
            "webhook.url and webhook.secret_file: set both, or none",
        );
        check(
            "[review]\nrecordings_dir = 'calls'",
            "review.recordings_dir needs review.dir",
        );
        check("[review]\nmax_disk_mb = 4095", "could never be taken");
        check(
            "[engine]\nhalf = true\nprovider = 'cuda'",
            "engine.half needs",
        );
        check("[engine]\ngpu_graphs = true", "engine.gpu_graphs needs");
        check(
            "[engine]\ngraph_cache = 'graphs'\nprovider = 'cuda'",
            "engine.graph_cache needs",
        );
        check(
            "[evidence]\ndir = 'logs'",
            "evidence.dir needs evidence.key_file",
        );
        check(
            "[server]\ntls_client_ca_file = 'a'",
            "tls_client_ca_file needs server.tls_cert_file",
        );
        assert!(
            with(
                "[server]\ntls_cert_file = 'a'\ntls_key_file = 'b'",
                &[],
                &[]
            )
            .is_ok()
        );
    }

    #[test]
    fn beyond_loopback_tls_and_keys_are_needed_or_a_plain_word() {
        let tls = "tls_cert_file = 'a'\ntls_key_file = 'b'\n";
        let keys = "keys_file = 'k'\n";
        for listen in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[::ffff:127.0.0.1]:1"] {
            let at = |more: &str| with(&format!("[server]\nlisten = '{listen}'\n{more}"), &[], &[]);
            for open in ["", tls, keys] {
                let e = at(open).unwrap_err();
                for name in [
                    "server.listen",
                    "server.tls_cert_file",
                    "server.tls_key_file",
                    "server.keys_file",
                    "server.allow_insecure",
                ] {
                    assert!(e.contains(name), "{e} lacks {name}");
                }
            }
            assert!(at(&format!("{tls}{keys}")).is_ok());
            assert!(at("allow_insecure = true").is_ok());
        }
        for listen in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1"] {
            assert!(with(&format!("[server]\nlisten = '{listen}'"), &[], &[]).is_ok());
        }
    }

    #[test]
    fn a_port_alone_is_one_of_loopback_and_an_endpoint_holds_no_password() {
        let c = with("[server]\nmetrics_listen = 9464", &[], &[]).unwrap();
        assert_eq!(
            c.server.metrics_listen,
            Some("127.0.0.1:9464".parse().unwrap())
        );
        let c = with("[server]\nmetrics_listen = ''", &[], &[]).unwrap();
        assert_eq!(c.server.metrics_listen, None);
        assert!(with("[server]\nmetrics_listen = 'x'", &[], &[]).is_err());
        let c = with("[log]\notlp_endpoint = 'http://[::1]:4317'", &[], &[]).unwrap();
        assert_eq!(c.log.otlp_endpoint.get(), Some("http://[::1]:4317"));
        for bad in ["localhost:4317", "https://a", "http://u:p@a", "http://"] {
            assert!(with(&format!("[log]\notlp_endpoint = '{bad}'"), &[], &[]).is_err());
        }
    }
}
