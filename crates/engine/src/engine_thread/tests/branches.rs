//! Outputs that begin with tokens that the request gives: a branch off an earlier output.

use super::*;
use flow::model::{Constraint, Sampling};

fn begun_with(request: &GenerateRequest, forced: &[u32]) -> GenerateRequest {
    GenerateRequest { forced: forced.to_vec(), ..request.clone() }
}

fn ids(generation: &Generation) -> Vec<u32> {
    generation.tokens.iter().map(|token| token.id).collect()
}

#[test]
fn the_tokens_of_an_output_given_again_go_on_as_it_did() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ["llama", "qwen3"].into_iter().chain(testing::STOCK) {
        let model = testing::write(folder.path(), architecture, 51);
        let request = request(&model, "Where is my parcel?", 24, Urgency::Interactive);
        let engine = started();
        let whole = generate(&engine, &request).unwrap();
        for given in [1, 2, 9, whole.tokens.len()] {
            let again = generate(&engine, &begun_with(&request, &ids(&whole)[..given.min(whole.tokens.len())])).unwrap();
            check_same(&whole, &again);
        }
    }
}

#[test]
fn another_token_keeps_the_models_own_probability_and_the_rest_follows_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "qwen2", 52);
    let request = request(&model, "Where is my parcel?", 24, Urgency::Interactive);
    let engine = started();
    let whole = generate(&engine, &request).unwrap();
    let at = 3;
    let other = whole.tokens[at].alternatives.iter().find(|weighed| weighed.id != whole.tokens[at].id).unwrap();
    let forced: Vec<u32> = ids(&whole)[..at].iter().copied().chain([other.id]).collect();
    let branch = generate(&engine, &begun_with(&request, &forced)).unwrap();
    assert_eq!(timeless(&branch.tokens[..at]), timeless(&whole.tokens[..at]), "up to there nothing is different, to the bit");
    assert_eq!(branch.tokens[at].id, other.id);
    assert_eq!(branch.tokens[at].logprob, other.logprob, "as the model weighed it");
    assert_eq!(branch.tokens[at].alternatives, whole.tokens[at].alternatives);
    check_same(&branch, &generate(&started(), &begun_with(&request, &forced)).unwrap());
    let mut stepped = Stepped::new();
    let beside = stepped.ask(&request, &Cancel::default());
    let events = stepped.ask(&begun_with(&request, &forced), &Cancel::default());
    let (told, in_a_batch) = stepped.until_done(&events);
    check_same(&branch, &in_a_batch.unwrap());
    assert_eq!(told.iter().map(|token| token.text.as_str()).collect::<String>(), branch.text, "all of it is streamed");
    stepped.until_done(&beside).1.unwrap();
}

#[test]
fn what_is_given_is_held_to_the_constraint_and_to_the_vocabulary() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "llama", 53);
    let labels = Constraint::Labels(["refund", "return", "환불"].map(str::to_owned).to_vec());
    let greedy = GenerateRequest {
        sampling: Sampling { max_tokens: 12, ..Sampling::default() },
        constraint: Some(labels),
        ..request(&model, "Which is it?", 12, Urgency::Interactive)
    };
    let engine = started();
    let whole = generate(&engine, &greedy).unwrap();
    let again = generate(&engine, &begun_with(&greedy, &ids(&whole)[..1])).unwrap();
    check_same(&whole, &again);
    assert_eq!(whole.labels, again.labels, "and so do the scores of the labels");
    let never = (0..200).find(|id| generate(&engine, &begun_with(&greedy, &[*id])).is_err()).unwrap();
    let error = generate(&engine, &begun_with(&greedy, &[never])).unwrap_err();
    assert!(matches!(&error, ModelError::Constraint(said) if said.contains("chosen token")), "{error}");
    let free = GenerateRequest { constraint: None, ..greedy };
    assert!(generate(&engine, &begun_with(&free, &[1_000_000])).is_err(), "no token of this model");
    assert!(generate(&engine, &free).is_ok(), "and the engine goes on");
}

#[test]
fn a_given_end_ends_the_output_there() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "llama", 54);
    let request = request(&model, "Where is my parcel?", 24, Urgency::Interactive);
    let engine = started();
    let whole = generate(&engine, &request).unwrap();
    let end = u32::try_from(testing::pieces().0.len()).unwrap() - 1;
    let forced: Vec<u32> = ids(&whole)[..2].iter().copied().chain([end]).collect();
    let branch = generate(&engine, &begun_with(&request, &forced)).unwrap();
    assert_eq!((branch.stop, ids(&branch)), (StopReason::End, ids(&whole)[..2].to_vec()));
}
