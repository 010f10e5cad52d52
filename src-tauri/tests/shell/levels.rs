//! What the page asks to see whether a level can be raised, and to leave on paper why it was.

use crate::place::{Place, decision};
use serde_json::{Value, json};

#[test]
fn the_overview_measures_what_the_charter_asks_for() {
    let place = Place::new();
    let case = place.sample();
    let before = place.ok("overview", json!({ "useCase": case }));
    assert_eq!((&before["measured"]["quality"], &before["versions"]), (&Value::Null, &json!([])), "nothing is decided yet");
    for verdict in ["approve", "approve", "reject"] {
        let item = place.next(case);
        place.ok("item_decide", decision(&item, verdict, None));
    }
    let after = place.ok("overview", json!({ "useCase": case }));
    let quality = after["measured"]["quality"].as_f64().unwrap();
    assert!((quality - 2.0 / 3.0).abs() < 1e-9, "{after}");
    assert_eq!(after["measured"]["volumePerDay"], 3.0);
    assert_eq!((&after["versions"][0]["n"], &after["versions"][0]["days"][0]["accepted"]), (&json!(1), &json!(2)));
    let steps = place.ok("level_evidence", json!({ "useCase": case }));
    assert_eq!((&steps[0]["to"], &steps[1]["to"]), (&json!("walk"), &json!("run")));
    for step in steps.as_array().unwrap() {
        assert!((step["needed"].as_f64().unwrap() - (40.0_f64).ln()).abs() < 1e-9, "a first attempt has half of δ: {step}");
        assert_eq!((&step["crossedAt"], &step["allows"]), (&Value::Null, &json!(false)));
    }
}

#[test]
fn a_report_is_written_where_the_person_says_and_only_as_a_page() {
    let place = Place::new();
    let save = |name: &str| json!({ "name": name, "html": "<h1>Raised</h1>" });
    assert_eq!(place.ok("report_save", save("walk.html")), Value::Null, "there is no screen to ask on");
    assert!(place.fails("internal", "report_print", json!({})).contains("no window"));
    assert!(place.fails("internal", "window_zoom", json!({ "percent": 200 })).contains("no window"));
    place.fails("invalid", "window_zoom", json!({ "percent": 1000 }));
    place.fails("invalid", "report_save", save("../walk.html"));
    place.fails("invalid", "report_save", save("walk.exe"));

    let folder = place.folder.path().to_owned();
    place.shell.set_report_picker(Box::new(move |name| Some(folder.join(if name == "odd.html" { "odd.sh" } else { name }))));
    let path = place.folder.path().join("walk.html");
    assert_eq!(place.ok("report_save", save("walk.html")), json!(path));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "<h1>Raised</h1>");
    assert!(place.fails("invalid", "report_save", save("odd.html")).contains("Nothing was written"));
    assert!(!place.folder.path().join("odd.sh").exists());
}

#[test]
fn a_forecast_is_the_same_each_time_and_refuses_what_cannot_be() {
    let place = Place::new();
    let ask = |bad: f64| {
        json!({ "policy": { "epsilon": 0.05, "delta": 0.05, "auditShare": 0.1 },
            "world": { "bad": bad, "noticed": 1.0, "late": 0, "badLater": 0.5, "perDay": 96.0 }, "streams": 10 })
    };
    let clean = place.ok("simulate", ask(0.0));
    assert_eq!((&clean["raised"], &clean["decisions"], &clean["days"]), (&json!(1.0), &json!([96, 96, 96]), &json!(1.0)), "{clean}");
    assert_eq!(place.ok("simulate", ask(0.0)), clean);
    place.fails("invalid", "simulate", ask(1.5));
}
