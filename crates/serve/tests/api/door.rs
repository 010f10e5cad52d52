//! Names, origins, paths and heads that are none.

use super::place::{Place, ask, bearer, config, connect, items, place, place_with, read_reply, request, until};
use serve::{Config, Error, Server};
use std::io::{BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

fn by_host(p: &Place, host: &str) -> u16 {
    p.ask(&request("GET", "/v1/use-cases", host, &[bearer(&p.token)], "")).status
}

#[test]
fn d2_a_foreign_host_is_refused() {
    let p = place();
    let port = p.address().port();
    for fine in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        assert_eq!(by_host(&p, &fine), 200, "{fine}");
    }
    for foreign in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.:{port}"),
        String::new(),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port ^ 1),
        format!("0.0.0.0:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("2130706433:{port}"),
        format!("[::1]:{port}"),
        format!("user@127.0.0.1:{port}"),
    ] {
        assert!(matches!(by_host(&p, &foreign), 400 | 403 | 421), "{foreign:?}");
    }
    let two = request("GET", "/v1/use-cases", &p.host(), &[format!("Host: {}", p.host()), bearer(&p.token)], "");
    assert!(matches!(p.ask(&two).status, 400 | 403), "two hosts");
    for absolute in [format!("http://evil.example:{port}/v1/use-cases"), format!("http://{}/v1/use-cases", p.host())] {
        assert!(matches!(p.ask(&request("GET", &absolute, &p.host(), &[bearer(&p.token)], "")).status, 400 | 403), "{absolute}");
    }
    let none = ask(p.address(), format!("GET /v1/use-cases HTTP/1.0\r\n{}\r\n\r\n", bearer(&p.token)).as_bytes());
    assert!(none.is_none_or(|reply| matches!(reply.status, 400 | 403)), "no host");
}

#[test]
fn d3_a_name_that_was_bound_to_this_machine_is_refused_also_without_an_origin() {
    let p = place();
    let rebound = format!("rebound.example:{}", p.address().port());
    let reply = p.ask(&request("GET", "/v1/use-cases", &rebound, &[bearer(&p.token)], ""));
    assert_eq!((reply.status, reply.code().as_str()), (403, "not_from_here"));
    assert_eq!(p.ask(&request("GET", "/openapi.json", &rebound, &[], "")).status, 403, "the page neither");
}

