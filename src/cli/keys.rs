//! `liveproof keys`.

use super::exit::{self, Failure, fail};
use super::print;
use anyhow::Context as _;
use liveproof::core::TenantId;
use liveproof::evidence::fresh_key_pem;
use liveproof::tenants::{Keys, fresh_key};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Makes a key: itself once on standard output, and the entry for the key file.
pub fn new(tenant: &str, id: Option<&str>) -> Result<(), Failure> {
    let tenant = TenantId::parse(tenant).map_err(|e| fail(exit::USAGE, e))?;
    let fresh = fresh_key(&tenant, id).map_err(|e| fail(exit::INTERNAL, e))?;
    // What is printed is what the server reads; an id that it would refuse is refused here.
    Keys::parse(&fresh.entry).map_err(|e| fail(exit::USAGE, e))?;
    print(&format!(
        "# The key, for {tenant}. It is shown this once and stored nowhere:\n{}\n\n\
         # The entry for server.keys_file; of a tenant that is in there already, the keys part alone:\n{}",
        fresh.secret, fresh.entry
    ))
}

/// Makes a key for evidence logs. An existing file is never written over: logs would be left without
/// their key.
pub fn evidence(file: &Path) -> Result<(), Failure> {
    let key = fresh_key_pem().map_err(|e| fail(exit::INTERNAL, e))?;
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    let public = Path::new(&public);
    let save = |path: &Path, mode: u32, text: &str| {
        let mut options = std::fs::OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(mode).open(path);
        opened
            .and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()))
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(|e| fail(exit::USAGE, e))
    };
    save(public, 0o644, &key.public_pem)?;
    save(file, 0o600, &key.private_pem)?;
    print(&format!(
        "key {}\nprivate, for evidence.key_file: {}\npublic, for those who check logs: {}\n",
        key.id,
        file.display(),
        public.display()
    ))
}
