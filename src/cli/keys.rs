//! `liveproof keys`.

use super::exit::{self, Failure, fail};
use super::print;
use liveproof::core::TenantId;
use liveproof::tenants::{Keys, fresh_key};

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
