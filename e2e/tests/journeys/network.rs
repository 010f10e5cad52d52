//! No packet goes anywhere but to a sink that is set up: a whole session in a network of its own, every packet recorded.
//!
//! `cargo xtask proof network` makes that network. Without it the session is left out, for the packets of other programs would be among the
//! recorded ones.

use crate::office::Office;
use flow::allowed::Allowed;
use flow::testing::admin;
use flow::use_case::{Sink, SinkKind};
use gait_e2e::{Ledger, Place, Receiver};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Writes a line for each packet of each interface: the interface, the protocol, and the two ports where it has some.
const RECORDER: &str = r#"
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
out = open(sys.argv[1], "w", buffering=1)
print("ready", flush=True)
while True:
    data, (interface, kind, *_) = s.recvfrom(65535)
    words = [interface, hex(kind)]
    if kind == 0x0800 and len(data) >= 20:
        head = (data[0] & 15) * 4
        words += [str(data[9]), socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])]
        if data[9] in (6, 17):
            words += [str(port) for port in struct.unpack("!HH", data[head:head + 4])]
    out.write(" ".join(words) + "\n")
"#;

/// Ends the process with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn record(into: &Path) -> Ended {
    let mut command = Command::new("python3");
    command.args(["-I", "-c", RECORDER]).arg(into).stdout(Stdio::piped());
    let mut child = command.spawn().expect("python3 starts");
    let mut ready = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut ready).expect("it speaks");
    assert_eq!(ready, "ready\n", "the recorder may look at packets");
    Ended(child)
}

fn until(what: &str, limit: Duration, look: impl Fn() -> bool) {
    let start = Instant::now();
    while !look() {
        assert!(start.elapsed() < limit, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs a screen and a network of its own"]
fn no_packet_goes_but_to_the_sink_that_is_set_up() {
    if std::env::var_os("GAIT_OWN_NETWORK").is_none() {
        eprintln!("left out: `cargo xtask proof network` gives it a network of its own, where that is allowed");
        return;
    }
    let mut place = Place::fresh("network");
    place.own_models();
    let receiver = Receiver::start();
    let mut office = Office::filled_for_review(&place, 4);
    let desk = &office.desk;
    desk.save_allowed(&Allowed { webhooks: vec![receiver.address()], commands: Vec::new() }, &admin()).expect("the list can be kept");
    let mut input = desk.use_case(office.case).expect("it is there").input;
    input.sinks.push(Sink { kind: SinkKind::Webhook, path: format!("{}/in", receiver.address()), audience: None });
    desk.save_use_case(&admin(), Some(office.case), &input).expect("it can be changed");
    let mut settings = desk.settings().expect("there are settings");
    settings.undo_seconds = 0;
    desk.save_settings(&settings).expect("settings can be kept");
    let folder = place.folder().join("requests");
    desk.watch_folder(office.case, &folder, "message", &admin()).expect("it can be watched");
    office.take(1);
    office.decide(3, None);
    drop(office);
    std::fs::write(folder.join("a.txt"), "A question from a folder").expect("the place can be written");

    let packets = place.folder().join("packets");
    let recorder = record(&packets);
    let log = std::fs::File::create(place.log()).expect("the place can be written");
    let mut program = Command::new(place.start());
    program.envs(place.environment()).stdout(Stdio::null()).stderr(log);
    let program = Ended(program.spawn().expect("the program starts"));
    let ledger = Ledger::open(&place);
    // It loads the page, delivers, reads the folder, and drafts what came in by it.
    until("three texts at the receiver", Duration::from_secs(120), || receiver.letters().len() == 3);
    until("the file to be read", Duration::from_secs(120), || folder.join("done/a.txt").exists());
    until("the new request to be drafted", Duration::from_secs(300), || {
        ledger.one::<i64>("SELECT count(*) FROM item WHERE state IN ('received', 'drafting')") == 0
    });
    until("the page to have asked", Duration::from_secs(120), || {
        std::fs::read_to_string(place.log()).is_ok_and(|log| log.contains("the page asks for the status"))
    });
    drop(program);
    drop(recorder);

    let recorded = std::fs::read_to_string(&packets).expect("it was written");
    let port = receiver.port.to_string();
    let mut to_the_sink = 0;
    for line in recorded.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let is_ours = words.len() == 7
            && words[0] == "lo"
            && words[2] == "6"
            && words[3..5] == ["127.0.0.1"; 2]
            && words[5..].contains(&port.as_str());
        assert!(is_ours, "a packet that is not the sink's: {line}\n{recorded}");
        to_the_sink += 1;
    }
    assert!(to_the_sink > 3 * 6, "the recorder has seen the three texts go: {recorded}");
    println!("{to_the_sink} packets, all of them of the three texts to the sink; none on the way out");
}
