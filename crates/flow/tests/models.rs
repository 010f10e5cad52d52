//! What a person does with model files: add, verify, measure, forget, delete.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use flow::library::measure::Measured;
use flow::library::{Model, ModelSource};
use flow::model::{Cancel, Drafter, GenerateRequest, Generation, ModelError, ModelFacts, Token};
use flow::settings::{HUB_PRESET, HubSetting};
use flow::testing::{ScriptedDrafter, admin, desk, reviewer, use_case};
use flow::{Clock, Desk, Error};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Reads files as they are: another content is another model.
struct Reader;

impl Drafter for Reader {
    fn generate(&self, r: &GenerateRequest, c: &Cancel, t: &mut dyn FnMut(&Token)) -> Result<Generation, ModelError> {
        ScriptedDrafter::echo(1.0).generate(r, c, t)
    }
    fn inspect(&self, path: &Path) -> Result<ModelFacts, ModelError> {
        let bytes = std::fs::read(path).map_err(|_| ModelError::Missing { path: path.to_owned() })?;
        if bytes.starts_with(b"bad") {
            return Err(ModelError::Unusable { path: path.to_owned(), reason: "it is bad".into() });
        }
        let sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        Ok(ModelFacts { sha256, bytes: bytes.len() as u64, ..ScriptedDrafter::echo(1.0).inspect(path)? })
    }
}

fn add(desk: &Desk, folder: &TempDir, name: &str, content: &str) -> (Model, PathBuf) {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (desk.add_model(&Reader, &path, ModelSource::Imported, &admin()).unwrap(), path)
}

fn measured() -> Measured {
    Measured {
        load_ms: 400,
        prompt_tokens: 203,
        ttft_ms: 380.5,
        answer_tokens: 64,
        tokens_per_second: 24.5,
        together: 8,
        together_tokens: 512,
        together_ms: 15_000,
        peak_bytes: None,
    }
}

#[test]
fn a_file_that_changed_under_its_name_is_found_by_verifying() {
    let (folder, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (desk, hand) = desk(folder.path()).unwrap();
    let (model, path) = add(&desk, &files, "a.gguf", "the weights");
    assert_eq!(model.checked, None);
    let mut told = Vec::new();
    let same = desk.verify_model(model.id, &Cancel::default(), &mut |done, of| told.push((done, of))).unwrap();
    assert!(!same.is_altered() && same.trouble().is_none());
    assert_eq!(same.checked.as_ref().map(|c| c.at), Some(desk.now()));
    assert_eq!(told, [(0, 11), (11, 11)]);

    // As long as before: only its content tells.
    std::fs::write(&path, "THE weights").unwrap();
    assert_eq!(desk.model(model.id).unwrap().trouble(), None, "nobody has looked yet");
    hand.advance(std::time::Duration::from_secs(60));
    let other = desk.verify_model(model.id, &Cancel::default(), &mut |_, _| {}).unwrap();
    assert!(other.is_altered());
    assert!(other.trouble().unwrap().contains("no longer what it was"), "{:?}", other.trouble());
    assert_eq!(other.checked.unwrap().at, desk.now());

    // Added again where the right one lies now.
    std::fs::write(&path, "the weights").unwrap();
    let back = desk.add_model(&Reader, &path, ModelSource::Imported, &admin()).unwrap();
    assert_eq!((back.id, back.trouble(), back.checked), (model.id, None, None));

    let cancel = Cancel::default();
    cancel.cancel();
    assert!(matches!(desk.verify_model(model.id, &cancel, &mut |_, _| {}), Err(Error::Cancelled)));
    assert_eq!(desk.model(model.id).unwrap().checked, None, "a look that was stopped says nothing");
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(desk.verify_model(model.id, &Cancel::default(), &mut |_, _| {}), Err(Error::File { .. })));
}

