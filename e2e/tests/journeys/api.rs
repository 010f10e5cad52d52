//! Another program takes part: the local API is switched on in the settings, a token is made, and what comes in is on the desk.

use crate::acts::{go, try_the_sample};
use crate::pictures::until_it_is;
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

#[tokio::test]
#[ignore = "needs a screen"]
async fn another_program_gives_a_request_once_a_person_has_switched_it_on() {
    let place = Place::fresh("api");
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    go(&window, "settings", "api-card").await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it has an address").port();
    window.fill("api-port", &port.to_string()).await;
    window.click("api-on").await;
    window.click("api-apply").await;
    window.text_where("api-problem", "that the port is taken", PATIENCE, |text| text.contains("taken by another program")).await;
    window.shot("api-taken").await;
    drop(taken);
    window
        .text_where("api-address", "that it listens by itself once the port is free", PATIENCE, |text| text.contains(&port.to_string()))
        .await;

    window.fill("token-name", "shop").await;
    window.click("token-create").await;
    let token = window.text_where("token-text", "the token", PATIENCE, |text| text.starts_with("gait_")).await;
    for locale in ["ko", "en"] {
        until_it_is(&window, "language", "html", "lang", locale).await;
        for theme in ["dark", "light"] {
            until_it_is(&window, "theme", "[data-testid=theme]", "data-theme-choice", theme).await;
            window.shot(&format!("api-token-{theme}-{locale}")).await;
        }
    }
    window.click("token-done").await;
    window.gone("token-text").await;

    let ledger = Ledger::open(&place);
    let name: String = ledger.one("SELECT name FROM use_case");
    let body =
        serde_json::json!({ "use_case": name, "items": [{ "id": "A-1", "fields": { "message": "Where is my parcel?" } }] }).to_string();
    assert!(post(port, &token, &body).starts_with("HTTP/1.1 201"), "it is acknowledged");
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM item WHERE source = 'api' AND external_id = 'A-1'"), 1, "and kept");
    window
        .until("a draft of it", std::time::Duration::from_secs(120), async |_| {
            let drafts: i64 = ledger.one("SELECT count(*) FROM draft d JOIN item i ON i.id = d.item WHERE i.source = 'api'");
            Ok((drafts > 0).then_some(()))
        })
        .await;

    window.click("token-revoke-1").await;
    window.click("token-revoke-1").await;
    window.text_where("token-1", "that it is revoked", PATIENCE, |text| text.contains("revoked")).await;
    assert!(post(port, &token, &body).starts_with("HTTP/1.1 403"), "from the next request on");
    window.click("api-on").await;
    window.click("api-apply").await;
    window.gone("api-address").await;
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nothing listens any more");
    ledger.check();
    window.close().await;
}

/// All that is answered.
fn post(port: u16, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let length = body.len();
    let request = format!(
        "POST /v1/items HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}
