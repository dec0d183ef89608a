//! Who is let in: keys and certificates against the built program, over real sockets, and what its log
//! says of it.

use crate::certificates::{Authority, Identity};
use crate::process::Process;
use crate::support::{face_jpeg, open};
use liveproof::core::TenantId;
use liveproof::tenants::{FreshKey, fresh_key};
use liveproof_sdk::{Access, Client, ClientError, Update, v1};
use std::path::PathBuf;
use std::time::Duration;
use tonic::Code;

/// What a connection that the server ends in mid-handshake looks like, depending on when it is noticed.
const NO_CONNECTION: [Code; 4] = [
    Code::Unavailable,
    Code::Unknown,
    Code::Internal,
    Code::Cancelled,
];
pub const GOOD: i32 = 2090;
const EXPIRED: i32 = 2021;

/// A tenant's entry with one key, and what is said of the key besides.
pub fn entry(tenant: &str, id: &str, more: &str) -> FreshKey {
    let tenant = TenantId::parse(tenant).unwrap();
    let mut fresh = fresh_key(&tenant, Some(id)).unwrap();
    fresh.entry.push_str(more);
    fresh
}

/// The keys part of an entry, to be put below another one of the same tenant.
fn keys_part(entry: &FreshKey) -> &str {
    entry.entry.split_once("\n\n").unwrap().1
}

pub struct Site {
    folder: tempfile::TempDir,
    ours: Authority,
    pub first: FreshKey,
    second: FreshKey,
    pub revoked: FreshKey,
    expired: FreshKey,
    pub other: FreshKey,
    suspended: FreshKey,
    backend: Identity,
}

impl Site {
    pub fn new() -> Self {
        let ours = Authority::new("ours");
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
            backend: ours.issue(GOOD),
            ours,
            first: entry("acme", "k-first", ""),
            second: entry("acme", "k-second", ""),
            revoked: entry("acme", "k-revoked", "revoked = true\n"),
            expired: entry("acme", "k-expired", "not_after = 2021-01-01T00:00:00Z\n"),
            other: entry("globex", "k-other", ""),
            suspended: entry("umbrella", "k-suspended", ""),
        };
        site.write_certificate(&site.ours.issue(GOOD));
        site.write("ca.pem", &site.ours.pem);
        site.write_keys(&[&site.first, &site.second, &site.revoked, &site.expired]);
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn write_certificate(&self, identity: &Identity) {
        self.write("cert.pem", &identity.certificate);
        self.write("key.pem", &identity.key);
    }

    fn write_keys(&self, acme: &[&FreshKey]) {
        let mut text = acme[0].entry.clone();
        acme[1..].iter().for_each(|k| text.push_str(keys_part(k)));
        text.push_str(&self.other.entry);
        let suspended = "id = \"umbrella\"\nsuspended = true";
        text.push_str(&self.suspended.entry.replace("id = \"umbrella\"", suspended));
        self.write("keys.toml", &text);
    }

