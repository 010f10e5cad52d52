//! Who follows what happens.

use super::place::{Place, bearer, connect, place, read_chunk, read_head, read_reply, request};
use flow::review::Verdict;
use flow::testing::admin;
use serde_json::{Value, json};
use std::io::{BufReader, Write};
use std::net::TcpStream;

/// A stream of events that is read as it comes.
struct Events(BufReader<TcpStream>);

impl Events {
    /// The stream after its first piece, and the cursor that this gives.
    fn open(p: &Place, path: &str, headers: &[String]) -> (Self, String) {
        let mut events = Self::open_stream(p, path, headers);
        let first = events.piece();
        let cursor = first.lines().find_map(|line| line.strip_prefix("id: ")).expect("where it begins").to_owned();
        assert!(first.contains("\n: ") && first.ends_with("\n\n"), "a sign of life comes at once: {first:?}");
        (events, cursor)
    }

    fn open_stream(p: &Place, path: &str, headers: &[String]) -> Self {
        let mut stream = connect(p.address());
        let headers = [vec![bearer(&p.token)], headers.to_vec()].concat();
        stream.write_all(request("GET", path, &p.host(), &headers, "").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let (status, headers) = read_head(&mut reader).unwrap();
        assert_eq!(status, 200, "{headers:?}");
        Self(reader)
    }

    fn piece(&mut self) -> String {
        String::from_utf8(read_chunk(&mut self.0).expect("the stream goes on")).unwrap()
    }

    /// Id, name and data of the next one.
    fn next(&mut self) -> (String, String, Value) {
        loop {
            let piece = self.piece();
            let line = |name: &str| piece.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let (Some(id), Some(name), Some(data)) = (line("id: "), line("event: "), line("data: ")) {
                return (id, name, serde_json::from_str(&data).unwrap());
            }
        }
    }
}

/// One item, approved and out.
fn one_out(p: &Place, id: &str) -> String {
    let uid = p.submit(id);
    p.draft();
    p.decide(Verdict::Approve, None);
    p.deliver();
    uid
}

#[test]
fn events_tell_of_decisions_and_deliveries_as_they_come_and_go_on_after_the_last_one() {
    let p = place();
    one_out(&p, "before");
    let (mut events, _) = Events::open(&p, "/v1/events", &[]);
    let uid = p.submit("1");
    p.draft();
    p.decide(Verdict::Approve, None);
    let (_, name, data) = events.next();
    assert_eq!((name.as_str(), &data["item"], &data["verdict"]), ("decided", &json!(uid), &json!("approve")));
    assert_eq!(data["delivery"], json!(null), "no text before it is out");
    p.desk.undo(p.case, &admin()).unwrap();
    assert_eq!(events.next().1, "taken_back");
    p.decide(Verdict::Edit, Some("Soon."));
    let (after_decision, name, _) = events.next();
    assert_eq!(name, "decided");
    p.deliver();
    let (_, name, data) = events.next();
    assert_eq!((name.as_str(), &data["delivery"]["text"]), ("delivered", &json!("Soon.")));
    drop(events);

    let (mut again, _) = Events::open(&p, "/v1/events", &[format!("Last-Event-ID: {after_decision}")]);
    assert_eq!(again.next().1, "delivered");
}

#[test]
fn who_loses_the_connection_before_anything_happened_goes_on_where_it_began() {
    let p = place();
    one_out(&p, "before");
    let (events, cursor) = Events::open(&p, "/v1/events", &[]);
    drop(events);
    let uid = one_out(&p, "meanwhile");
    let (mut again, _) = Events::open(&p, "/v1/events", &[format!("Last-Event-ID: {cursor}")]);
    let (_, name, data) = again.next();
    assert_eq!((name.as_str(), &data["item"]), ("decided", &json!(uid)));
}

#[test]
fn deliveries_are_listed_after_a_cursor_and_acknowledged_once() {
    let p = place();
    let uids: Vec<String> = ["1", "2", "3"].map(|id| one_out(&p, id)).to_vec();
    let first = p.get("/v1/deliveries?limit=2").json();
    let items =
        |page: &Value| page["deliveries"].as_array().unwrap().iter().map(|d| d["item"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((items(&first), &first["more"]), (uids[..2].to_vec(), &json!(true)));
    let next = first["next"].as_str().unwrap();
    let second = p.get(&format!("/v1/deliveries?after={next}")).json();
    assert_eq!((items(&second), &second["more"]), (uids[2..].to_vec(), &json!(false)));
    let end = second["next"].as_str().unwrap();
    let nothing = p.get(&format!("/v1/deliveries?after={end}")).json();
    assert_eq!((items(&nothing), nothing["next"].as_str()), (Vec::new(), Some(end)));

    let id = first["deliveries"][0]["id"].as_str().unwrap();
    let acked = p.post("/v1/deliveries/ack", &json!({ "ids": [id, "msg_none"] }));
    assert_eq!((acked.status, acked.json()), (200, json!({ "acknowledged": 1, "before": 0, "unknown": ["msg_none"] })));
    let again = p.post("/v1/deliveries/ack", &json!({ "ids": [id] })).json();
    assert_eq!(again, json!({ "acknowledged": 0, "before": 1, "unknown": [] }));
    assert_eq!(items(&p.get("/v1/deliveries?open=true").json()), uids[1..].to_vec());
    assert!(p.get("/v1/deliveries?limit=1").json()["deliveries"][0]["acknowledged_at"].is_i64());
    for ids in [json!([]), json!(vec!["x"; 1_001])] {
        assert_eq!(p.post("/v1/deliveries/ack", &json!({ "ids": ids })).status, 400);
    }
}

#[test]
fn d13_cursors_and_limits_that_were_not_given_are_refused() {
    let p = place();
    one_out(&p, "1");
    let good = p.get("/v1/deliveries").json()["next"].as_str().unwrap().to_owned();
    let (life, n) = good.split_once('-').unwrap();
    let later = n.parse::<i64>().unwrap() + 1;
    for forged in [
        "x".to_owned(),
        n.to_owned(),
        format!("{life}-"),
        format!("{life}--1"),
        format!("{life}-{later}"),
        format!("{life}-99999999999999999999999"),
        format!("00000000-{n}"),
        format!("{life}-1e3"),
    ] {
        for path in ["/v1/deliveries", "/v1/events"] {
            let reply = p.get(&format!("{path}?after={forged}"));
            assert_eq!((reply.status, reply.code().as_str()), (400, "invalid"), "{path} {forged}");
        }
    }
    for limit in ["-1", "0", "501", "1000000000", "x", "1.5", ""] {
        assert_eq!(p.get(&format!("/v1/deliveries?limit={limit}")).status, 400, "{limit:?}");
    }
    for flag in ["/v1/deliveries?open=1", "/v1/deliveries?limit=1&limit=2", "/v1/deliveries?after=a%20b"] {
        assert_eq!(p.get(flag).status, 400, "{flag}");
    }
}

#[test]
fn who_waits_for_a_decision_hears_of_it_when_it_is_final() {
    let p = place();
    let uid = p.submit("1");
    p.draft();
    let reply = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| p.get(&format!("/v1/items/{uid}/decision?wait=60")));
        p.decide(Verdict::Approve, None);
        p.deliver();
        waiting.join().unwrap()
    });
    assert_eq!((reply.status, &reply.json()["decision"]["text"]), (200, &json!("Re: Where is my order?")));
    assert_eq!(p.get(&format!("/v1/items/{uid}/decision?wait=61")).status, 400);
}

