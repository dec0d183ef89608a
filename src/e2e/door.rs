//! What the door itself does: who needs no key, what is not opened unguarded, what strangers can hold.

use crate::access::{GOOD, Site};
use crate::certificates::Authority;
use liveproof_sdk::{Access, Client};
use std::process::Command;
use std::time::Duration;
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn health_needs_no_key_and_reflection_the_same_as_calls() {
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let site = Site::new();
    let keys = site.path("keys.toml");
    let served = crate::support::serve(|c| c.keys = Some(keys.clone())).await;
    let channel = tonic::transport::Endpoint::from_shared(served.to.clone());
    let channel = channel.unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    for service in [
        "liveproof.v1.InterviewService",
        "liveproof.v1.InfoService",
        "",
    ] {
        let service = service.to_owned();
        let said = health.check(HealthCheckRequest { service }).await.unwrap();
        assert_eq!(said.into_inner().status(), ServingStatus::Serving);
    }
    assert_eq!(
        reflected(&served.to, None).await.unwrap_err(),
        Code::Unauthenticated
    );
    let key = &site.first.secret;
    let listed = reflected(&served.to, Some(key)).await.unwrap();
    assert!(
        listed.contains(&"liveproof.v1.InterviewService".to_owned()),
        "{listed:?}"
    );
    served.stop().await.unwrap();

    use liveproof::grpc::Reflection;
    for (reflection, keys, expect) in [
        (Reflection::Open, Some(keys.clone()), Ok(())),
        (Reflection::Key, None, Ok(())),
        (Reflection::Off, None, Err(Code::Unimplemented)),
    ] {
        let served = crate::support::serve(|c| (c.keys, c.reflection) = (keys, reflection)).await;
        let found = reflected(&served.to, None).await.map(drop);
        assert_eq!(found, expect, "{reflection:?}");
        served.stop().await.unwrap();
    }
}

