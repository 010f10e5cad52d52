//! Frozen versions: what is in them, what stays the same, and what a stop or a kill leaves.

use crate::{ALL, names, office, plain};
use flow::dataset::{Format, LeftOut, Plan, Selection, Side, Stage, Wanted};
use flow::model::Cancel;
use flow::review::Verdict;
use flow::testing::{WordTokens, admin};
use flow::{Desk, Error, ItemId};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

#[test]
fn each_verdict_makes_the_rows_that_it_teaches() {
    let o = office();
    let items = o.take(4, 0.9);
    o.approve(items[0]);
    o.edit(items[1]);
    o.reject(items[2]);
    o.again(items[3], "Short");
    o.approve(items[3]);
    let made = o.make("one");
    assert_eq!((made.n, made.manifest.examples, made.manifest.kept), (1, 4, 4));
    let texts: Vec<String> = o
        .rows(&made, "one", Format::Sft)
        .iter()
        .map(|row| row["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    for text in ["Re: My number 0 of the billing desk is a", "Better: item 2.", "Short"] {
        assert!(texts.iter().any(|found| found == text), "{text} is imitated: {texts:?}");
    }
    let pairs: BTreeMap<String, String> = o
        .rows(&made, "one", Format::DpoChat)
        .iter()
        .map(|row| [&row["chosen"], &row["rejected"]].map(|side| side[0]["content"].as_str().unwrap().to_owned()).into())
        .collect();
    assert_eq!(pairs.len(), 2, "{pairs:?}");
    assert!(pairs["Better: item 2."].starts_with("Re: My number 1"), "an edit is preferred to its draft");
    assert!(pairs["Short"].starts_with("Re: My number 3"), "what was approved in the end is preferred to the draft that was thrown away");
    let labels: Vec<bool> = o.rows(&made, "one", Format::Kto).iter().map(|row| row["label"].as_bool().unwrap()).collect();
    assert_eq!((labels.iter().filter(|label| **label).count(), labels.len()), (2, 3));
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_choice_between_two_drafts_is_a_preference_and_a_tie_is_none() {
    use flow::review::Choice;
    let o = office();
    let items = o.take(2, 0.9);
    for (item, tie) in items.iter().zip([false, true]) {
        let first = o.desk.open_item(*item, &admin()).unwrap().item.draft.unwrap();
        o.again(*item, "Short");
        let view = o.desk.open_item(*item, &admin()).unwrap();
        let (second, epoch) = (view.item.draft.unwrap(), view.lease.unwrap().epoch);
        let pair = o.desk.pair(*item, epoch, first, second, &admin()).unwrap();
        let better = if pair.first == first { Choice::First } else { Choice::Second };
        let choice = if tie { Choice::Tie } else { better };
        o.desk.prefer(*item, epoch, (pair.first, pair.second), choice, Duration::from_secs(60), &admin()).unwrap();
    }
    let found = o.count(|_| ());
    assert_eq!((found.selected, found.preferences, found.left_out[0].reason), (1, 1, LeftOut::Tie));
    assert_eq!(o.count(|s| s.comparisons = false).decisions, 0);
    let made = o.make("one");
    let rows = o.rows(&made, "one", Format::DpoChat);
    assert_eq!((rows.len(), &rows[0]["rejected"][0]["content"]), (1, &json!("Short")));
    assert!(rows[0]["chosen"][0]["content"].as_str().unwrap().starts_with("Re: My number 0"));
    assert!(!rows[0]["prompt"].to_string().contains("Shorter."), "the hint of one of them is in neither's prompt");
    let origin = o.desk.row_origin("c1").unwrap();
    assert_eq!((origin.item, origin.verdict, origin.held.len()), (items[0], None, 1));
    assert_eq!(o.desk.item_in_datasets(items[0]).unwrap().held[0].row(), "c1");
    assert!(o.write_again(1, "again").1);
}

#[test]
fn what_was_taken_back_or_corrected_is_in_no_later_version_and_an_earlier_one_stays() {
    let o = office();
    o.walk();
    let alone = o.take(2, 0.95);
    o.deliver();
    o.say(alone[0], Verdict::Approve, &admin(), |_| ());
    o.say(alone[1], Verdict::Approve, &admin(), |_| ());
    o.desk.move_level(o.case, flow::use_case::Level::Crawl, "as it was", &admin()).unwrap();
    let items = o.take(3, 0.9);
    for item in &items {
        o.approve(*item);
    }
    let first = o.make("one");
    assert_eq!(first.manifest.kept, 5);
    o.desk.undo(o.case, &admin()).unwrap();
    o.desk.correct(alone[1], "It is in Leipzig.", None, &admin()).unwrap();
    let second = o.make("two");
    assert_eq!((second.n, second.manifest.kept), (2, 4));
    let left: Vec<_> = second.left_out.iter().map(|of| (of.reason, of.count)).collect();
    assert_eq!(left, [(LeftOut::TakenBack, 1), (LeftOut::Corrected, 1)]);
    let imitated = |name: &str, made| serde_json::to_string(&o.rows(made, name, Format::Sft)).unwrap();
    assert!(imitated("two", &second).contains("It is in Leipzig."));
    assert_eq!(o.desk.dataset(o.case, 1).unwrap(), first, "an earlier version is as it was");

    let compared = o.desk.compare_datasets(o.case, 1, 2).unwrap();
    assert_eq!((compared.added, compared.removed, compared.changed, compared.same), (0, 1, 1, 3), "{compared:?}");
    assert_eq!(compared.differences, []);
}

#[test]
fn two_versions_differ_by_what_was_asked_for() {
    let o = office();
    let items = o.take(3, 0.9);
    o.approve(items[0]);
    o.edit(items[1]);
    o.make("one");
    o.approve(items[2]);
    let only_edits = Selection { verdicts: vec![Verdict::Edit], ..Selection::default() };
    let mut plan = plain(&[Format::Sft], o.case);
    plan.recipe.cleaning.empty = true;
    o.make_by("two", &only_edits, &plan).unwrap();
    let compared = o.desk.compare_datasets(o.case, 1, 2).unwrap();
    assert_eq!((compared.added, compared.removed, compared.changed, compared.same), (0, 1, 0, 1));
    let what: Vec<&str> = compared.differences.iter().map(|of| of.what.as_str()).collect();
    assert_eq!(what, ["recipe.recipe.cleaning.empty", "recipe.recipe.formats", "selection.verdicts"]);
    assert_eq!(compared.differences[2].to.as_deref(), Some(r#"["edit"]"#));
    assert!(matches!(o.desk.compare_datasets(o.case, 1, 3), Err(Error::NotFound { .. })));
}

/// On which side each row stands.
fn sides(o: &crate::Office, name: &str) -> BTreeMap<String, Side> {
    let lineage = flow::dataset::lineage::read(&o.path(name)).unwrap();
    lineage.into_iter().map(|placed| (placed.id, placed.side)).collect()
}

#[test]
fn a_row_stands_on_the_same_side_in_every_version_and_those_of_a_customer_stay_together() {
    let o = office();
    let items = o.take(40, 0.9);
    for item in &items[..20] {
        o.approve(*item);
    }
    let mut plan = Plan::new(ALL.to_vec(), o.case);
    plan.recipe.cleaning = flow::dataset::Cleaning::default();
    (plan.recipe.split.validation, plan.recipe.split.test) = (0.33, 0.33);
    o.make_by("one", &Selection::default(), &plan).unwrap();
    let before = sides(&o, "one");
    for item in &items[20..] {
        o.approve(*item);
    }
    // Nobody has to keep to the shares that the first version had.
    (plan.recipe.split.validation, plan.recipe.split.test) = (0.0, 0.0);
    o.make_by("two", &Selection::default(), &plan).unwrap();
    let after = sides(&o, "two");
    assert_eq!(after.len(), 40);
    assert!(before.values().any(|side| *side == Side::Train) && before.values().any(|side| *side != Side::Train), "{before:?}");
    for (row, side) in &before {
        assert_eq!(after[row], *side, "{row} stays where it was");
    }
    for pair in items.chunks(2) {
        let of = |item: ItemId| after[&format!("d{}", item.0)];
        assert_eq!(of(pair[0]), of(pair[1]), "both are of one customer");
    }
}

#[test]
fn an_item_that_is_decided_anew_stays_on_its_side() {
    let o = office();
    let items = o.take(30, 0.9);
    for item in &items {
        o.approve(*item);
    }
    let mut plan = plain(&ALL, o.case);
    plan.group_fields.clear();
    (plan.recipe.split.validation, plan.recipe.split.test) = (0.3, 0.3);
    o.make_by("one", &Selection::default(), &plan).unwrap();
    let before = sides(&o, "one");
    for _ in &items {
        o.desk.undo(o.case, &admin()).unwrap();
    }
    for item in &items {
        o.edit(*item);
    }
    plan.recipe.split.salt = "another".into();
    o.make_by("two", &Selection::default(), &plan).unwrap();
    let after = sides(&o, "two");
    for item in &items {
        let origin = |rows: &BTreeMap<String, Side>| -> Side {
            let of_item = rows.iter().find(|(row, _)| o.desk.row_origin(row).unwrap().item == *item);
            *of_item.unwrap().1
        };
        assert_eq!(origin(&before), origin(&after), "item {item} by another decision");
    }
}

#[test]
fn a_version_written_again_is_the_same_to_the_byte() {
    let o = office();
    let items = o.take(12, 0.9);
    for item in &items[..8] {
        o.approve(*item);
    }
    o.edit(items[8]);
    o.say(items[9], Verdict::Reject, &admin(), |input| input.viewed = Duration::ZERO);
    let plan = Plan::new(ALL.to_vec(), o.case);
    let made = o.make_by("one", &Selection::default(), &plan).unwrap();
    // What comes later changes nothing: other decisions, and one of its own that is taken back.
    o.approve(items[10]);
    o.desk.undo(o.case, &admin()).unwrap();
    o.desk.undo(o.case, &admin()).unwrap();
    let (folder, (again, same)) = (o.path("again"), o.write_again(1, "again"));
    assert!(same);
    assert_eq!(again.copies.iter().map(|copy| copy.folder.clone()).collect::<Vec<_>>(), [o.path("one"), folder.clone()]);
    for file in &made.manifest.files {
        assert_eq!(
            std::fs::read(o.path("one").join(&file.path)).unwrap(),
            std::fs::read(folder.join(&file.path)).unwrap(),
            "{}",
            file.path
        );
    }
    assert_eq!(std::fs::read(o.path("one").join("README.md")).unwrap(), std::fs::read(folder.join("README.md")).unwrap());
}

#[test]
fn what_is_there_is_never_written_over_and_a_wrong_plan_leaves_nothing() {
    let o = office();
    let items = o.take(1, 0.9);
    o.approve(items[0]);
    std::fs::create_dir_all(o.path("mine")).unwrap();
    let said = o.make_by("mine", &Selection::default(), &plain(&ALL, o.case)).unwrap_err();
    assert!(said.to_string().contains("never takes the place"), "{said}");
    let mut plan = plain(&ALL, o.case);
    plan.recipe.split.test = 1.5;
    assert!(matches!(o.make_by("wrong", &Selection::default(), &plan), Err(Error::Invalid { .. })));
    assert_eq!(names(&o.path("")), ["mine"]);
    assert_eq!(o.desk.datasets(o.case).unwrap(), []);
    let relative = Wanted { use_case: o.case, selection: &Selection::default(), plan: &plain(&ALL, o.case), folder: "set".as_ref() };
    assert!(matches!(o.desk.new_dataset(&relative, &admin(), &WordTokens, &Cancel::default(), &mut |_| {}), Err(Error::Invalid { .. })));
}

#[test]
fn a_version_that_is_stopped_at_any_stage_is_none_and_begins_again_from_the_start() {
    let o = office();
    for item in o.take(20, 0.9) {
        o.approve(item);
    }
    for stage in [Stage::Selecting, Stage::Reading, Stage::Writing] {
        let cancel = Cancel::default();
        let (selection, plan, folder) = (Selection::default(), plain(&ALL, o.case), o.path("one"));
        let wanted = Wanted { use_case: o.case, selection: &selection, plan: &plan, folder: &folder };
        let mut stop = |at: flow::dataset::Progress| {
            if at.stage == stage {
                cancel.cancel();
            }
        };
        let ended = o.desk.new_dataset(&wanted, &admin(), &WordTokens, &cancel, &mut stop);
        assert!(matches!(ended, Err(Error::Cancelled)), "{stage:?}: {ended:?}");
        let left = if o.path("").exists() { names(&o.path("")) } else { Default::default() };
        assert_eq!(left, [""; 0], "{stage:?}");
        assert_eq!(o.desk.datasets(o.case).unwrap(), []);
    }
    assert_eq!(o.make("one").n, 1);
    assert_eq!(names(&o.path("")), ["one"]);
}

#[test]
fn a_decision_that_is_taken_back_while_a_version_is_made_is_not_in_it() {
    let o = office();
    for item in o.take(5, 0.9) {
        o.approve(item);
    }
    let (selection, plan, folder) = (Selection::default(), plain(&ALL, o.case), o.path("one"));
    let wanted = Wanted { use_case: o.case, selection: &selection, plan: &plan, folder: &folder };
    let mut undone = false;
    let made = o
        .desk
        .new_dataset(&wanted, &admin(), &WordTokens, &Cancel::default(), &mut |at| {
            if at.stage == Stage::Writing && !std::mem::replace(&mut undone, true) {
                o.desk.undo(o.case, &admin()).unwrap();
            }
        })
        .unwrap();
    assert!(undone);
    assert_eq!((made.n, made.manifest.kept), (1, 4), "it was begun again");
    assert_eq!(o.desk.row_origin("d5").unwrap().held, []);
}

#[test]
fn what_a_killed_maker_left_is_ended_by_the_next_one() {
    let o = office();
    for item in o.take(3, 0.9) {
        o.approve(item);
    }
    let made = o.make("one");
    // Killed while it wrote: a temporary folder without a version.
    let half = o.path(".half.dead.part");
    std::fs::create_dir_all(half.join("sft")).unwrap();
    let copy = |version: &str, name: &str, temporary: &std::path::Path, state: &str| {
        let (folder, temporary) = (o.path(name).display().to_string(), temporary.display().to_string());
        o.raw()
            .execute(
                &format!("INSERT INTO dataset_copy (use_case, version, folder, temporary, owner, state, made_by, at) VALUES ({}, {version}, ?1, ?2, 'dead', '{state}', 'Ada', 0)", o.case),
                [folder, temporary],
            )
            .unwrap();
    };
    copy("NULL", "half", &half, "writing");
    // Killed when all was written and the version stood, before the folder had its name; and between that and its being written down.
    let whole = o.path(".whole.dead.part");
    std::fs::create_dir_all(&whole).unwrap();
    std::fs::write(whole.join("manifest.json"), "{}").unwrap();
    copy("1", "whole", &whole, "complete");
    std::fs::create_dir_all(o.path("named")).unwrap();
    copy("1", "named", &o.path(".named.dead.part"), "complete");

    let said = o.wrong();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].contains("`gait doctor --repair`"), "{said:?}");
    assert_eq!(o.desk.settle_datasets().unwrap(), 3);
    assert_eq!(names(&o.path("")), ["named", "one", "whole"]);
    let copies: Vec<_> = o.desk.dataset(o.case, made.n).unwrap().copies.into_iter().map(|copy| copy.folder).collect();
    assert_eq!(copies, [o.path("one"), o.path("whole"), o.path("named")]);
    assert_eq!((o.wrong(), o.desk.settle_datasets().unwrap()), (Vec::new(), 0));
}

#[test]
fn a_version_and_its_list_cannot_be_changed() {
    let o = office();
    for item in o.take(2, 0.9) {
        o.approve(item);
    }
    o.make("one");
    for sql in
        ["UPDATE dataset_version SET n = 9", "DELETE FROM dataset_version", "UPDATE dataset_part SET first = 1", "DELETE FROM dataset_part"]
    {
        assert!(o.raw().execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn a_version_made_by_somebody_else_meanwhile_is_not_written_over() {
    let o = office();
    for item in o.take(2, 0.9) {
        o.approve(item);
    }
    let other = Desk::open(o.folder.path(), flow::Clock::by_hand(o.desk.now()).0).unwrap();
    let (selection, plan) = (Selection::default(), plain(&ALL, o.case));
    let (one, two) = (o.path("one"), o.path("two"));
    let wanted = Wanted { use_case: o.case, selection: &selection, plan: &plan, folder: &one };
    let mut begun = false;
    let ended = o.desk.new_dataset(&wanted, &admin(), &WordTokens, &Cancel::default(), &mut |at| {
        if at.stage == Stage::Writing && !std::mem::replace(&mut begun, true) {
            let theirs = Wanted { folder: &two, ..wanted };
            other.new_dataset(&theirs, &admin(), &WordTokens, &Cancel::default(), &mut |_| {}).unwrap();
        }
    });
    assert!(matches!(ended, Err(Error::Stale { .. })), "{ended:?}");
    assert_eq!(names(&o.path("")), ["two"]);
    assert_eq!(o.desk.datasets(o.case).unwrap().len(), 1);
}

#[test]
fn i5_an_export_of_requests_brings_nothing_twice_when_it_is_imported() {
    use flow::intake::{Mapping, Source, preview};
    let o = office();
    for item in o.take(5, 0.9) {
        o.approve(item);
    }
    let path = o.folder.path().join("requests.jsonl");
    let report = o.desk.export_requests(o.case, &path, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(report.rows, 5);
    let source = Source::of(path.clone());
    let guess = preview(&source).unwrap().mapping;
    assert_eq!(guess.fields, ["message", "customer"], "the columns say what they are");
    let again = o.desk.import(o.case, &source, &guess, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!((again.accepted, again.duplicates, again.rejects_total), (0, 5, 0), "{again:?}");

    // Without ids of their own, the content is the key.
    let own = o.folder.path().join("own.jsonl");
    let line = |n: u32| json!({"message": format!("Question {n}"), "customer": "K"}).to_string();
    std::fs::write(&own, (0..4).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let mapping = Mapping { fields: vec!["message".into(), "customer".into()], ..Mapping::default() };
    let first = Source::of(own);
    assert_eq!(o.desk.import(o.case, &first, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap().accepted, 4);
    o.draft_all(0.9);
    for item in 6..=9 {
        o.reject(ItemId(item));
    }
    let report = o.desk.export_requests(o.case, &path, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!((report.rows, report.skipped.len()), (9, 0));
    let again = o.desk.import(o.case, &source, &preview(&source).unwrap().mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!((again.accepted, again.duplicates, again.rejects_total), (0, 9, 0), "{again:?}");
}
