//! The model files that this machine knows.

use super::{Fault, aside};
use crate::dto::{Answer, CommandError, ErrorCode, HubUnfinished, HubWanted, Model, ModelLook, ModelProgress, ModelStep};
use crate::shell::{Shell, lock};
use flow::library::measure::{self, Bench};
use flow::library::{ModelSource, expected_memory_of_file, portrait};
use flow::{Desk, ModelId};
use hub::{Hub, Wanted};
use std::path::Path;
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, Instant};
use tauri::State;
use tauri::ipc::Channel;

fn shown(desk: &Desk, model: flow::library::Model) -> Result<Model, Fault> {
    let memory = desk.expected_memory(&model)?;
    Ok(Model::of(model, memory))
}

#[tauri::command]
#[specta::specta]
pub async fn model_list(shell: State<'_, Shell>) -> Answer<Vec<Model>> {
    aside("model_list", &shell, |shell| {
        let desk = shell.desk()?;
        desk.models()?.into_iter().map(|model| shown(&desk, model)).collect()
    })
    .await
}

/// Reads what a file is without adding it.
#[tauri::command]
#[specta::specta]
pub async fn model_inspect(shell: State<'_, Shell>, path: String) -> Answer<ModelLook> {
    aside("model_inspect", &shell, move |shell| {
        let facts = shell.drafter().inspect(Path::new(&path))?;
        let memory = expected_memory_of_file(Path::new(&path), &facts).into();
        Ok(ModelLook { portrait: portrait::Portrait::of(&facts).into(), memory, facts: facts.into() })
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn model_import(shell: State<'_, Shell>, path: String) -> Answer<Model> {
    aside("model_import", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let model = desk.add_model(shell.drafter(), Path::new(&path), ModelSource::Imported, &person)?;
        shown(&desk, model)
    })
    .await
}

/// Forgets a model that no use case names. Its file stays, or goes with it.
#[tauri::command]
#[specta::specta]
pub async fn model_remove(shell: State<'_, Shell>, model: i64, delete_file: bool) -> Answer<()> {
    aside("model_remove", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let id = ModelId(model);
        let path = desk.model(id)?.path;
        if delete_file {
            // First, so that a folder of ours is empty then.
            engine::forget(&path);
            desk.delete_model(id, &person)?;
        } else {
            desk.remove_model(id, &person)?;
            engine::forget(&path);
        }
        Ok(())
    })
    .await
}

/// Reads the whole file again and keeps whether it is still the same.
#[tauri::command]
#[specta::specta]
pub async fn model_verify(shell: State<'_, Shell>, model: i64, token: String, on_progress: Channel<ModelProgress>) -> Answer<Model> {
    let job = shell.job(&token);
    aside("model_verify", &shell, move |shell| {
        let desk = shell.desk()?;
        let reporter = Reporter::new(on_progress);
        let model = desk.verify_model(ModelId(model), &job.cancel, &mut |done, of| reporter.report(ModelStep::Reading, done, of))?;
        shown(&desk, model)
    })
    .await
}

/// A short run of a model on this machine, in an engine of its own; drafting rests meanwhile.
#[tauri::command]
#[specta::specta]
pub async fn model_measure(shell: State<'_, Shell>, model: i64, token: String, on_progress: Channel<ModelProgress>) -> Answer<Model> {
    let job = shell.job(&token);
    aside("model_measure", &shell, move |shell| {
        let desk = shell.desk()?;
        let model = desk.model(ModelId(model))?;
        let _alone = match shell.measuring.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(left)) => left.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(CommandError::invalid("Another model is being measured: wait for it, or stop it.").into());
            }
        };
        let (engine, _rest) = shell.another_engine().map_err(|e| CommandError::internal(format!("No engine could be started: {e}.")))?;
        let reporter = Reporter::new(on_progress);
        let start = Instant::now();
        let bench = Bench { drafter: engine.drafter.as_ref(), clock: &|| start.elapsed(), peak: &engine.peak };
        let measured = measure::measure(&bench, &model.file(), model.facts.context, &job.cancel, &|step| match step {
            measure::Step::Loading => reporter.say(ModelStep::Loading),
            measure::Step::Alone { done, of } => reporter.report(ModelStep::Alone, done.into(), of.into()),
            measure::Step::Together { done, of } => reporter.report(ModelStep::Together, done.into(), of.into()),
        })?;
        shown(&desk, desk.keep_measurement(model.id, &measured)?)
    })
    .await
}