    fn serve(&self, client_ca: bool) -> Process {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        let mut arguments = vec![
            "--server-tls-cert-file".to_owned(),
            path("cert.pem"),
            "--server-tls-key-file".to_owned(),
            path("key.pem"),
            "--server-keys-file".to_owned(),
            path("keys.toml"),
            "--log-level".to_owned(),
            "trace".to_owned(),
        ];
        if client_ca {
            arguments.extend(["--server-tls-client-ca-file".to_owned(), path("ca.pem")]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Process::serve(&arguments)
    }

    /// Everything right but for the key.
    fn access(&self) -> Access {
        let (certificate, key) = (&self.backend.certificate, &self.backend.key);
        Access::default()
            .certificate_authority(&self.ours.pem)
            .identity(certificate, key)
    }
}

async fn connect(server: &Process, access: &Access) -> Result<Client, ClientError> {
    Client::connect_with(format!("https://{}", server.address), access).await
}

/// The code of the first call, `None` where it succeeds, and `Unavailable` where no call could be made.
async fn first_call(server: &Process, access: &Access) -> Option<Code> {
    let call = async { connect(server, access).await?.info().await };
    match call.await {
        Ok(_) => None,
        Err(ClientError::Status(status)) => Some(status.code()),
        Err(ClientError::Connect { .. }) => Some(Code::Unavailable),
        Err(other) => panic!("{other}"),
    }
}

/// An interview of one picture, to its end; gives what was noted.
async fn interview(client: &Client, open: v1::Open) -> Vec<String> {
    let (mut sender, mut updates) = client.open(open).await.unwrap().split();
    let sent = sender.send_media("camera", 0, face_jpeg(), None).await;
    sent.unwrap();
    sender.close("done").await.unwrap();
    let mut notes = Vec::new();
    let mut ended = false;
    while let Some(update) = updates.next().await.unwrap() {
        match update {
            Update::Notice(n) => notes.push(n.detail),
            Update::Summary(s) => ended = !s.partial,
            _ => {}
        }
    }
    assert!(ended);
    notes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_of_keys_and_certificates() {
    let site = Site::new();
    let server = site.serve(true);
    let strangers = Authority::new("strangers");
    let of = |identity: &Identity| {
        Access::default()
            .certificate_authority(&site.ours.pem)
            .identity(&identity.certificate, &identity.key)
            .key(&site.first.secret)
    };
    // Certificates: none, of another authority, expired; and a server that is not believed.
    let none = Access::default().certificate_authority(&site.ours.pem);
    let (foreign, late) = (strangers.issue(GOOD), site.ours.issue(EXPIRED));
    let unbelieved = Access::default()
        .certificate_authority(&strangers.pem)
        .identity(&site.backend.certificate, &site.backend.key);
    for (what, access) in [
        ("no client certificate", &none.key(&site.first.secret)),
        ("a stranger's", &of(&foreign)),
        ("an expired one", &of(&late)),
        ("another server", &unbelieved.key(&site.first.secret)),
    ] {
        let code = first_call(&server, access).await;
        assert!(
            code.is_some_and(|c| NO_CONNECTION.contains(&c)),
            "{what}: {code:?}"
        );
    }
    // Keys.
    let wrong = entry("acme", "k-wrong", "");
    let no_key = site.access();
    let with = |key: &FreshKey| site.access().key(&key.secret);
    for (what, access, code) in [
        ("no key", no_key, Code::Unauthenticated),
        ("a wrong key", with(&wrong), Code::Unauthenticated),
        (
            "no key at all",
            site.access().key("hunter2"),
            Code::Unauthenticated,
        ),
        ("a revoked key", with(&site.revoked), Code::Unauthenticated),
        ("an expired key", with(&site.expired), Code::Unauthenticated),
        (
            "a suspended tenant",
            with(&site.suspended),
            Code::PermissionDenied,
        ),
    ] {
        assert_eq!(first_call(&server, &access).await, Some(code), "{what}");
        let client = connect(&server, &access).await.unwrap();
        let refused = client.open(open()).await.unwrap_err();
        assert_eq!(refused.status().unwrap().code(), code, "{what}");
    }
    for key in [&site.first, &site.second] {
        let client = connect(&server, &with(key)).await.unwrap();
        interview(&client, open()).await;
    }
    let (code, said) = server.stop();
    assert_eq!(code, Some(0));
    for words in [
        "cause=\"no_key\"",
        "cause=\"unknown\"",
        "cause=\"revoked\" tenant=\"acme\" key=\"k-revoked\"",
        "cause=\"expired\" tenant=\"acme\" key=\"k-expired\"",
        "cause=\"suspended\" tenant=\"umbrella\"",
        "cause=\"handshake\"",
    ] {
        assert!(said.contains(words), "{words} is not logged:\n{said}");
    }
    let keys = [
        &site.first,
        &site.second,
        &site.revoked,
        &site.expired,
        &site.suspended,
        &wrong,
    ];
    for key in keys {
        no_secret(&said, key);
    }
    let pem = std::fs::read_to_string(site.path("key.pem")).unwrap();
    let inside = pem.lines().nth(1).unwrap();
    assert!(!said.contains(inside) && !said.contains("hunter2") && !said.contains("key.pem"));
}

/// Neither the key nor its hash.
pub fn no_secret(said: &str, key: &FreshKey) {
    assert!(!said.contains(&key.secret[3..]), "a key is in the log");
    let hash = key.entry.split("sha256 = \"").nth(1).unwrap();
    assert!(!said.contains(&hash[..64]), "a hash is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_interview_is_unknown() {
    let site = Site::new();
    let server = site.serve(false);
    let of = |key: &FreshKey| site.access().key(&key.secret);
    let acme = connect(&server, &of(&site.first)).await.unwrap();
    let globex = connect(&server, &of(&site.other)).await.unwrap();

    // The id of a running interview is free for another tenant, and taken for the same one.
    let mut same = open();
    same.session_id = "same-id".into();
    let running = acme.open(same.clone()).await.unwrap();
    let twice = acme.open(same.clone()).await.unwrap_err();
    assert_eq!(twice.status().unwrap().code(), Code::AlreadyExists);
    interview(&globex, same.clone()).await;

    // Its resume token opens nothing for another tenant, and says no more than of an unknown id.
    let refusal = async |id: &str| {
        let mut resume = same.clone();
        resume.session_id = id.into();
        resume.resume_token = running.hello().resume_token.clone();
        let refused = globex.open(resume).await.unwrap_err();
        let status = refused.status().unwrap();
        (
            status.code(),
            status.message().replace(id, "ID"),
            status.details().len(),
        )
    };
    let (stolen, unknown) = (refusal("same-id").await, refusal("nobody-has-it").await);
    assert_eq!(stolen, unknown);
    assert_eq!(stolen.0, Code::NotFound);
    drop(running);

    // Nor does the ended interview serve as a reference, with the same words as an unknown one.
    let mut first = open();
    first.session_id = "round-1".into();
    interview(&acme, first.clone()).await;
    let compare = async |client: &Client, earlier: &str| {
        let mut second = open();
        second.participants[0].reference_session_id = earlier.into();
        let notes = interview(client, second).await;
        notes.join("\n").replace(earlier, "ID")
    };
    let own = compare(&acme, "round-1").await;
    let stolen = compare(&globex, "round-1").await;
    let unknown = compare(&globex, "never").await;
    assert!(
        stolen.contains("no interview of this id is kept"),
        "{stolen}"
    );
    assert_eq!(stolen, unknown);
    assert!(!own.contains("no interview of this id"), "{own}");
    let (_, said) = server.stop();
    for told in ["same-id", "round-1", "nobody-has-it", "consent-7"] {
        assert!(!said.contains(told), "{told} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_certificates_change_without_a_restart() {
    let site = Site::new();
    let server = site.serve(false);
    let of = |key: &FreshKey| site.access().key(&key.secret);
    let check = async |key: &FreshKey| first_call(&server, &of(key)).await;
    assert_eq!(
        (check(&site.first).await, check(&site.second).await),
        (None, None)
    );
    // The first is taken out; a connection that is open is refused as well from the next call on.
    let client = connect(&server, &of(&site.first)).await.unwrap();
    client.info().await.unwrap();
    site.write_keys(&[&site.second]);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let refused = client.info().await.unwrap_err();
    assert_eq!(refused.status().unwrap().code(), Code::Unauthenticated);
    assert_eq!(check(&site.second).await, None);
    server.says("key file read anew").await;
    // A broken file changes nothing, and is told.
    site.write("keys.toml", "[[tenant]]\nid = 7");
    server.signal("HUP");
    let said = server.says("the keys stay as they were").await;
    assert!(said.contains("server.keys_file: line 2"), "{said}");
    assert_eq!(check(&site.second).await, None);
    // Certificates of another authority.
    let next = Authority::new("next");
    site.write_certificate(&next.issue(GOOD));
    server.signal("HUP");
    // The first time they were the same ones.
    for _ in 0..500 {
        if server.said().matches("certificates read anew").count() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(check(&site.second).await, Some(Code::Unavailable));
    let believing = Access::default().certificate_authority(&next.pem);
    let believing = believing.key(&site.second.secret);
    assert_eq!(first_call(&server, &believing).await, None);
    site.write("cert.pem", "no certificate");
    server.signal("HUP");
    server.says("the certificates stay as they were").await;
    assert_eq!(first_call(&server, &believing).await, None);
    assert_eq!(server.stop().0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_has_expired_is_not_believed() {
    let site = Site::new();
    site.write_certificate(&site.ours.issue(EXPIRED));
    let server = site.serve(false);
    let access = site.access().key(&site.first.secret);
    let error = connect(&server, &access).await.unwrap_err();
    let ClientError::Connect { source, .. } = &error else {
        panic!("{error}")
    };
    assert!(format!("{source:?}").contains("Expired"), "{source:?}");
    server.says("cause=\"handshake\"").await;
    no_secret(&server.stop().1, &site.first);
}