#[test]
fn a_measurement_is_kept_with_its_model() {
    let (folder, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (desk, _) = desk(folder.path()).unwrap();
    let (model, _) = add(&desk, &files, "a.gguf", "the weights");
    let kept = desk.keep_measurement(model.id, &measured()).unwrap();
    assert_eq!(kept.measured, Some((desk.now(), measured())));
    assert_eq!(desk.models().unwrap()[0].measured, kept.measured);
}

#[test]
fn a_file_is_deleted_only_when_it_is_that_model_and_nobody_needs_it() {
    let (folder, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (desk, _) = desk(folder.path()).unwrap();
    let refused = |id, says: &str| {
        let said = desk.delete_model(id, &admin()).unwrap_err().to_string();
        assert!(said.contains(says), "{said}");
    };
    let (model, path) = add(&desk, &files, "a.gguf", "the weights");
    assert!(matches!(desk.delete_model(model.id, &reviewer()), Err(Error::NotAllowed { .. })));

    let case = use_case(&desk, |input| input.model = Some(model.id)).unwrap();
    refused(model.id, "in use by");
    let mut input = desk.use_case(case).unwrap().input;
    input.model = None;
    desk.save_use_case(&admin(), Some(case), &input).unwrap();

    std::fs::write(&path, "something else, more").unwrap();
    refused(model.id, "has changed since");
    std::fs::write(&path, "the weights").unwrap();
    let (starter, kept) = {
        let path = files.path().join("starter.gguf");
        std::fs::write(&path, "starter").unwrap();
        (desk.add_model(&Reader, &path, ModelSource::Starter, &admin()).unwrap(), path)
    };
    refused(starter.id, "ships with Gait");
    assert!(kept.exists() && path.exists());

    desk.delete_model(model.id, &admin()).unwrap();
    assert!(!path.exists());
    assert!(desk.models().unwrap().iter().all(|m| m.id != model.id));
    let (_, last) = desk.activity(None, 0, 1).unwrap();
    assert_eq!(last[0].kind, "model_deleted");
    // Forgetting alone leaves the file.
    desk.remove_model(starter.id, &admin()).unwrap();
    assert!(kept.exists());
}

#[test]
fn two_models_at_one_place_keep_the_file() {
    let (folder, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (desk, _) = desk(folder.path()).unwrap();
    let (first, path) = add(&desk, &files, "a.gguf", "old weights");
    let (second, _) = add(&desk, &files, "a.gguf", "new weights");
    assert_ne!(first.id, second.id);
    assert!(desk.delete_model(first.id, &admin()).unwrap_err().to_string().contains("same place"));
    assert!(path.exists());
}

#[test]
fn a_download_is_looked_into_before_it_is_added() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let place = desk.downloads().join("mina/small");
    std::fs::create_dir_all(&place).unwrap();
    let (good, bad) = (place.join("good.gguf"), place.join("bad.gguf"));
    std::fs::write(&good, "weights").unwrap();
    std::fs::write(&bad, "bad weights").unwrap();
    assert!(matches!(desk.add_download(&Reader, &bad, "hub.example/x", &admin()), Err(Error::Model(ModelError::Unusable { .. }))));
    assert!(!bad.exists(), "what cannot be used is not kept");
    let model = desk.add_download(&Reader, &good, "hub.example/mina/small/good.gguf @ 01", &admin()).unwrap();
    assert_eq!(model.origin.as_deref(), Some("hub.example/mina/small/good.gguf @ 01"));
    assert!(model.is_deletable());
    desk.delete_model(model.id, &admin()).unwrap();
    assert!(!desk.downloads().join("mina").exists(), "its folders go with it");
    assert!(desk.downloads().exists());
}

#[test]
fn the_expected_memory_follows_the_use_cases() {
    let (folder, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (desk, _) = desk(folder.path()).unwrap();
    let (model, _) = add(&desk, &files, "a.gguf", "the weights");
    let alone = desk.expected_memory(&model).unwrap();
    assert_eq!((alone.tokens, alone.lengths_known), (800, false));
    use_case(&desk, |input| {
        input.model = Some(model.id);
        input.sampling.max_tokens = 100;
    })
    .unwrap();
    assert_eq!(desk.expected_memory(&model).unwrap().tokens, 500, "an answer of 100 tokens, a usual prompt");
}

#[test]
fn downloading_is_off_until_an_admin_allows_it() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let mut settings = desk.settings().unwrap();
    assert_eq!(settings.hub, HubSetting { on: false, address: HUB_PRESET.into() });
    settings.hub.on = true;
    settings.role = flow::PersonRole::Reviewer;
    assert!(matches!(desk.save_settings(&settings), Err(Error::NotAllowed { .. })));
    settings.role = flow::PersonRole::Admin;
    for bad in ["hub.example", "http://hub.example", "ftp://hub", "https://a b", "http://localhost.example"] {
        settings.hub.address = bad.into();
        assert!(matches!(desk.save_settings(&settings), Err(Error::Invalid { .. })), "{bad}");
    }
    settings.hub.address = " http://127.0.0.1:8000/mirror ".into();
    assert_eq!(desk.save_settings(&settings).unwrap().hub.address, "http://127.0.0.1:8000/mirror");
    settings.role = flow::PersonRole::Reviewer;
    settings.hub.address = "http://127.0.0.1:8000/mirror".into();
    assert!(desk.save_settings(&settings).is_ok(), "a reviewer may save what stays as it is");
}

#[test]
fn a_database_of_the_first_version_is_brought_up_to_date() {
    let folder = TempDir::new().unwrap();
    let old = rusqlite::Connection::open(folder.path().join("gait.db")).unwrap();
    old.execute_batch(include_str!("../../../migrations/0001_initial.sql")).unwrap();
    old.execute_batch("PRAGMA application_id = 0x47414954; PRAGMA user_version = 1; INSERT INTO meta VALUES ('generation', 'x')").unwrap();
    let facts = plain();
    old.execute(
        "INSERT INTO model (sha256, path, source, facts, added_at) VALUES (?1, '/gone.gguf', 'imported', ?2, 1)",
        [&facts.sha256, &serde_json::to_string(&facts).unwrap()],
    )
    .unwrap();
    drop(old);
    let desk = Desk::open(folder.path(), Clock::system()).unwrap();
    let models = desk.models().unwrap();
    assert_eq!((models.len(), &models[0].measured, &models[0].checked, &models[0].origin), (1, &None, &None, &None));
    let backups = std::fs::read_dir(folder.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("gait-before-v"));
    assert_eq!(backups.count(), 1, "the older file is kept as it was");
}

fn plain() -> ModelFacts {
    ModelFacts {
        sha256: "b".repeat(64),
        bytes: 1,
        name: "Old".into(),
        architecture: "llama".into(),
        parameters: 1,
        quantisation: "Q8_0".into(),
        context: 1024,
        vocabulary: 1,
        chat_template: None,
        license: None,
    }
}
