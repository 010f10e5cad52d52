//! JSON: group B of the hostile inputs.

use super::*;

#[test]
fn b1_lines_that_are_no_json_are_rejected_and_the_rest_goes_on() {
    let i = intake();
    let bad = [
        r#"{"id":"2","message":"a",}"#,
        r#"{"id":"3","message":"a"} // why"#,
        r#"{"id":"4","n":NaN}"#,
        r#"{"id":"5","n":Infinity}"#,
        "{'id':'6'}",
    ];
    let file = format!("{{\"id\":\"1\",\"message\":\"a\"}}\n{}\n{{\"id\":\"7\",\"message\":\"b\"}}", bad.join("\n"));
    let expected: Vec<(u64, &str)> = (2..7).map(|line| (line, "not a JSON object")).collect();
    i.check("lines.jsonl", file.as_bytes(), 2, 0, &expected);
    // Also where the first one is bad.
    i.check("first.jsonl", b"{\"id\":\"8\",\n{\"id\":\"9\",\"message\":\"b\"}\n", 1, 0, &[(1, "not a JSON object")]);
}

#[test]
fn b2_nesting_however_deep_is_an_error_and_not_a_crash() {
    let i = intake();
    for depth in [127, 128, 200_000] {
        let deep = format!(
            "{{\"id\":\"d{depth}\",\"message\":{}{}}}\n{{\"id\":\"{depth}\",\"message\":\"ok\"}}\n",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let report = i.import("deep.jsonl", deep.as_bytes());
        assert_eq!((report.accepted, report.rejects_total), (1, 1), "{depth}: {:?}", report.rejects);
        // Deeper objects; a list in the first line, which is read object by object: it ends all the same.
        let objects = format!("{{\"message\":{}1{}}}\n", "{\"a\":".repeat(depth), "}".repeat(depth));
        let list = format!("[{{\"message\":{}\n", "{\"a\":".repeat(depth));
        for (name, file) in [("objects.jsonl", objects), ("list.json", list)] {
            let found = i.preview(name, file.as_bytes()).unwrap();
            assert_eq!((found.rows.len(), found.problems.len()), (0, 1), "{name}: {:?}", found.problems);
        }
    }
}

#[test]
fn b3_a_name_that_stands_twice_is_rejected() {
    let i = intake();
    i.check(
        "twice.jsonl",
        b"{\"id\":1,\"id\":2,\"message\":\"x\"}\n{\"id\":3,\"\\u0069d\":4,\"message\":\"x\"}\n{\"id\":5,\"message\":\"x\"}",
        1,
        0,
        &[(1, "stands twice"), (2, "stands twice")],
    );
}

#[test]
fn b4_escapes_that_are_no_character_are_rejected() {
    let i = intake();
    i.check(
        "escapes.jsonl",
        b"{\"message\":\"\\ud800\"}\n{\"message\":\"\\udc00\\ud800\"}\n{\"message\":\"a\\u0000b\"}\n{\"message\":\"\\u00zz\"}\n{\"message\":\"\\ud83d\\ude00 \\u00e9\"}\n",
        1,
        0,
        &[(1, "message"), (2, "message"), (3, "NUL"), (4, "not a JSON object")],
    );
    assert_eq!(i.texts("message"), ["\u{1f600} \u{e9}"]);
}

#[test]
fn b5_numbers_keep_their_digits() {
    let i = intake();
    let long = "9".repeat(480);
    let numbers = ["1e400", "-0", "9007199254740993", "9223372036854775808", "18446744073709551616", "18446744073709551617", "0.10", &long];
    let file: String = numbers.iter().map(|n| format!("{{\"id\":{n},\"message\":{n}}}\n")).collect();
    i.check("n.jsonl", file.as_bytes(), numbers.len() as u64, 0, &[]);
    assert_eq!(i.texts("message"), numbers);
}

#[test]
fn b6_lines_of_every_length_and_end() {
    let i = intake();
    i.check("ends.jsonl", b"\r\n{\"id\":\"1\",\"message\":\"a\"}\r\n\n  \n{\"id\":\"2\",\"message\":\"b\"}", 2, 0, &[]);
    let mut long = vec![b'{'; 9 << 20];
    long.extend_from_slice(b"\n{\"id\":\"after\",\"message\":\"ok\"}\n");
    i.check("long.jsonl", &long, 1, 0, &[(1, "longer than")]);
}

#[test]
fn b7_a_list_and_objects_over_several_lines_are_read_as_they_stand() {
    let i = intake();
    i.check("list.json", b"[{\"id\":\"1\",\"message\":\"a ] } , [ { b\"},\n {\"id\":\"2\",\"message\":\"\\\"}\\\"\"}]", 2, 0, &[]);
    i.check("pretty.json", b"[\n  {\n    \"id\": \"3\",\n    \"message\": \"c\"\n  },\n  {\n    \"id\": \"4\"\n  },\n  {\n    \"id\": \"5\",\n    \"message\": \"d\"\n  }\n]\n", 2, 0, &[(6, "found nothing")]);
    i.check(
        "one after the other.jsonl",
        b"{\n  \"id\": \"6\",\n  \"message\": \"e\"\n}\n{\n  \"id\": \"7\",\n  \"message\": \"f\"\n}\n",
        2,
        0,
        &[],
    );
    i.check("cut.json", b"[{\"id\":\"8\",\"message\":\"g\"},{\"id\":\"9\",\"mess", 1, 0, &[(1, "whole object")]);
    assert_eq!(i.texts("message"), ["a ] } , [ { b", "\"}\"", "c", "d", "e", "f", "g"]);
    i.check("numbers.jsonl", b"[1]\n{\"id\":\"10\",\"message\":\"h\"}\n", 1, 0, &[(1, "found an array")]);
}

#[test]
fn b8_archives_are_named_and_not_unpacked() {
    let i = intake();
    i.refused("z.jsonl", b"\x1f\x8b\x08rest", "gzip");
    i.refused("zip.jsonl", b"PK\x03\x04rest", "zip archive");
    i.refused("empty.jsonl", b"PK\x05\x06\0\0", "empty zip");
}

#[test]
fn b9_names_that_a_page_could_stumble_over_are_plain_names() {
    let i = intake();
    i.check("proto.jsonl", b"{\"id\":\"__proto__\",\"__proto__\":\"a\",\"constructor\":\"b\",\"toString\":\"c\"}\n", 1, 0, &[]);
    assert_eq!([i.texts("__proto__"), i.texts("constructor"), i.texts("toString")].concat(), ["a", "b", "c"]);
}

#[test]
fn b10_objects_and_lists_of_very_many_are_rejected() {
    let i = intake();
    let members: Vec<String> = (0..200_000).map(|n| format!("\"k{n}\":1")).collect();
    let list = vec!["1"; 1_000_000].join(",");
    let file = format!("{{{}}}\n{{\"id\":\"1\",\"message\":[{list}]}}\n{{\"id\":\"2\",\"message\":\"ok\"}}\n", members.join(","));
    i.check("many.jsonl", file.as_bytes(), 1, 0, &[(1, "more than 1000 members"), (2, "found a list")]);
}

/// A number and a truth value are taken as they are written: a person reads them just so.
#[test]
fn b11_what_is_no_text_is_rejected_by_name() {
    let i = intake();
    i.check(
        "types.jsonl",
        b"{\"id\":\"1\",\"message\":{}}\n{\"id\":\"2\",\"message\":[]}\n{\"id\":\"3\",\"message\":null}\n{\"id\":\"4\",\"message\":5}\n{\"id\":\"5\",\"message\":true}\n",
        2,
        0,
        &[(1, "message: expected text, found an object"), (2, "message: expected text, found a list"), (3, "found nothing")],
    );
    assert_eq!(i.texts("message"), ["5", "true"]);
}

#[test]
fn b12_fields_that_nobody_asked_for_are_kept() {
    let i = intake();
    i.check("more.jsonl", b"{\"id\":\"1\",\"message\":\"a\",\"from the future\":\"b\"}\n", 1, 0, &[]);
    assert_eq!(i.texts("from the future"), ["b"]);
}
