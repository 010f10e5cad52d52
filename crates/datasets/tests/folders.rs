//! A folder of files, from outside: what stands in it, what does not, and when it is there.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod invented;

use datasets::*;
use invented::{Invented, about, values};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

fn run(folder: &Path, recipe: &Recipe, source: &mut dyn Source) -> Result<Manifest> {
    write(Job { folder, recipe, about: &about(), count_tokens: None, cancelled: &|| false, progress: &mut |_| {} }, source)
}

/// Each word is a token.
fn counted(folder: &Path, recipe: &Recipe, source: &mut dyn Source) -> Manifest {
    let count = |text: &str| text.split_whitespace().count();
    let about = About { tokens: Tokens::Model { name: "Words".into(), sha256: "f".repeat(64) }, ..about() };
    let job = Job { folder, recipe, about: &about, count_tokens: Some(&count), cancelled: &|| false, progress: &mut |_| {} };
    write(job, source).unwrap()
}

fn recipe() -> Recipe {
    Recipe::new(Format::ALL.to_vec(), "letters")
}

fn place() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Every file with its bytes.
fn all(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn lineage(folder: &Path) -> Vec<Placed> {
    Lineage::open(folder).unwrap().collect::<Result<_>>().unwrap()
}

fn asked(n: usize, prompt: &str, verdict: Verdict) -> Example {
    let mut example = invented::example(n as u64);
    example.groups = Vec::new();
    example.fields = Vec::new();
    example.prompt = vec![Message { role: Role::User, content: prompt.into() }];
    example.verdict = verdict;
    example.replaced = Vec::new();
    example.disputed = false;
    example.weight = 1.0;
    example
}

fn approve(text: &str) -> Verdict {
    Verdict::Approve { draft: text.into() }
}

#[test]
fn every_file_has_the_sum_that_the_manifest_says_and_nothing_else_is_there() {
    let place = place();
    let folder = place.path().join("v1");
    let manifest = run(&folder, &recipe(), &mut Invented { next: 0, count: 300 }).unwrap();
    let files = all(&folder);
    let mut named: BTreeSet<&str> = ["README.md", "croissant.json", "dataset_info.json", "manifest.json", "lineage.jsonl"].into();
    for file in &manifest.files {
        assert_eq!(file.bytes, files[&file.path].len() as u64, "{}", file.path);
        named.insert(&file.path);
    }
    named.extend(manifest.tables.iter().map(|table| table.path.as_str()));
    assert_eq!(files.keys().map(String::as_str).collect::<BTreeSet<_>>(), named, "the folder holds what the manifest names");
    let written: Manifest = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(written, manifest, "what is returned is what is written");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "no lock and no partial folder is left");
}

#[test]
fn the_same_examples_and_recipe_give_the_same_bytes() {
    let place = place();
    let (one, other) = (place.path().join("a"), place.path().join("b"));
    for folder in [&one, &other] {
        run(folder, &recipe(), &mut Invented { next: 0, count: 1100 }).unwrap();
    }
    assert!(all(&one) == all(&other), "there is no clock and no chance in it");
}

#[test]
fn a_folder_that_is_there_is_never_written_over() {
    let place = place();
    let folder = place.path().join("v1");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mine.txt"), "mine").unwrap();
    let error = run(&folder, &recipe(), &mut Invented { next: 0, count: 20 }).unwrap_err();
    assert!(matches!(error, Error::Exists(_)), "{error}");
    assert_eq!(all(&folder).len(), 1, "what stood there stands as it was");
}

