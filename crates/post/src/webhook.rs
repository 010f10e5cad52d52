//! One letter to one webhook.
//!
//! Invariant: the connection goes to an address that was resolved in this try and that flow's list lets be; what an answer means is flow's.

use crate::sign::signature;
use flow::allowed::Address;
use flow::carrier::{Handed, Letter, MOST_ANSWER, of_status};
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::{Uri, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

pub(crate) fn post(letter: &Letter, limit: Duration) -> Handed {
    // Whom this machine trusts, so that a house's own receivers can be.
    post_by(letter, limit, DefaultResolver::default(), RootCerts::PlatformVerifier)
}

fn post_by(letter: &Letter, limit: Duration, names: impl Resolver, trusted: RootCerts) -> Handed {
    let refused = Arc::new(Mutex::new(None));
    let resolver = Pinned { names, address: letter.address.clone(), refused: Arc::clone(&refused) };
    let agent = Agent::with_parts(config(limit, trusted), DefaultConnector::default(), resolver);
    let seconds = letter.at.0.div_euclid(1000);
    let request = agent
        .post(letter.address.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", seconds.to_string())
        .header("webhook-signature", signature(&letter.secrets, &letter.id, seconds, &letter.body));
    let sent = request.send(letter.body.as_bytes());
    if let Some(why) = refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Handed::Dead(why);
    }
    match sent {
        Ok(answer) => {
            let retry_after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let status = answer.status().as_u16();
            // A polite end of the conversation; the status says all that counts.
            drop(answer.into_body().into_reader().take(MOST_ANSWER as u64).read_to_end(&mut Vec::new()));
            of_status(status, retry_after.as_deref(), letter.at)
        }
        Err(e) => of_error(&e),
    }
}

fn config(limit: Duration, trusted: RootCerts) -> Config {
    Agent::config_builder()
        .user_agent(concat!("gait/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .max_response_header_size(MOST_ANSWER)
        .proxy(None)
        .timeout_global(Some(limit))
        .tls_config(TlsConfig::builder().root_certs(trusted).build())
        .build()
}

/// Resolves once, and lets through only what the list lets be.
#[derive(Debug)]
struct Pinned<R> {
    names: R,
    address: Address,
    refused: Arc<Mutex<Option<String>>>,
}

impl<R: Resolver> Resolver for Pinned<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout).map_err(not_found)?;
        match found.iter().find(|address| !self.address.may_be(address.ip())) {
            None => Ok(found),
            Some(closed) => {
                let why = format!(
                    "{} leads to {}, an address of this machine or its network; nothing was sent. An admin can put that address itself on the list",
                    uri.host().unwrap_or_default(),
                    closed.ip()
                );
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                Err(ureq::Error::HostNotFound)
            }
        }
    }
}

/// Whatever the system says of a name that it cannot resolve: nothing was sent.
#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are the library's, and more may come")]
fn not_found(error: ureq::Error) -> ureq::Error {
    match error {
        ureq::Error::Timeout(kind) => ureq::Error::Timeout(kind),
        _ => ureq::Error::HostNotFound,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are the library's and the standard library's, and more may come")]
fn of_error(error: &ureq::Error) -> Handed {
    use std::io::ErrorKind;
    use ureq::Timeout;
    match error {
        ureq::Error::HostNotFound => Handed::not_sent("the receiver's host was not found"),
        ureq::Error::ConnectionFailed => Handed::not_sent("the receiver cannot be reached"),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Handed::not_sent("the receiver cannot be reached in time"),
        ureq::Error::Timeout(_) => Handed::no_answer("the receiver did not answer in time"),
        ureq::Error::Rustls(e) => Handed::not_sent(format!("there is no safe connection to the receiver: {e}")),
        ureq::Error::Tls(e) => Handed::not_sent(format!("there is no safe connection to the receiver: {e}")),
        ureq::Error::Io(e) => match e.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Handed::not_sent("the receiver cannot be reached")
            }
            // A certificate is looked at before anything is sent; all else that rustls says can come later.
            ErrorKind::InvalidData if is_of_certificate(e) => Handed::not_sent(format!("the receiver's certificate is not trusted: {e}")),
            ErrorKind::InvalidData => Handed::no_answer(format!("the safe connection to the receiver broke: {e}")),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
                Handed::no_answer("the connection was cut before the receiver answered")
            }
            _ => Handed::no_answer(format!("the connection broke: {e}")),
        },
        ureq::Error::BadUri(e) => Handed::Dead(format!("the address cannot be used: {e}")),
        other => Handed::no_answer(format!("the receiver answers with what is no HTTP: {other}")),
    }
}