/// Lists services as grpcurl does, then fetches the file of one by its symbol.
async fn reflected(to: &str, key: Option<&str>) -> Result<Vec<String>, Code> {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Ask;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse as Answer;
    let channel = tonic::transport::Endpoint::from_shared(to.to_owned()).unwrap();
    let channel = channel.connect().await.unwrap();
    let mut client = ServerReflectionClient::new(channel);
    let ask = |ask: Ask| tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(ask),
    };
    let symbol = "liveproof.v1.InterviewService.Interview".to_owned();
    let asked = [
        ask(Ask::ListServices(String::new())),
        ask(Ask::FileContainingSymbol(symbol)),
    ];
    let mut request = tonic::Request::new(tokio_stream::iter(asked));
    if let Some(key) = key {
        let value = format!("Bearer {key}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let answers = client.server_reflection_info(request).await;
    let mut answers = answers.map_err(|s| s.code())?.into_inner();
    let mut names = Vec::new();
    let mut files = 0;
    while let Some(answer) = answers.message().await.map_err(|s| s.code())? {
        match answer.message_response.unwrap() {
            Answer::ListServicesResponse(l) => names.extend(l.service.into_iter().map(|s| s.name)),
            Answer::FileDescriptorResponse(f) => files += f.file_descriptor_proto.len(),
            other => panic!("{other:?}"),
        }
    }
    assert!(files > 0);
    Ok(names)
}

fn refused(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .arg("serve")
        .args(arguments)
        .current_dir(crate::support::root())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn doors_that_cannot_be_guarded_are_not_opened() {
    let site = Site::new();
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let said = refused(&["--listen", "0.0.0.0:0"]);
    assert!(
        said.contains("server.allow_insecure") && said.contains("server.keys_file"),
        "{said}"
    );
    let (cert, key, keys) = (path("cert.pem"), path("key.pem"), path("keys.toml"));
    let tls = |cert: &str, key: &str, more: &[&str]| {
        let mut all = vec!["--listen", "127.0.0.1:0", "--server-tls-cert-file", cert];
        all.extend(["--server-tls-key-file", key]);
        all.extend(more);
        refused(&all)
    };
    assert!(tls("nowhere.pem", &key, &[]).contains("server.tls_cert_file: nowhere.pem"));
    let said = tls(&cert, &cert, &[]);
    assert!(
        said.contains("server.tls_key_file") && !said.contains("key.pem"),
        "{said}"
    );
    assert!(tls(&keys, &key, &[]).contains("server.tls_cert_file"));
    let other = Authority::new("other").issue(GOOD);
    site.write("other.pem", &other.key);
    let said = tls(&cert, &path("other.pem"), &[]);
    assert!(
        said.contains("server.tls_cert_file and server.tls_key_file"),
        "{said}"
    );
    let ca = ["--server-tls-client-ca-file", keys.as_str()];
    assert!(tls(&cert, &key, &ca).contains("server.tls_client_ca_file"));
    site.write(
        "bad.toml",
        "[[tenant]]\nid = 'a'\nkeys = [{ id = 'k', sha256 = '12' }]",
    );
    let bad = path("bad.toml");
    let said = refused(&["--listen", "127.0.0.1:0", "--server-keys-file", &bad]);
    assert!(
        said.contains("server.keys_file: tenant[0].keys[0].sha256"),
        "{said}"
    );
}

#[test]
fn a_fresh_key_is_printed_once_with_its_entry() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_liveproof"))
            .args(["keys", "new"])
            .args(arguments)
            .output()
            .unwrap()
    };
    let output = run(&["--tenant", "acme"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let key = text.lines().find(|l| l.starts_with("lp_")).unwrap();
    let entry = text.split_once("[[tenant]]").unwrap().1;
    let keys = liveproof::tenants::Keys::parse(&format!("[[tenant]]{entry}")).unwrap();
    assert_eq!(keys.admit(Some(key), 0).unwrap().tenant.as_str(), "acme");
    for bad in [
        &["--tenant", "a b"][..],
        &["--tenant", "a", "--id", "b c"],
        &[],
    ] {
        assert_eq!(run(bad).status.code(), Some(64), "{bad:?}");
    }
}

/// A client that speaks slowly, or not at all, or too often.
#[tokio::test(flavor = "multi_thread")]
async fn places_at_the_door_are_held_for_a_short_time_and_are_few() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    let served = crate::support::serve(|c| {
        c.door.handshake_timeout = Duration::from_millis(300);
        c.door.max_connections = 3;
        c.door.max_connections_per_address = 2;
        c.door.max_requests_per_min = 4;
        c.door.max_header_bytes = 2_048;
    })
    .await;
    let at = served.to.strip_prefix("http://").unwrap().to_owned();
    let mut silent = TcpStream::connect(&at).await.unwrap();
    let mut slow = TcpStream::connect(&at).await.unwrap();
    slow.write_all(b"PRI * HT").await.unwrap();
    // The third from this address is closed at once, the two others when their time is over.
    let mut third = TcpStream::connect(&at).await.unwrap();
    let end = async |socket: &mut TcpStream| {
        let mut byte = [0];
        let read = socket.read(&mut byte);
        let read = tokio::time::timeout(Duration::from_secs(2), read).await;
        // Closed, or reset where what was sent had not been read.
        assert!(matches!(
            read.expect("it is closed in time"),
            Ok(0) | Err(_)
        ));
    };
    end(&mut third).await;
    end(&mut silent).await;
    end(&mut slow).await;
    let client = served.client().await;
    client.info().await.unwrap();
    let mut calls = 1;
    let refused = loop {
        match client.info().await {
            Ok(_) => calls += 1,
            Err(e) => break e,
        }
        assert!(calls < 9);
    };
    assert_eq!(calls, 4);
    assert_eq!(refused.status().unwrap().code(), Code::ResourceExhausted);
    assert!(refused.should_retry());
    let large = Access::default().key("x".repeat(4_096));
    let client = Client::connect_with(&served.to, &large).await.unwrap();
    let refused = client.info().await.unwrap_err();
    let code = refused.status().unwrap().code();
    assert!(
        matches!(code, Code::Internal | Code::Unknown | Code::Unavailable),
        "{code:?}"
    );
    served.stop().await.unwrap();
}