/// Downloads a model from the hub, checks it, and adds it. Refused while the setting is off.
#[tauri::command]
#[specta::specta]
pub async fn hub_download(shell: State<'_, Shell>, wanted: HubWanted, token: String, on_progress: Channel<ModelProgress>) -> Answer<Model> {
    let job = shell.job(&token);
    aside("hub_download", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        person.must_be_admin("download a model")?;
        let hub = Hub::open(&desk.settings()?.hub)?;
        let name = hub.name(&wanted.name, wanted.revision.as_deref())?;
        let wanted = Wanted { name, folder: desk.downloads(), sha256: wanted.sha256.filter(|typed| !typed.trim().is_empty()) };
        let reporter = Reporter::new(on_progress);
        let fetched = hub.download(&wanted, &job.cancel, &mut |step| match step {
            hub::Step::Asking => reporter.say(ModelStep::Asking),
            hub::Step::Rereading { done, total } => reporter.report(ModelStep::Reading, done, total),
            hub::Step::Receiving { done, total } => reporter.report(ModelStep::Receiving, done, total),
        })?;
        let model = desk.add_download(shell.drafter(), &fetched.path, &fetched.origin, &person)?;
        shown(&desk, model)
    })
    .await
}

/// Downloads that were begun and not ended.
#[tauri::command]
#[specta::specta]
pub async fn hub_unfinished(shell: State<'_, Shell>) -> Answer<Vec<HubUnfinished>> {
    aside("hub_unfinished", &shell, |shell| Ok(hub::unfinished(&shell.desk()?.downloads()).into_iter().map(Into::into).collect())).await
}

/// Throws away what an unfinished download has left.
#[tauri::command]
#[specta::specta]
pub async fn hub_discard(shell: State<'_, Shell>, name: String, revision: String) -> Answer<()> {
    aside("hub_discard", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        person.must_be_admin("throw a download away")?;
        Ok(hub::discard(&desk.downloads(), &hub::Name::parse(&name, Some(&revision))?)?)
    })
    .await
}

impl From<hub::Error> for Fault {
    fn from(e: hub::Error) -> Self {
        use hub::Error as E;
        let code = match &e {
            E::Cancelled => ErrorCode::Cancelled,
            E::Off => ErrorCode::NotAllowed,
            E::Address { .. } | E::Name { .. } | E::Revision { .. } | E::Sha256 { .. } | E::HashesDiffer { .. } | E::NoHash | E::Taken => {
                ErrorCode::Invalid
            }
            E::NotThere { .. }
            | E::Login
            | E::TooMany
            | E::Trouble(_)
            | E::Redirects(_)
            | E::Unsafe(_)
            | E::Strange(_)
            | E::WrongContent { .. }
            | E::Connection { .. }
            | E::Untrusted(_) => ErrorCode::Hub,
            E::NoRoom { .. } | E::Exists { .. } | E::File { .. } => ErrorCode::File,
        };
        Self::Said(CommandError { code, message: crate::dto::sentence(&e.to_string()) })
    }
}

/// Tells the page how far a job is, at most ten times a second; each step has a rate of its own. A page that is gone does
/// not stop the job.
struct Reporter {
    to: Channel<ModelProgress>,
    at: Mutex<At>,
}

struct At {
    step: Option<ModelStep>,
    /// When the step began, and how much was done then: a download goes on from where it was.
    since: Instant,
    from: u64,
    told: Option<Instant>,
}

const EVERY: Duration = Duration::from_millis(100);

impl Reporter {
    fn new(to: Channel<ModelProgress>) -> Self {
        Self { to, at: Mutex::new(At { step: None, since: Instant::now(), from: 0, told: None }) }
    }

    fn say(&self, step: ModelStep) {
        drop(self.to.send(ModelProgress { step, done: None, total: None, per_second: 0.0 }));
    }

    fn report(&self, step: ModelStep, done: u64, total: u64) {
        let mut at = lock(&self.at);
        if at.step != Some(step) || done < at.from {
            *at = At { step: Some(step), since: Instant::now(), from: done, told: None };
        }
        if done < total && at.told.is_some_and(|told| told.elapsed() < EVERY) {
            return;
        }
        at.told = Some(Instant::now());
        let seconds = at.since.elapsed().as_secs_f64();
        let per_second = if seconds > 0.0 { (done - at.from) as f64 / seconds } else { 0.0 };
        drop(self.to.send(ModelProgress { step, done: Some(done), total: Some(total), per_second }));
    }
}