#[test]
fn d4_pages_of_other_origins_change_and_read_nothing() {
    let p = place();
    let body = items(&[("1", "Where?")]);
    for origin in ["null", "https://evil.example", "http://localhost", "http://127.0.0.1:1"] {
        let reply = p.post_with("/v1/items", &body, &[format!("Origin: {origin}")]);
        assert_eq!((reply.status, reply.code().as_str()), (403, "not_from_here"), "{origin}");
        assert!(reply.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{reply:?}");
    }
    for site in ["cross-site", "same-site"] {
        let image = request("GET", "/v1/use-cases", &p.host(), &[bearer(&p.token), format!("Sec-Fetch-Site: {site}")], "");
        assert_eq!(p.ask(&image).status, 403, "{site}");
    }
    let preflight = ["Origin: https://evil.example".to_owned(), "Access-Control-Request-Method: POST".to_owned()];
    let reply = p.ask(&request("OPTIONS", "/v1/items", &p.host(), &preflight, ""));
    assert_eq!(reply.status, 403);
    assert!(reply.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{reply:?}");
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=utf-16",
        "",
    ] {
        let posted = p.posted("/v1/items", &body, &[]).replace("Content-Type: application/json", &format!("Content-Type: {kind}"));
        let reply = p.ask(&posted);
        assert_eq!((reply.status, reply.code().as_str()), (415, "not_json"), "{kind:?}");
    }
    let upgrade = ["Connection: Upgrade".to_owned(), "Upgrade: websocket".to_owned(), bearer(&p.token)];
    assert_eq!(p.ask(&request("GET", "/v1/events", &p.host(), &upgrade, "")).status, 400);
    assert_eq!(p.count(), 0);
    let own = p.post_with("/v1/items", &body, &[format!("Origin: http://{}", p.host()), "Sec-Fetch-Site: same-origin".to_owned()]);
    assert_eq!(own.status, 201, "the own page is tried from");
}

#[test]
fn d4_no_get_changes_anything() {
    let p = place();
    for path in ["/v1/items", "/v1/deliveries/ack", "/v1/chat/completions"] {
        let reply = p.get(path);
        assert_eq!((reply.status, reply.code().as_str()), (405, "method_not_allowed"), "{path}");
    }
    assert_eq!(p.ask(&request("PUT", "/v1/items", &p.host(), &[bearer(&p.token)], "")).status, 405);
}

/// An address of this machine that is not its loopback, if it has one.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the system only chooses the address that it would send from.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[test]
fn d5_it_listens_on_loopback_alone() {
    let p = place_with(true, &Config { v6: true, ..config() });
    assert!(p.server.addresses().iter().all(|address| address.ip().is_loopback()), "{:?}", p.server.addresses());
    assert_eq!(p.server.addresses().len(), 2);
    let port = p.address().port();
    let six = p.server.addresses()[1];
    let reply = ask(six, request("GET", "/v1/use-cases", &format!("[::1]:{port}"), &[bearer(&p.token)], "").as_bytes());
    assert_eq!(reply.expect("an answer").status, 200);
    if let Some(own) = own_address() {
        let outside = TcpStream::connect_timeout(&SocketAddr::new(own, port), Duration::from_secs(5));
        assert!(outside.is_err(), "{own} is answered");
    }
}

#[test]
fn d5_a_port_that_is_taken_is_said_and_nothing_listens_instead() {
    let p = place();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let Err(refused) = Server::start(Arc::clone(&p.desk), &Config { port, ..config() }) else {
        panic!("it listens on a port that is taken")
    };
    assert!(matches!(refused, Error::Taken(_)), "{refused}");
    assert!(refused.to_string().contains(&port.to_string()), "{refused}");
    let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = everywhere.local_addr().unwrap().port();
    assert!(
        matches!(Server::start(Arc::clone(&p.desk), &Config { port, ..config() }), Err(Error::Taken(_))),
        "nor beside who listens everywhere"
    );
}

/// All that comes back until the connection ends.
fn said(p: &Place, bytes: &[u8]) -> String {
    let mut stream = connect(p.address());
    drop(stream.write_all(bytes));
    let mut back = Vec::new();
    drop(stream.read_to_end(&mut back));
    String::from_utf8_lossy(&back).into_owned()
}

#[test]
fn d6_no_request_is_smuggled_within_another() {
    let p = place();
    let auth = bearer(&p.token);
    let host = p.host();
    let inner = p.posted("/v1/items", &items(&[("smuggled", "x")]), &[]);
    let head =
        |lengths: &str| format!("POST /v1/items HTTP/1.1\r\nHost: {host}\r\n{auth}\r\nContent-Type: application/json\r\n{lengths}\r\n\r\n");
    for (name, bytes) in [
        ("a length and chunks", head("Content-Length: 4\r\nTransfer-Encoding: chunked") + "0\r\n\r\n" + &inner),
        ("chunks and a length", head("Transfer-Encoding: chunked\r\nContent-Length: 4") + "0\r\n\r\n" + &inner),
        ("two lengths", head("Content-Length: 0\r\nContent-Length: 9") + &inner),
        ("the same length twice", head("Content-Length: 0\r\nContent-Length: 0") + &inner),
        ("chunks", head("Transfer-Encoding: chunked") + "0\r\n\r\n" + &inner),
        ("odd chunks", head("Transfer-Encoding: xchunked") + "0\r\n\r\n" + &inner),
        ("a chunk too long for a number", head("Transfer-Encoding: chunked") + "ffffffffffffffff0\r\n" + &inner),
        ("a line without CR", head("Content-Length: 0").replacen("\r\n", "\n", 1) + &inner),
        ("a folded line", head("Content-Length: 0\r\n X: y") + &inner),
        ("a space before the colon", head("Content-Length : 5") + &inner),
        ("a length with a sign", head("Content-Length: +0") + &inner),
    ] {
        let back = said(&p, bytes.as_bytes());
        let answers = back.matches("HTTP/1.1 ").count();
        assert!(answers <= 1, "{name}: {back}");
        assert!(!back.contains("HTTP/1.1 2"), "{name}: {back}");
    }
    assert_eq!(p.count(), 0);
}

#[test]
fn d6_heads_have_limits() {
    let p = place();
    let many: Vec<String> = (0..100_000).map(|n| format!("X-{n}: y")).collect();
    let large = vec![format!("X: {}", "y".repeat(1 << 20))];
    for (name, headers) in [("100,000 headers", many), ("a header of a mebibyte", large)] {
        let back = said(&p, request("GET", "/v1/use-cases", &p.host(), &headers, "").as_bytes());
        assert!(back.is_empty() || back.starts_with("HTTP/1.1 431") || back.starts_with("HTTP/1.1 400"), "{name}: {back}");
    }
    assert_eq!(by_host(&p, &p.host()), 200, "and it goes on");
}

#[test]
fn d6_hundreds_who_say_nothing_hold_nobody_up_and_are_let_go() {
    let p = place();
    // Both ends are files of this process, which may commonly have 1,024.
    let mut slow: Vec<TcpStream> = (0..480)
        .map(|_| {
            let mut stream = connect(p.address());
            stream.write_all(b"G").unwrap();
            stream
        })
        .collect();
    assert_eq!(by_host(&p, &p.host()), 200, "who asks properly is answered meanwhile");
    let last = slow.last_mut().unwrap();
    // The end of a head's patience is seen as the end of the connection, and not as the end of our patience.
    let mut rest = Vec::new();
    if let Err(e) = last.read_to_end(&mut rest) {
        assert_eq!(e.kind(), std::io::ErrorKind::ConnectionReset, "{e}");
    }
    let back = String::from_utf8_lossy(&rest);
    assert!(back.is_empty() || back.starts_with("HTTP/1.1 408"), "{back}");
    drop(slow);
    until("a place for a new connection", || ask(p.address(), request("GET", "/v1/health", &p.host(), &[], "").as_bytes()).is_some());
}

#[test]
fn d7_bodies_have_limits() {
    let p = place();
    let head = |length: &str, more: &str| {
        format!(
            "POST /v1/items HTTP/1.1\r\nHost: {}\r\n{}\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n",
            p.host(),
            bearer(&p.token)
        )
    };
    for length in ["2147483648", "10485761"] {
        let reply = ask(p.address(), head(length, "").as_bytes()).expect("an answer before the body");
        assert_eq!((reply.status, reply.code().as_str()), (413, "too_large"), "{length}");
    }
    let short = format!("{}{{}}", head("100", ""));
    let mut stream = connect(p.address());
    stream.write_all(short.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(read_reply(&mut BufReader::new(stream)).is_none_or(|reply| reply.status == 400), "less than was said");
    let packed = ask(p.address(), (head("2", "Content-Encoding: gzip\r\n") + "xx").as_bytes()).expect("an answer");
    assert_eq!((packed.status, packed.code().as_str()), (415, "not_json"), "nothing is unpacked");
    assert_eq!(p.count(), 0);
}

#[test]
fn d10_tricks_with_paths_find_nothing() {
    let p = place();
    for path in [
        "/v1/items/..%2f..%2f",
        "/v1/items/%00",
        "//v1/use-cases",
        "/v1//use-cases",
        "/v1/use-cases;x=1",
        "/v1/use-cases/",
        "/v1/items/../use-cases",
        "/v1/%75se-cases",
        "/V1/use-cases",
        "/v1/use\u{2010}cases",
        "/v1/items/a\\b",
        "/nothing",
    ] {
        let reply = ask(p.address(), request("GET", path, &p.host(), &[bearer(&p.token)], "").as_bytes());
        assert!(reply.is_none_or(|reply| matches!(reply.status, 404 | 400)), "{path}");
    }
    let parts = p.get("/v1/use-cases?x=1");
    assert_eq!((parts.status, parts.code().as_str()), (400, "invalid"));
}

#[test]
fn every_answer_names_its_request_and_forbids_what_browsers_might_do_with_it() {
    let p = place();
    for reply in [p.get("/v1/use-cases"), p.get("/nothing"), p.ask(&request("GET", "/", &p.host(), &[], ""))] {
        assert_eq!(reply.header("x-request-id").map(str::len), Some(36), "{reply:?}");
        assert_eq!((reply.header("x-content-type-options"), reply.header("cache-control")), (Some("nosniff"), Some("no-store")));
        assert!(reply.header("content-security-policy").unwrap().starts_with("default-src 'none'"), "{reply:?}");
    }
    let reply = p.get("/v1/items/none");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(reply.json()["request_id"].as_str(), reply.header("x-request-id"));
}
