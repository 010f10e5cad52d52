//! The hostile cases of exports; the names carry the ids of the list that they are taken from. I1 is with the rows (`gait-datasets`), I4 with
//! the kills, I5 with the versions.

use crate::{ALL, names, office, plain, walk};
use flow::dataset::{ExportFormat, Format, Plan, Selection, Wanted};
use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::Verdict;
use flow::testing::{WordTokens, admin, reviewer};
use flow::{Error, ItemId};
use std::path::Path;

#[test]
fn i2_a_folder_is_made_where_a_person_said_and_nowhere_else() {
    let o = office();
    for item in o.take(2, 0.9) {
        o.approve(item);
    }
    let place = o.folder.path().join("sets");
    std::fs::create_dir(&place).unwrap();
    std::fs::write(place.join("file"), "mine").unwrap();
    std::fs::create_dir(place.join("folder")).unwrap();
    let make = |folder: &Path| {
        let (selection, plan) = (Selection::default(), plain(&ALL, o.case));
        let wanted = Wanted { use_case: o.case, selection: &selection, plan: &plan, folder };
        o.desk.new_dataset(&wanted, &admin(), &WordTokens, &Cancel::default(), &mut |_| {})
    };
    let mut hostile: Vec<std::path::PathBuf> = ["set", "../set", "\\\\host\\share\\set", "~/set"].iter().map(Into::into).collect();
    hostile.extend(
        ["..", "../up", "a/../../up", "CON", "nul.txt", "COM1", "dot.", "space ", "a:b", "line\nbreak", "file", "folder"]
            .map(|name| place.join(name)),
    );
    hostile.push("//host/share/set".into());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(place.join("nowhere"), place.join("link")).unwrap();
        hostile.push(place.join("link"));
    }
    let before = names(&place);
    for folder in &hostile {
        let said = make(folder).unwrap_err();
        assert!(matches!(said, Error::Invalid { .. }), "{}: {said}", folder.display());
        assert_eq!(names(&place), before, "{}: nothing was made or taken away", folder.display());
    }
    assert_eq!(std::fs::read_to_string(place.join("file")).unwrap(), "mine");
    assert!(!o.folder.path().join("up").exists());
    // Where nothing can be written: a file in the place of a folder above, and a disk that takes nothing.
    for folder in [place.join("file/set"), Path::new("/proc/gait/set").to_owned()] {
        let said = make(&folder).unwrap_err();
        assert!(matches!(said, Error::File { .. }), "{}: {said}", folder.display());
    }
    assert_eq!((names(&place), o.desk.datasets(o.case).unwrap().len()), (before, 0));
    make(&place.join("한글 v1.2")).unwrap();
}

/// Takes a request of one's own id and words.
fn take(o: &crate::Office, id: &str, message: &str) -> ItemId {
    let path = o.folder.path().join("hostile.jsonl");
    std::fs::write(&path, serde_json::json!({ "id": id, "message": message }).to_string()).unwrap();
    let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
    let source = Source::of(path);
    o.desk.import(o.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    o.draft_all(0.9);
    let newest = o.raw().query_row("SELECT max(id) FROM item", [], |r| r.get(0)).unwrap();
    ItemId(newest)
}

#[test]
fn i3_neither_an_id_nor_a_title_becomes_a_name_of_a_file() {
    let o = office();
    for (n, id) in ["../../evil", "CON", "a/b", "C:\\evil"].iter().enumerate() {
        let item = take(&o, id, &format!("Question {n}, please?"));
        o.approve(item);
    }
    let mut input = o.desk.use_case(o.case).unwrap().input;
    input.name = "../../evil".into();
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    o.make_by("one", &Selection::default(), &plain(&[Format::Sft, Format::Csv, Format::SftParquet], o.case)).unwrap();
    for path in walk(&o.path("one")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && !name.contains("evil"), "{name:?}");
    }
    assert_eq!(names(&o.path("")), ["one"]);
}

#[test]
fn i6_neither_a_request_s_own_id_nor_people_nor_where_texts_go_is_in_a_dataset() {
    let o = office();
    let id = "kim.minsu@example.com";
    let item = take(&o, id, "Where is my parcel?");
    o.say(item, Verdict::Edit, &reviewer(), |input| input.note = Some("Ben thinks: secret note".into()));
    let other = take(&o, "42", "When does it come?");
    o.approve(other);
    let plan = Plan::new(Format::ALL.to_vec(), o.case);
    let made = o.make_by("one", &Selection { reviewers: vec!["Ben".into(), "Ada".into()], ..Selection::default() }, &plan).unwrap();
    assert_eq!(made.manifest.kept, 2);
    let folder = o.folder.path().display().to_string();
    for path in walk(&o.path("one")) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in [id, "Ada", "\"Ben\"", "secret note", "outbox.jsonl", folder.as_str()] {
            assert!(!text.contains(secret), "{secret} is in {}", path.display());
        }
    }
}

#[test]
fn i6_a_plain_export_numbers_people_and_names_none() {
    let o = office();
    let items = o.take(3, 0.9);
    o.approve(items[0]);
    o.say(items[1], Verdict::Approve, &reviewer(), |_| ());
    o.approve(items[2]);
    let path = o.folder.path().join("all.jsonl");
    o.desk.export(o.case, ExportFormat::Decisions, &path, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    let actors: Vec<String> = crate::lines(&path).iter().map(|row| row["actor"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actors, ["person 1", "person 2", "person 1"], "who said the same can still be told");
    let shown = o.desk.preview_export(o.case, ExportFormat::Decisions).unwrap().sample.concat();
    assert!(shown.contains("person 2") && !shown.contains("Ben"), "{shown}");
}
