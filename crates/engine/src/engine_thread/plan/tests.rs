use super::*;

fn draws(urgency: Urgency) -> Wish {
    Wish { urgency, unseen: 1, draws: true, guesses: 0, waits: false, suspect: false }
}

fn prompt(urgency: Urgency, unseen: usize) -> Wish {
    Wish { urgency, unseen, draws: false, guesses: 0, waits: false, suspect: false }
}

fn rows(wishes: &[Wish], budget: usize) -> Vec<usize> {
    plan(wishes, budget).iter().map(|share| share.rows).collect()
}

use Urgency::{Interactive, Queue};

#[test]
fn prompts_share_a_budget_in_the_order_of_arrival() {
    assert_eq!(rows(&[prompt(Queue, 100), prompt(Queue, 100)], 130), [100, 30]);
    assert_eq!(rows(&[prompt(Queue, 500), prompt(Queue, 100)], 130), [130, 0]);
    assert_eq!(rows(&[draws(Queue), prompt(Queue, 500), draws(Queue)], 64), [1, 64, 1], "those that draw go on meanwhile");
    assert_eq!(rows(&[], 64), [0; 0]);
}

#[test]
fn a_person_goes_first_and_few_of_the_queue_ride_along() {
    let mut wishes = vec![draws(Queue); 6];
    wishes.insert(1, prompt(Queue, 80));
    wishes.push(prompt(Interactive, 300));
    assert_eq!(rows(&wishes, 128), [1, 0, 1, 1, 0, 0, 0, 128], "nothing of the queue begins");
    wishes.pop();
    wishes.push(draws(Interactive));
    assert_eq!(rows(&wishes, 128), [1, 0, 1, 1, 0, 0, 0, 1]);
    assert_eq!(rows(&[prompt(Interactive, 40), prompt(Interactive, 40)], 64), [40, 24]);
}

#[test]
fn who_waits_for_a_shared_beginning_has_no_rows() {
    let waits = Wish { waits: true, ..prompt(Queue, 100) };
    assert_eq!(rows(&[waits, prompt(Queue, 10), waits], 64), [0, 10, 0]);
}

#[test]
fn guesses_fill_a_small_batch_and_leave_a_large_one_alone() {
    let guessing = Wish { guesses: 6, ..draws(Queue) };
    let guesses = |wishes: &[Wish]| plan(wishes, 64).iter().map(|share| share.guesses).collect::<Vec<_>>();
    assert_eq!(guesses(&[guessing]), [6]);
    assert_eq!(guesses(&[guessing, guessing]), [6, 0]);
    assert_eq!(guesses(&[guessing; 8]), [0; 8]);
    assert_eq!(guesses(&[guessing, draws(Interactive)]), [0, 0], "a person pays nothing for the queue's guesses");
    assert_eq!(guesses(&[Wish { guesses: 6, ..draws(Interactive) }, guessing]), [6, 0]);
}

#[test]
fn a_suspect_computes_alone() {
    let suspect = Wish { suspect: true, guesses: 4, ..draws(Queue) };
    assert_eq!(plan(&[draws(Interactive), suspect, suspect], 64), [Share::default(), Share { rows: 1, guesses: 0 }, Share::default()]);
}

#[test]
fn a_step_is_as_long_as_the_machine_computes_in_its_time() {
    let mut pace = Pace::default();
    assert!(pace.budget() <= 2 * FEWEST, "careful at first");
    pace.learn(32, Duration::from_millis(32));
    assert_eq!(pace.budget(), 150);
    pace.learn(1, Duration::from_secs(9));
    assert_eq!(pace.budget(), 150, "a step of few rows says nothing");
    for _ in 0..20 {
        pace.learn(64, Duration::from_secs(9));
    }
    assert_eq!(pace.budget(), FEWEST, "a slow machine goes on in small steps");
    for _ in 0..40 {
        pace.learn(64, Duration::from_micros(10));
    }
    assert_eq!(pace.budget(), MOST);
}
