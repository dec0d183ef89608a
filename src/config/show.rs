//! The configuration as text: the effective values, and the reference page.

use super::settings::{Config, KEYS, SECTIONS};
use std::fmt::Write as _;

/// The configuration as a TOML file; secrets are hidden.
pub fn effective(config: &Config) -> String {
    let mut out = String::new();
    for (section, _) in SECTIONS {
        let _ = writeln!(out, "[{section}]");
        for key in KEYS.iter().filter(|k| k.section == *section) {
            let value = config.shown(key.path).unwrap_or_default();
            let _ = writeln!(out, "{} = {value}", key.key);
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The reference page, `docs/configuration.md`.
pub fn reference() -> String {
    let defaults = Config::default();
    let mut out = String::from(
        "# Configuration\n\n\
         Flags win over environment variables, these over a TOML file (`--config FILE` or\n\
         `LIVEPROOF_CONFIG`), this over the defaults. Unknown names are refused with the nearest known\n\
         one. `liveproof config` prints what is in force. This page is written by\n\
         `liveproof config --reference`; a test holds it against the program.\n",
    );
    for (section, doc) in SECTIONS {
        let _ = write!(
            out,
            "\n## [{section}]\n\n{}\n\n| key | default | accepts | what it does |\n|---|---|---|---|\n",
            doc.trim()
        );
        for key in KEYS.iter().filter(|k| k.section == *section) {
            let _ = writeln!(
                out,
                "| `{}`<br>`--{}`<br>`{}` | `{}` | {} | {} |",
                key.key,
                key.flag(),
                key.variable(),
                defaults.shown(key.path).unwrap_or_default(),
                key.accepts,
                key.doc.trim()
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    #[test]
    fn what_is_shown_can_be_read_back() {
        let text = effective(&Config::default());
        let file = Some(("shown", text.as_str()));
        let back = load(&Sources {
            file,
            ..Sources::default()
        })
        .unwrap();
        assert_eq!(back, Config::default());
    }

    #[test]
    fn secrets_are_hidden() {
        let text = "[server]\ntls_cert_file = 'cert.pem'\ntls_key_file = '/secret/key.pem'";
        let config = load(&Sources {
            file: Some(("f", text)),
            ..Sources::default()
        })
        .unwrap();
        assert_eq!(config.server.tls_key_file.reveal(), Some("/secret/key.pem"));
        for shown in [effective(&config), format!("{config:?}")] {
            assert!(shown.contains("cert.pem") && shown.contains("<redacted>"));
            assert!(!shown.contains("/secret"), "{shown}");
        }
    }

    #[test]
    fn the_reference_page_is_up_to_date() {
        let page = include_str!("../../docs/configuration.md");
        assert_eq!(
            page,
            reference(),
            "run: liveproof config --reference > docs/configuration.md"
        );
    }

    #[test]
    fn defaults_are_accepted_and_every_key_is_described() {
        let defaults = Config::default();
        for key in KEYS {
            let shown = defaults.shown(key.path).unwrap();
            let bare = shown.trim_matches(['"', '\'']);
            assert_eq!(
                Config::default().set(key.path, bare),
                Some(true),
                "{}",
                key.path
            );
            assert!(
                !key.doc.trim().is_empty() && !key.accepts.is_empty(),
                "{}",
                key.path
            );
        }
    }
}