fn is_of_certificate(error: &std::io::Error) -> bool {
    let of_rustls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(of_rustls, Some(rustls::Error::InvalidCertificate(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Millis;
    use flow::allowed::Allowed;
    use flow::carrier::Later;
    use rustls::{AlertDescription, CertificateError};
    use std::net::{SocketAddr, TcpListener};

    #[test]
    fn j5_only_what_is_said_of_a_certificate_means_that_nothing_was_sent() {
        let may_have_left = |e: rustls::Error| match of_error(&ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, e))) {
            Handed::Later(Later { may_have_left, .. }) => may_have_left,
            other @ (Handed::Done | Handed::Dead(_) | Handed::Gone(_)) => panic!("{other:?}"),
        };
        assert!(!may_have_left(rustls::Error::InvalidCertificate(CertificateError::Expired)));
        assert!(may_have_left(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)), "said after the letter in TLS 1.3");
        assert!(may_have_left(rustls::Error::DecryptError));
    }

    /// Every name leads there.
    #[derive(Debug)]
    struct Leads(SocketAddr);

    impl Resolver for Leads {
        fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut found = self.empty();
            found.push(self.0);
            Ok(found)
        }
    }

    #[test]
    fn j1_a_name_that_leads_to_this_machine_is_refused_before_anything_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let there = listener.local_addr().unwrap();
        let origin = format!("https://desk.example.org:{}", there.port());
        let address = Allowed { webhooks: vec![origin.clone()], commands: Vec::new() }.webhook(&origin).unwrap();
        let letter = Letter { id: "msg_1".into(), at: Millis(0), address, secrets: Vec::new(), body: "{}".into() };
        let handed = post_by(&letter, Duration::from_secs(5), Leads(there), RootCerts::PlatformVerifier);
        assert!(matches!(&handed, Handed::Dead(why) if why.contains("of this machine")), "{handed:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "no connection was made");
    }
    /// A receiver that shows a certificate, signed by whom this test trusts, or by somebody else; what came to it after the handshake.
    fn shown(name: &str, until: i32, by_somebody_else: bool) -> (Handed, String) {
        let authority = || {
            let mut about = rcgen::CertificateParams::new(Vec::new()).unwrap();
            about.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let key = rcgen::KeyPair::generate().unwrap();
            let root = about.self_signed(&key).unwrap();
            (root, rcgen::Issuer::new(about, key))
        };
        let (root, issuer) = authority();
        let mut about = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        about.not_before = rcgen::date_time_ymd(2020, 1, 1);
        about.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let signs = if by_somebody_else { authority().1 } else { issuer };
        let certificate = about.signed_by(&key, &signs).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let receiver = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut safe = rustls::ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = rustls::Stream::new(&mut safe, &mut stream);
            let (mut heard, mut part) = (Vec::new(), [0; 4096]);
            while !heard.ends_with(b"{}") {
                match std::io::Read::read(&mut stream, &mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(length) => heard.extend_from_slice(&part[..length]),
                }
            }
            drop(std::io::Write::write_all(&mut stream, b"HTTP/1.1 204 No Content\r\n\r\n"));
            String::from_utf8_lossy(&heard).into_owned()
        });
        let address = Allowed { webhooks: vec![origin.clone()], commands: Vec::new() }.webhook(&origin).unwrap();
        let letter = Letter { id: "msg_1".into(), at: Millis(0), address, secrets: Vec::new(), body: "{}".into() };
        let trusted = RootCerts::new_with_certs(&[ureq::tls::Certificate::from_der(root.der()).to_owned()]);
        let handed = post_by(&letter, Duration::from_secs(10), DefaultResolver::default(), trusted);
        (handed, receiver.join().unwrap())
    }

    #[test]
    fn j2_a_certificate_that_is_over_of_another_host_or_by_somebody_else_is_sent_nothing() {
        let (handed, heard) = shown("127.0.0.1", 2096, false);
        assert!(handed == Handed::Done && heard.starts_with("POST / HTTP/1.1"), "one that is right is trusted: {handed:?}, {heard:?}");
        for (what, name, until, by_somebody_else) in [
            ("over", "127.0.0.1", 2021, false),
            ("of another host", "desk.example.org", 2096, false),
            ("by somebody else", "127.0.0.1", 2096, true),
        ] {
            let (handed, heard) = shown(name, until, by_somebody_else);
            let Handed::Later(Later { why, may_have_left, .. }) = handed else { panic!("{what}: {handed:?}") };
            assert!(!may_have_left && heard.is_empty(), "{what}: {why}, {heard:?}");
            assert!(why.contains("certificate"), "{what}: {why}");
        }
    }
}