#[test]
fn a_rejection_is_final_when_the_time_to_take_it_back_is_over() {
    let p = place();
    let uid = p.submit("1");
    p.draft();
    p.decide(Verdict::Reject, None);
    assert_eq!(p.get(&format!("/v1/items/{uid}/decision")).json()["decision"], json!(null));
    p.hand.advance(std::time::Duration::from_secs(11));
    let decided = p.get(&format!("/v1/items/{uid}/decision")).json();
    assert_eq!((&decided["decision"]["verdict"], &decided["decision"]["reasons"]), (&json!("reject"), &json!(["wrong"])));
    assert_eq!(decided["decision"]["text"], json!(null));
}

#[test]
fn who_follows_is_let_go_when_the_server_ends() {
    let p = place();
    let (mut events, _) = Events::open(&p, "/v1/events", &[]);
    let address = p.address();
    p.server.end();
    assert_eq!(read_chunk(&mut events.0), None, "the stream ends");
    assert!(TcpStream::connect(address).is_err(), "and the port is free");
}

#[test]
fn d11_who_follows_with_a_token_that_is_revoked_meanwhile_hears_of_nothing_more() {
    let p = place();
    let (mut events, _) = Events::open(&p, "/v1/events", &[]);
    one_out(&p, "before");
    assert_eq!((events.next().1, events.next().1), ("decided".to_owned(), "delivered".to_owned()));
    let id = p.desk.tokens().unwrap()[0].id;
    let uid = p.submit("1");
    p.draft();
    p.desk.revoke_token(&admin(), id).unwrap();
    p.decide(Verdict::Approve, None);
    p.deliver();
    assert_eq!(read_chunk(&mut events.0), None, "the stream ends without what came after");
    assert_eq!(p.get(&format!("/v1/items/{uid}")).status, 403);
}

#[test]
fn d11_who_waits_for_a_decision_with_a_token_that_is_revoked_meanwhile_is_refused() {
    let p = place();
    let uid = p.submit("1");
    p.draft();
    let id = p.desk.tokens().unwrap()[0].id;
    let mut waits = connect(p.address());
    waits.write_all(request("GET", &format!("/v1/items/{uid}/decision?wait=60"), &p.host(), &[bearer(&p.token)], "").as_bytes()).unwrap();
    // Whether it is let in before or refused at once: the text does not come out.
    p.desk.revoke_token(&admin(), id).unwrap();
    p.decide(Verdict::Approve, None);
    p.deliver();
    let reply = read_reply(&mut BufReader::new(waits)).expect("an answer");
    assert_eq!((reply.status, reply.code().as_str()), (403, "token_refused"));
    assert!(!reply.body.contains("Where is my order?"), "{reply:?}");
}