#[test]
fn cancelling_at_any_moment_leaves_nothing() {
    let place = place();
    let folder = place.path().join("v1");
    let mut done = false;
    for stop_at in 0.. {
        let calls = std::cell::Cell::new(0);
        let asked = std::sync::atomic::AtomicBool::new(false);
        let outcome = write(
            Job {
                folder: &folder,
                recipe: &recipe(),
                about: &about(),
                count_tokens: None,
                cancelled: &|| asked.load(std::sync::atomic::Ordering::Relaxed),
                progress: &mut |_| {
                    calls.set(calls.get() + 1);
                    asked.store(calls.get() > stop_at, std::sync::atomic::Ordering::Relaxed);
                },
            },
            &mut Invented { next: 0, count: 100 },
        );
        match outcome {
            Err(Error::Cancelled) => assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "after {stop_at} steps"),
            Ok(_) => {
                done = true;
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(done && folder.join("manifest.json").exists(), "not cancelled, it is written");
}

struct Failing(u64);

impl Source for Failing {
    fn next(&mut self) -> std::result::Result<Option<Example>, Box<dyn std::error::Error + Send + Sync>> {
        self.0 += 1;
        if self.0 > 30 { Err("the database is gone".into()) } else { Ok(Some(invented::example(self.0))) }
    }
}

#[test]
fn a_source_that_fails_leaves_nothing_and_says_why() {
    let place = place();
    let error = run(&place.path().join("v1"), &recipe(), &mut Failing(0)).unwrap_err();
    assert!(error.to_string().contains("the database is gone"), "{error}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn files_are_cut_before_they_are_too_long_and_no_row_is_lost() {
    let place = place();
    let mut recipe = recipe();
    recipe.shard_bytes = 20_000;
    let whole = run(&place.path().join("whole"), &self::recipe(), &mut Invented { next: 0, count: 250 }).unwrap();
    let cut = run(&place.path().join("cut"), &recipe, &mut Invented { next: 0, count: 250 }).unwrap();
    for format in Format::ALL {
        let of = |manifest: &Manifest| -> (usize, u64) {
            let files = manifest.files.iter().filter(|file| file.config == format).map(|file| file.rows);
            let tables = manifest.tables.iter().filter(|_| format == Format::Csv).map(|table| table.rows);
            let rows: Vec<u64> = files.chain(tables).collect();
            (rows.len(), rows.iter().sum())
        };
        assert_eq!(of(&cut).1, of(&whole).1, "{}: all rows are there", format.name());
        assert!(of(&cut).0 > of(&whole).0, "{}: in more files", format.name());
    }
    for file in cut.files.iter().filter(|file| !file.path.ends_with(".parquet")) {
        assert!(file.bytes <= 20_000 || file.rows == 1, "{} has {} bytes", file.path, file.bytes);
    }
}

#[test]
fn every_row_leads_back_to_its_example() {
    let place = place();
    let folder = place.path().join("v1");
    run(&folder, &recipe(), &mut Invented { next: 0, count: 300 }).unwrap();
    let files = all(&folder);
    let mut rows = 0;
    for placed in lineage(&folder) {
        assert_eq!(placed.places.is_empty(), placed.left_out.is_some(), "{placed:?}");
        for at in placed.places.iter().filter(|at| at.file.ends_with(".jsonl") && !at.file.starts_with("openai")) {
            let text = std::str::from_utf8(&files[&at.file]).unwrap();
            let row: serde_json::Value = serde_json::from_str(text.lines().nth(at.row as usize).unwrap()).unwrap();
            assert_eq!(row["id"].as_str(), Some(placed.id.as_str()), "{at:?}");
            rows += 1;
        }
    }
    assert!(rows > 1000, "only {rows} rows were looked at");
}

#[test]
fn a_row_never_changes_its_side_when_more_come() {
    let place = place();
    let sides = |folder: &PathBuf| lineage(folder).into_iter().map(|placed| (placed.id.clone(), placed)).collect::<HashMap<_, _>>();
    let first = place.path().join("v1");
    run(&first, &recipe(), &mut Invented { next: 0, count: 250 }).unwrap();
    let earlier = sides(&first);
    let more: Vec<Example> = (0..500)
        .map(|n| {
            let mut example = invented::example(n);
            example.earlier = earlier.get(&example.id).filter(|placed| placed.left_out.is_none()).map(|placed| placed.side);
            example
        })
        .collect();
    let second = place.path().join("v2");
    run(&second, &recipe(), &mut more.into_iter()).unwrap();
    let later = sides(&second);
    let mut stayed = 0;
    for (id, placed) in earlier.iter().filter(|(_, placed)| placed.left_out.is_none()) {
        let now = &later[id];
        if now.left_out.is_none() {
            assert_eq!(now.side, placed.side, "{id} changed its side");
            stayed += 1;
        } else if now.left_out.as_deref() == Some("held_elsewhere") {
            assert!(placed.side < now.side, "{id} is left out for a more guarded side");
        }
    }
    assert!(stayed > 200, "only {stayed} are still in");
    let in_test = |placed: &&Placed| placed.side == Side::Test && placed.left_out.is_none();
    for placed in earlier.values().filter(in_test) {
        assert!(later[&placed.id].left_out.is_none(), "{}: what was in test is in test for ever", placed.id);
    }
}

#[test]
fn no_customer_and_no_prompt_stands_on_two_sides() {
    let place = place();
    let folder = place.path().join("v1");
    run(&folder, &recipe(), &mut Invented { next: 0, count: 600 }).unwrap();
    let mut customers: HashMap<String, Side> = HashMap::new();
    for (n, placed) in lineage(&folder).iter().enumerate() {
        for key in invented::example(n as u64).groups {
            assert_eq!(*customers.entry(key.value.clone()).or_insert(placed.side), placed.side, "customer {}", key.value);
        }
    }
}

#[test]
fn each_step_takes_what_it_is_for() {
    let place = place();
    let folder = place.path().join("v1");
    let q = "Where is the parcel that I ordered two weeks ago with the blue lamp and the table?";
    let near = "Where is the parcel that I ordered two weeks ago with the blue lamp and a table?";
    let answer = "It left our house on Monday and is with the courier, who comes on Friday before noon.";
    let mut examples = vec![
        asked(0, q, approve(answer)),
        asked(1, q, approve(answer)),
        asked(2, near, approve(&format!("{answer} Bye"))),
        asked(3, "What does it cost to send it back?", approve("Nothing at all.")),
        asked(4, "What does it cost to send it back?", Verdict::Reject { draft: "Nothing at all.".into() }),
        asked(5, "  ", approve("hello")),
        asked(6, "What a kind shop", approve("You asshole")),
        asked(7, "How long is the warranty of a lamp?", approve("Two years.")),
        asked(8, "How long is the warranty of a lamp?", Verdict::Reject { draft: "Ten years, we think.".into() }),
        asked(9, &"very long ".repeat(3000), approve("yes")),
        asked(10, "Can I pay with a cheque in your shop?", approve("No.")),
    ];
    examples[8].item = examples[7].item.clone();
    examples[8].reviewer = "somebody else".into();
    examples[7].reviewer = "r1".into();
    examples[10].disputed = true;
    let mut recipe = recipe();
    recipe.cleaning.too_long = Some(Length { tokens: 4096, per_message: 8 });
    let manifest = counted(&folder, &recipe, &mut examples.into_iter());
    let left: Vec<Option<String>> = lineage(&folder).into_iter().map(|placed| placed.left_out).collect();
    let expected = [
        None,
        Some("exact_duplicates"),
        Some("near_duplicates"),
        Some("contradictions"),
        Some("contradictions"),
        Some("empty"),
        Some("harmful"),
        Some("disagreement"),
        Some("disagreement"),
        Some("too_long"),
        Some("disagreement"),
    ];
    assert_eq!(left, expected.map(|step| step.map(str::to_owned)), "in the order of the source");
    let counts: BTreeMap<&str, u64> = manifest.steps.iter().map(|step| (step.step.as_str(), step.left_out)).collect();
    assert_eq!(counts["disagreement"], 3, "{counts:?}");
    assert_eq!(manifest.examples, manifest.kept + counts.values().sum::<u64>(), "each is kept or left out by one step");
}

#[test]
fn lengths_are_in_tokens_where_they_are_counted_and_nothing_is_too_long_where_not() {
    let place = place();
    let said = |words: usize| asked(words, &"word ".repeat(words), approve("one two three"));
    let examples = || [said(3), said(4)].into_iter().collect::<Vec<_>>().into_iter();
    let mut recipe = Recipe::new(vec![Format::Sft], "letters");
    recipe.cleaning = Cleaning { too_long: Some(Length { tokens: 10 + 3 + 3 + 3 * 2, per_message: 2 }), ..Cleaning::default() };
    let manifest = counted(&place.path().join("counted"), &recipe, &mut examples());
    let counts: Vec<(&str, u64)> = manifest.steps.iter().map(|step| (step.step.as_str(), step.left_out)).collect();
    assert_eq!(counts[0], ("too_long", 1), "one word is one too many: {counts:?}");
    let statistics = &manifest.statistics;
    // The system prompt of these examples has ten words.
    assert_eq!((statistics.unit.as_str(), statistics.prompt.max, statistics.text.max), ("tokens", 13, 3));
    let card = fs::read_to_string(place.path().join("counted/README.md")).unwrap();
    assert!(card.contains("Tokens are those of Words (model file ffff"), "{card}");

    let uncounted = run(&place.path().join("uncounted"), &recipe, &mut examples()).unwrap();
    assert_eq!((uncounted.kept, uncounted.statistics.unit.as_str()), (2, "characters"));
    assert!(uncounted.steps.iter().all(|step| step.step != "too_long"), "a step that was not done is not told as done");
    assert_eq!(uncounted.notes[0].text, "Lengths are counted in characters, and nothing is left out as too long for the model.");
    let why = About { tokens: Tokens::Nobody { why: "The file of the model Words is not there.".into() }, ..about() };
    let folder = place.path().join("why");
    let job = Job { folder: &folder, recipe: &recipe, about: &why, count_tokens: None, cancelled: &|| false, progress: &mut |_| {} };
    let manifest = write(job, &mut examples()).unwrap();
    assert!(manifest.notes[0].text.starts_with("The file of the model Words is not there. Lengths"), "{:?}", manifest.notes);
}

#[test]
fn without_cleaning_all_is_written_as_it_is() {
    let place = place();
    let folder = place.path().join("v1");
    let mut recipe = Recipe::new(vec![Format::Sft], "letters");
    recipe.cleaning = Cleaning::default();
    let text = "Call 010-1234-5678, you asshole: kim@naver.com";
    let examples = vec![asked(0, text, approve(text)), asked(1, text, approve(text))];
    let manifest = run(&folder, &recipe, &mut examples.into_iter()).unwrap();
    assert_eq!(manifest.kept, 2, "nothing was asked to be left out");
    let all = all(&folder);
    let sft = all.iter().find(|(name, _)| name.starts_with("sft/")).map(|(_, bytes)| String::from_utf8_lossy(bytes)).unwrap();
    assert_eq!(sft.matches(text).count(), 4, "byte for byte");
}

#[test]
fn what_a_trainer_would_refuse_is_not_written_and_said() {
    let place = place();
    let folder = place.path().join("v1");
    let examples: Vec<Example> = (0..5).map(|n| asked(n, &format!("Question number {n} of five, please?"), approve("Yes."))).collect();
    let mut recipe = recipe();
    recipe.split.validation = 0.0;
    recipe.split.test = 0.0;
    recipe.cleaning.near_duplicates = None;
    let manifest = run(&folder, &recipe, &mut examples.into_iter()).unwrap();
    let codes: BTreeSet<&str> = manifest.notes.iter().map(|note| note.code.as_str()).collect();
    assert_eq!(codes, ["kto_one_label", "no_rows", "openai_too_few"].into(), "{:?}", manifest.notes);
    let written: BTreeSet<&str> = manifest.files.iter().map(|file| file.config.name()).collect();
    assert_eq!(written, ["alpaca", "prompt-completion", "sft", "sft-parquet", "sharegpt"].into(), "the others are left");
}

#[test]
fn known_near_duplicates_are_found_and_others_are_not() {
    // 420 texts, and of each third one an edition with few changes.
    let place = place();
    let folder = place.path().join("v1");
    let mut dice = invented::Dice::new(9);
    let (mut examples, mut truth) = (Vec::new(), BTreeSet::new());
    for n in 0..420_usize {
        let korean = n % 2 == 0;
        let words = invented::sentence(&mut dice, 60, korean);
        let answer = invented::sentence(&mut dice, 40, korean);
        examples.push(asked(examples.len(), &words, approve(&answer)));
        if n % 3 == 0 {
            let mut changed: Vec<&str> = words.split(' ').collect();
            let at = dice.below(changed.len());
            changed[at] = if korean { "새로운" } else { "another" };
            truth.insert(format!("d{:08}", examples.len()));
            examples.push(asked(examples.len(), &changed.join(" "), approve(&format!("{answer} {}", if korean { "네" } else { "yes" }))));
        }
    }
    run(&folder, &recipe(), &mut examples.into_iter()).unwrap();
    let found: BTreeSet<String> = lineage(&folder)
        .into_iter()
        .filter(|placed| placed.left_out.as_deref() == Some("near_duplicates"))
        .map(|placed| placed.id)
        .collect();
    let right = found.intersection(&truth).count() as f64;
    let (recall, precision) = (right / truth.len() as f64, right / found.len() as f64);
    assert!(recall >= 0.95 && precision >= 0.95, "recall {recall}, precision {precision} of {} known", truth.len());
    println!("near-duplicates: recall {recall:.4}, precision {precision:.4}");
}

/// Values of each kind in every place of an example that a file could show, and what they were.
fn with_secrets(seed: u64) -> (Vec<Example>, Vec<(&'static str, String)>) {
    let kinds = ["EMAIL", "PHONE", "CARD", "IBAN", "SSN", "RRN", "IPV4", "IPV6", "URL", "KEY", "TOKEN", "NAME"];
    let (mut examples, mut secret) = (Vec::new(), Vec::new());
    for (n, kind) in kinds.into_iter().cycle().take(12 * 6).enumerate() {
        let value = values::value(kind, seed + n as u64, n % 2 == 0);
        let (mut dice, korean) = (invented::Dice::new(seed ^ n as u64), n % 2 == 0);
        let mut more = || invented::sentence(&mut dice, 12, korean);
        let text = format!("{} {} {}", more(), value.sentence(), more());
        let mut example = asked(n, &text, Verdict::Edit { draft: format!("{text} {}", more()), edited: format!("{} {text}", more()) });
        example.replaced = vec![format!("{text} {}", more())];
        example.reasons = vec![value.sentence()];
        example.meta.insert("note".into(), value.sentence());
        example.system = Some(format!("Answer. {}", value.sentence()));
        example.groups = vec![GroupKey { kind: "customer".into(), value: value.written.clone() }];
        example.fields = value.field.iter().map(|(name, value)| Field { name: (*name).into(), value: value.clone() }).collect();
        example.reviewer = format!("reviewer of {n}");
        secret.push((kind, value.written));
        secret.push(("reviewer", example.reviewer.clone()));
        examples.push(example);
    }
    (examples, secret)
}

/// Whether a value stands in a text by itself. A short name may be part of an ordinary word.
fn stands(text: &str, kind: &str, value: &str) -> bool {
    text.match_indices(value).any(|(at, _)| {
        let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !touches(text[..at].chars().next_back()) && (!touches(text[at + value.len()..].chars().next()) || kind != "NAME")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn no_value_of_a_person_remains_anywhere_in_the_files(seed in 0_u64..1_000_000, by_row in any::<bool>(), formats in 0_usize..2) {
        let place = place();
        let folder = place.path().join("v1");
        let (examples, secret) = with_secrets(seed);
        let mut recipe = recipe();
        let scope = if by_row { PlaceholderScope::Row } else { PlaceholderScope::Dataset };
        recipe.cleaning.personal = Some(PersonalData { scope, ..PersonalData::default() });
        // Also where nothing is left out and all of it is written.
        if formats == 1 {
            recipe.cleaning = Cleaning { personal: recipe.cleaning.personal, ..Cleaning::default() };
        }
        let manifest = run(&folder, &recipe, &mut examples.into_iter()).unwrap();
        prop_assert!(manifest.kept > 10, "there is something to look at");
        for (name, bytes) in all(&folder) {
            let text = String::from_utf8_lossy(&bytes);
            for (kind, value) in &secret {
                prop_assert!(!stands(&text, kind, value), "{} {:?} is still in {} ({:?})", kind, value, name, scope);
            }
        }
    }
}

#[test]
fn a_preview_shows_the_rows_that_would_be_written() {
    let place = place();
    let folder = place.path().join("v1");
    let examples: Vec<Example> = (0..120).map(invented::example).collect();
    let recipe = recipe();
    run(&folder, &recipe, &mut examples.clone().into_iter()).unwrap();
    let preview = preview(&recipe, examples, 3, None).unwrap();
    let files = all(&folder);
    for shown in preview.formats.iter().filter(|shown| !matches!(shown.format, Format::SftParquet | Format::DpoParquet | Format::Csv)) {
        assert_eq!(shown.rows.len(), 3, "{}", shown.format.name());
        for row in &shown.rows {
            let written = files.iter().any(|(name, bytes)| {
                name.starts_with(&format!("{}/", shown.format.name())) && String::from_utf8_lossy(bytes).contains(row.as_str())
            });
            assert!(written, "{}: {row} is in a file", shown.format.name());
        }
    }
    assert_eq!(preview.examples, 120, "all were looked at");
}

#[test]
fn when_groups_come_together_nobody_crosses_over_and_nothing_leaks() {
    let place = place();
    let folder = place.path().join("v2");
    let mut examples: Vec<Example> = (0..3)
        .map(|n| {
            asked(
                n,
                &format!("{} question of the same customer", ["First", "A second", "The third and last"][n]),
                approve("Yes, of course."),
            )
        })
        .collect();
    for (example, earlier) in examples.iter_mut().zip([Some(Side::Train), Some(Side::Test), None]) {
        example.groups = vec![GroupKey { kind: "customer".into(), value: "the same".into() }];
        example.earlier = earlier;
    }
    let manifest = run(&folder, &Recipe::new(vec![Format::Sft], "letters"), &mut examples.into_iter()).unwrap();
    let placed: Vec<(Side, Option<String>)> = lineage(&folder).into_iter().map(|placed| (placed.side, placed.left_out)).collect();
    let expected = [(Side::Test, Some("held_elsewhere".to_owned())), (Side::Test, None), (Side::Test, None)];
    assert_eq!(placed, expected, "the one of train is left out, the new one follows its group");
    assert!(manifest.files.iter().all(|file| file.never_train), "only the side test has rows");
    assert!(manifest.notes.iter().any(|note| note.code == "merged_groups" && note.count == 1), "{:?}", manifest.notes);
}

#[test]
fn work_that_is_going_on_is_no_leftover_and_two_do_not_write_one_folder() {
    let place = place();
    let folder = place.path().join("v1");
    let mut looked = 0;
    write(
        Job {
            folder: &folder,
            recipe: &recipe(),
            about: &about(),
            count_tokens: None,
            cancelled: &|| false,
            progress: &mut |_| {
                looked += 1;
                assert_eq!(clear_leftovers(place.path()).unwrap(), 0, "its lock is held");
                let error = run(&folder, &recipe(), &mut Invented { next: 0, count: 5 }).unwrap_err();
                assert!(error.to_string().contains("already"), "{error}");
            },
        },
        &mut Invented { next: 0, count: 60 },
    )
    .unwrap();
    assert!(looked > 3 && folder.join("manifest.json").exists(), "it went on undisturbed");
}

#[test]
fn a_recipe_that_makes_no_sense_is_refused_before_anything_is_read() {
    let place = place();
    let check = |change: &dyn Fn(&mut Recipe), word: &str| {
        let mut recipe = recipe();
        change(&mut recipe);
        let error = run(&place.path().join("v1"), &recipe, &mut Failing(100)).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    };
    check(&|recipe| recipe.formats.clear(), "no format");
    check(&|recipe| recipe.formats.push(Format::Sft), "twice");
    check(&|recipe| recipe.split.test = 0.95, "shares");
    check(&|recipe| recipe.split.validation = f64::NAN, "shares");
    check(&|recipe| recipe.shard_bytes = 0, "0 bytes");
    check(&|recipe| recipe.cleaning.near_duplicates.as_mut().unwrap().rows = 0, "near-duplicates");
    check(&|recipe| recipe.cleaning.harmful.as_mut().unwrap().languages.push("xx".into()), "xx");
}

#[test]
fn a_long_template_around_short_requests_makes_no_two_of_them_alike() {
    let place = place();
    let folder = place.path().join("v1");
    let mut dice = invented::Dice::new(4);
    let template = "You work for a shop of outdoor things. Read the letter below, say which product it is about, and answer in three sentences. \
                    Never promise a date, never name a price, and sign with the name of the shop. Here is the letter of the customer: ";
    let mut examples: Vec<Example> = Vec::new();
    for n in 0..60 {
        let asks = invented::sentence(&mut dice, 8, n % 2 == 0);
        let answer = approve(&invented::sentence(&mut dice, 20, n % 2 == 0));
        examples.push(asked(n, &format!("{template}{asks}"), answer));
    }
    let again = asked(60, &format!("{} please", examples[7].prompt[0].content), examples[7].verdict.clone());
    examples.push(again);
    let manifest = run(&folder, &recipe(), &mut examples.into_iter()).unwrap();
    let left: Vec<String> = lineage(&folder).into_iter().filter(|placed| placed.left_out.is_some()).map(|placed| placed.id).collect();
    assert_eq!(left, ["d00000060"], "only the one that was asked before is nearly the same");
    assert_eq!(manifest.statistics.groups, 60, "each request is a group of its own");
}
