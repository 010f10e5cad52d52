//! Who is let in.

use super::place::{bearer, items, place, request, token};
use flow::testing::{admin, reviewer};
use flow::token::{Scope, TokenInput};
use std::time::Duration;

fn status(p: &super::place::Place, headers: &[String]) -> (u16, String) {
    let reply = p.ask(&request("GET", "/v1/use-cases", &p.host(), headers, ""));
    let code = if reply.status == 200 { String::new() } else { reply.code() };
    (reply.status, code)
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn d1_without_a_token_that_is_known_nothing_is_answered() {
    let p = place();
    let good = &p.token;
    assert_eq!(status(&p, &[bearer(good)]), refused(200, ""));
    assert_eq!(status(&p, &[]), refused(401, "no_token"));
    let wrong = format!("{}0", &good[..good.len() - 1]);
    let wrong = if wrong == *good { format!("{}1", &good[..good.len() - 1]) } else { wrong };
    for wrong in [wrong.as_str(), "", "x", &good.to_uppercase(), &format!("{good}0"), &good[1..], "gait_00000000_"] {
        assert_eq!(status(&p, &[bearer(wrong)]), refused(401, "no_token"), "{wrong:?}");
    }
    assert_eq!(status(&p, &[format!("Authorization: Basic {good}")]), refused(401, "no_token"));
    assert_eq!(status(&p, &[bearer(good), bearer(good)]), refused(401, "no_token"), "two of them");
    let in_query = p.ask(&request("GET", &format!("/v1/use-cases?token={good}"), &p.host(), &[], ""));
    assert_eq!(in_query.status, 401, "an address is kept in too many places");
    let newline =
        super::place::ask(p.address(), request("GET", "/v1/use-cases", &p.host(), &[format!("{}\n", bearer(good))], "").as_bytes());
    assert!(newline.is_none_or(|reply| reply.status == 400 || reply.status == 401), "a newline after it");
}

#[test]
fn d1_a_token_of_a_mebibyte_is_refused() {
    let p = place();
    let reply = super::place::ask(p.address(), request("GET", "/v1/use-cases", &p.host(), &[bearer(&"a".repeat(1 << 20))], "").as_bytes());
    assert!(reply.is_none_or(|reply| reply.status == 431 || reply.status == 401), "too large for a head");
    let reply = status(&p, &[bearer(&"a".repeat(30_000))]);
    assert_eq!(reply, refused(401, "no_token"), "what fits into a head is looked at");
}

#[test]
fn d11_what_a_token_may_not_do_is_refused_and_told_in_the_activity() {
    let p = place();
    let submit = token(&p.desk, "submit only", &[Scope::Submit]);
    for path in ["/v1/tokens", "/v1/deliveries", "/v1/events", "/v1/items/x"] {
        let reply = p.ask(&request("GET", path, &p.host(), &[bearer(&submit)], ""));
        assert_eq!((reply.status, reply.code().as_str()), (403, "token_refused"), "{path}");
    }
    let read = token(&p.desk, "read only", &[Scope::Read]);
    let posted = p.posted("/v1/items", &items(&[("1", "x")]), &[]).replace(&p.token, &read);
    assert_eq!(p.ask(&posted).status, 403);
    assert_eq!(p.count(), 0);
    let told: Vec<_> = p.desk.activity(None, 0, 50).unwrap().1.into_iter().filter(|e| e.kind == "api_refused").collect();
    assert_eq!(told.len(), 2, "one for each token and minute: {told:?}");
    assert!(told.iter().any(|e| e.actor == "token submit only" && e.detail.as_deref().unwrap_or_default().contains("admin")), "{told:?}");
}

#[test]
fn d11_a_revoked_token_is_refused_from_the_next_request_on() {
    let p = place();
    assert_eq!(status(&p, &[bearer(&p.token)]), refused(200, ""));
    let id = p.desk.tokens().unwrap().into_iter().find(|t| t.name == "all").unwrap().id;
    p.desk.revoke_token(&admin(), id).unwrap();
    assert_eq!(status(&p, &[bearer(&p.token)]), refused(403, "token_refused"));
    assert!(p.desk.activity(None, 0, 50).unwrap().1.iter().any(|e| e.kind == "api_refused"), "and told");
}

#[test]
fn d11_an_expired_token_is_refused() {
    let p = place();
    let expires_at = Some(p.desk.now().plus(Duration::from_secs(60)));
    let input = TokenInput { name: "short".into(), scopes: vec![Scope::Read], expires_at };
    let (_, short) = p.desk.create_token(&admin(), &input, &serve::secret().unwrap()).unwrap();
    assert_eq!(status(&p, &[bearer(&short)]), refused(200, ""));
    p.hand.advance(Duration::from_secs(60));
    assert_eq!(status(&p, &[bearer(&short)]), refused(403, "token_refused"));
}

#[test]
fn d11_a_token_of_another_data_folder_is_refused_as_such() {
    let (here, there) = (place(), place());
    let reply = here.ask(&request("GET", "/v1/use-cases", &here.host(), &[bearer(&there.token)], ""));
    assert_eq!((reply.status, reply.code().as_str()), (403, "token_refused"));
    assert!(reply.json()["detail"].as_str().unwrap().contains("another data folder"), "{reply:?}");
}

#[test]
fn d11_reviewers_make_and_revoke_no_tokens() {
    let p = place();
    let input = TokenInput { name: "mine".into(), scopes: vec![Scope::Admin], expires_at: None };
    assert!(matches!(p.desk.create_token(&reviewer(), &input, &[7; 32]), Err(flow::Error::NotAllowed { .. })));
    let id = p.desk.tokens().unwrap()[0].id;
    assert!(matches!(p.desk.revoke_token(&reviewer(), id), Err(flow::Error::NotAllowed { .. })));
    assert_eq!(p.desk.tokens().unwrap().len(), 1);
    let told = p.desk.activity(None, 0, 50).unwrap().1;
    assert_eq!(told.iter().filter(|e| e.kind == "api_refused" && e.actor == "Ben").count(), 2, "{told:?}");
}

#[test]
fn an_admin_token_lists_tokens_without_their_texts_and_revokes_them() {
    let p = place();
    let admin = token(&p.desk, "admin", &[Scope::Admin]);
    let listed = p.ask(&request("GET", "/v1/tokens", &p.host(), &[bearer(&admin)], ""));
    assert_eq!((listed.status, listed.json()["tokens"].as_array().unwrap().len()), (200, 2));
    assert!(!listed.body.contains(&p.token[14..]) && !listed.body.contains("sha256"), "{listed:?}");
    let id = listed.json()["tokens"][1]["id"].as_i64().unwrap();
    let revoked = p.ask(&request("DELETE", &format!("/v1/tokens/{id}"), &p.host(), &[bearer(&admin)], ""));
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(status(&p, &[bearer(&p.token)]).0, 403);
}

#[test]
fn a_tokens_text_is_not_in_the_database() {
    let p = place();
    status(&p, &[bearer(&p.token)]);
    let secret = p.token.rsplit('_').next().unwrap();
    for entry in std::fs::read_dir(p.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}", path.display());
        }
    }
}
