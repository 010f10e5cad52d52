//! From a row back, from an item on, and out of every later version.

use crate::{ALL, lines, office, plain, walk};
use flow::dataset::{Format, LeftOut, Selection};
use flow::testing::{admin, reviewer};
use flow::{Error, ItemId};

#[test]
fn from_any_row_back_to_its_item_and_decision() {
    let o = office();
    let items = o.take(4, 0.9);
    o.approve(items[0]);
    o.edit(items[1]);
    o.reject(items[2]);
    let made = o.make("one");
    let mut rows = 0;
    for format in ALL {
        for row in o.rows(&made, "one", format) {
            rows += 1;
            let origin = o.desk.row_origin(row["id"].as_str().unwrap()).unwrap();
            let text = serde_json::to_string(&row).unwrap();
            assert!(text.contains(&format!("My number {} of", origin.item.0 - 1)), "{origin:?} of {text}");
            assert_eq!(origin.item_uid, o.desk.view_item(origin.item, &admin()).unwrap().item.uid);
            assert_eq!((origin.held.len(), origin.held[0].version, origin.taken_back), (1, 1, false));
        }
    }
    assert_eq!(rows, 2 + 1 + 2);
    let edited = o.desk.row_origin("d2").unwrap();
    assert_eq!((edited.verdict, edited.actor.as_str()), (Some("edit"), "Ada"));
    assert!(matches!(o.desk.row_origin("d99"), Err(Error::NotFound { .. })));
    assert!(matches!(o.desk.row_origin("row 7"), Err(Error::Invalid { .. })));
}

#[test]
fn an_item_leads_to_the_versions_and_files_that_hold_it() {
    let o = office();
    let items = o.take(3, 0.9);
    o.approve(items[0]);
    o.make("one");
    o.edit(items[1]);
    o.make("two");
    let uid = o.desk.view_item(items[0], &admin()).unwrap().item.uid;
    assert_eq!(o.desk.find_item(&uid).unwrap(), items[0]);
    assert_eq!(o.desk.find_item("1").unwrap(), items[0]);
    assert!(matches!(o.desk.find_item("nobody"), Err(Error::NotFound { .. })));
    let versions = |item: ItemId| o.desk.item_in_datasets(item).unwrap().held.iter().map(|held| held.version).collect::<Vec<_>>();
    assert_eq!((versions(items[0]), versions(items[1]), versions(items[2])), (vec![1, 2], vec![2], vec![]));
    let left = o.desk.files_with_item(items[1]).unwrap();
    assert_eq!(left.versions, [2]);
    // An edit is a text to imitate and a preference.
    assert_eq!(left.rows.len(), 2, "{left:?}");
    for at in &left.rows {
        assert_eq!(lines(&at.file)[usize::try_from(at.row).unwrap()]["id"], "d2", "{at:?}");
    }
}

#[test]
fn a_purged_item_is_in_no_later_version_and_the_files_that_have_it_are_listed() {
    let o = office();
    let items = o.take(3, 0.9);
    for item in &items {
        o.approve(*item);
    }
    o.make("one");
    o.make("moved");
    std::fs::rename(o.path("moved"), o.path("elsewhere")).unwrap();
    assert!(matches!(o.desk.purge_item(items[1], "they asked", &reviewer()), Err(Error::NotAllowed { .. })));
    assert!(matches!(o.desk.purge_item(items[1], " ", &admin()), Err(Error::Invalid { .. })));
    let left = o.desk.purge_item(items[1], "they asked", &admin()).unwrap();
    assert_eq!((left.versions.clone(), left.elsewhere.clone()), (vec![1, 2], vec![o.path("moved")]));
    assert!(left.rows.iter().all(|at| at.file.starts_with(o.path("one"))) && !left.rows.is_empty(), "{left:?}");
    assert_eq!(o.desk.purge_item(items[1], "again", &admin()).unwrap(), left, "a second time changes nothing");

    let third = o.make("three");
    assert_eq!(third.manifest.kept, 2);
    assert_eq!(third.left_out.iter().map(|of| (of.reason, of.count)).collect::<Vec<_>>(), [(LeftOut::Purged, 1)]);
    let texts = serde_json::to_string(&o.rows(&third, "three", Format::Sft)).unwrap();
    assert!(texts.contains("My number 0 of") && !texts.contains("My number 1 of"));
    let (folder, (_, same)) = (o.path("again"), o.write_again(1, "again"));
    assert!(!same, "an earlier version that is written again has it no more");
    for entry in walk(&folder) {
        assert!(!std::fs::read_to_string(&entry).unwrap_or_default().contains("My number 1 of"), "{}", entry.display());
    }
    let (_, activity) = o.desk.activity(Some(o.case), 0, 100).unwrap();
    let purged: Vec<_> = activity.iter().filter(|entry| entry.kind == "purged").collect();
    assert_eq!((purged.len(), purged[0].detail.as_deref()), (1, Some("they asked; in version 1, 2")));
    assert_eq!(purged[0].item, Some(items[1]));
}

#[test]
fn i6_who_reviewed_is_in_no_file() {
    let o = office();
    let items = o.take(2, 0.9);
    o.approve(items[0]);
    o.say(items[1], flow::review::Verdict::Approve, &reviewer(), |_| ());
    let selection = Selection { reviewers: vec!["Ada".into(), "Ben".into()], ..Selection::default() };
    o.make_by("one", &selection, &plain(&[Format::Sft, Format::Csv], o.case)).unwrap();
    for path in walk(&o.path("one")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("Ada") && !text.contains("\"Ben\""), "{} names a person", path.display());
    }
}
