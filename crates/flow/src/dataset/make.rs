//! Making a version: going through the decisions, writing the files, keeping the list, giving the folder its name.
//!
//! Invariant: a version and its list are kept in the transaction that completes its first copy, and in it no decision that was taken back and
//! no item that was purged until then. A folder gets its name after that, so that a kill leaves no files of a version that does not stand.

use super::count::{Chosen, Counted, Tally};
use super::counting::Counting;
use super::list::{self, Became, Entry, Part, Source};
use super::place;
use super::selection::Selection;
use super::taught::{Frozen, PromptOf, Prompts};
use super::version::{Again, DatasetVersion, NewCopy, NewVersion, Plan, Progress, Stage, Wanted};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{DecisionId, ItemId, PreferenceId, UseCaseId};
use crate::model::{Cancel, Tokenizers};
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::worker::Presence;
use datasets::{About, Count, Drafter, Example, Job, Lineage, Manifest, Side, Tokens};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// The side of each item in earlier versions.
struct Sides(HashMap<ItemId, Side>);

/// Examples that are read at once, and pages that are read ahead.
const PAGE: usize = 256;
const AHEAD: usize = 8;
/// A version is begun again when something in it was taken back meanwhile, so often.
const TRIES: usize = 3;

/// Examples as another thread reads them.
struct Ahead {
    pages: Receiver<Result<Vec<Example>>>,
    page: std::vec::IntoIter<Example>,
    count: u64,
}

impl datasets::Source for Ahead {
    fn count(&self) -> Option<u64> {
        Some(self.count)
    }

    fn next(&mut self) -> std::result::Result<Option<Example>, Box<dyn std::error::Error + Send + Sync>> {
        loop {
            if let Some(example) = Iterator::next(&mut self.page) {
                return Ok(Some(example));
            }
            match self.pages.recv() {
                Ok(page) => self.page = page?.into_iter(),
                // The reader has come to its end.
                Err(_) => return Ok(None),
            }
        }
    }
}

impl Desk {
    /// Makes a version: goes through the decisions, writes the files, keeps the list, gives the folder its name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for criteria, a plan or a folder that cannot be; [`Error::Cancelled`]; [`Error::File`]; [`Error::Stale`] where
    /// another version was made meanwhile. There is no version then, and no folder.
    pub fn new_dataset(
        &self,
        wanted: &Wanted<'_>,
        person: &Person,
        tokenizers: &dyn Tokenizers,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<DatasetVersion> {
        self.settle_datasets()?;
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.try_new_dataset(wanted, person, tokenizers, cancel, on_progress) {
                Err(Error::Stale { what, .. }) if tries > 0 && what == TAKEN_BACK => {}
                other => return other,
            }
        }
    }

    fn try_new_dataset(
        &self,
        wanted: &Wanted<'_>,
        person: &Person,
        tokenizers: &dyn Tokenizers,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<DatasetVersion> {
        let before = self.read(Moment::of)?;
        let (chosen, tally) = self.chosen(wanted.use_case, wanted.selection, cancel, on_progress)?;
        let counted = tally.counted();
        if chosen.is_empty() {
            return Err(Error::invalid("selection", "none of the decisions", "at least one decision"));
        }
        let (n, prompts) =
            self.read(|c| Ok((storage::dataset::newest(c, wanted.use_case)? + 1, storage::dataset::prompts(c, wanted.use_case)?)))?;
        let counting = Counting::of_use_case(self, wanted.use_case, tokenizers)?;
        let plan = counting.plan(wanted.plan);
        let about = About { tokens: counting.told.clone(), ..self.about(wanted, n, &counted, &prompts)? };
        let copy = self.begin(wanted.use_case, None, wanted.folder, person)?;
        let work = Work { plan: &plan, about: &about, prompts: &prompts, counting: &counting, cancel };
        self.finish(copy, |copy| {
            let manifest = self.write_files(&work, &copy.temporary, &chosen, on_progress)?;
            let parts = list_of(&copy.temporary, &chosen)?;
            self.transact(|c, now, changes| {
                before.must_still_hold(c, &chosen)?;
                if storage::dataset::newest(c, wanted.use_case)? + 1 != n {
                    return Err(Error::Stale {
                        what: "the list of versions".into(),
                        now: format!("version {n} was made by somebody else"),
                    });
                }
                let version = NewVersion {
                    use_case: wanted.use_case,
                    n,
                    selection: wanted.selection,
                    recipe: &plan,
                    left_out: &counted.left_out,
                    manifest: &manifest,
                    parts: &parts,
                };
                let id = storage::dataset::insert(c, &version, &person.name, now)?;
                storage::dataset::complete_copy(c, copy.id, id)?;
                let detail = format!("version {n}: {} of {} decisions", manifest.kept, counted.decisions);
                storage::event::insert(c, now, &person.name, "dataset_made", Some(wanted.use_case), None, Some(&detail))?;
                changes.activity = true;
                Ok(())
            })
        })?;
        self.dataset(wanted.use_case, n)
    }

    /// Writes the files of a version again, to another folder. What was purged since is left out; all else is as it was. Returns the version,
    /// and whether every file has the SHA-256 that it had.
    ///
    /// # Errors
    /// Those of [`Desk::new_dataset`].
    pub fn export_dataset_again(
        &self,
        again: &Again<'_>,
        person: &Person,
        tokenizers: &dyn Tokenizers,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<(DatasetVersion, bool)> {
        let Again { use_case, n, folder } = *again;
        self.settle_datasets()?;
        let version = self.dataset(use_case, n)?;
        let (chosen, prompts) = self.read(|c| Ok((frozen(c, version.id)?, storage::dataset::prompts(c, use_case)?)))?;
        let counting = Counting::again(self, &version.manifest.about.tokens, tokenizers)?;
        let about = About { tokens: counting.told.clone(), ..version.manifest.about.clone() };
        let copy = self.begin(use_case, Some(version.id), folder, person)?;
        let work = Work { plan: &version.recipe, about: &about, prompts: &prompts, counting: &counting, cancel };
        let mut same = false;
        self.finish(copy, |copy| {
            let manifest = self.write_files(&work, &copy.temporary, &chosen, on_progress)?;
            let sums = |of: &Manifest| -> Vec<(String, String)> {
                let files = of.files.iter().map(|file| (file.path.clone(), file.sha256.clone()));
                files.chain(of.tables.iter().map(|table| (table.path.clone(), table.sha256.clone()))).collect()
            };
            same = sums(&manifest) == sums(&version.manifest);
            self.transact(|c, now, changes| {
                storage::dataset::complete_copy(c, copy.id, version.id)?;
                let word = if same { "the same files" } else { "other files than the first time" };
                let detail = format!("version {n}: {word}");
                storage::event::insert(c, now, &person.name, "dataset_written_again", Some(use_case), None, Some(&detail))?;
                changes.activity = true;
                Ok(())
            })
        })?;
        Ok((self.dataset(use_case, n)?, same))
    }

    /// Those that a version is to be made of, each with the side that it has had.
    fn chosen(
        &self,
        use_case: UseCaseId,
        selection: &Selection,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<(Vec<Chosen>, Tally)> {
        let sides = self.read(|c| Sides::of(c, use_case))?;
        let mut chosen = Vec::new();
        let tally = self.choose(
            use_case,
            selection,
            cancel,
            &mut |picked, weight| {
                chosen.push(picked.chosen(weight, sides.0.get(&picked.item()).copied()));
                Ok(true)
            },
            &mut |done| on_progress(Progress { stage: Stage::Selecting, done, of: None }),
        )?;
        Ok((chosen, tally))
    }

    fn about(&self, wanted: &Wanted<'_>, n: i64, counted: &Counted, prompts: &HashMap<i64, PromptOf>) -> Result<About> {
        let case = self.use_case(wanted.use_case)?;
        let mut drafters: Vec<&PromptOf> = prompts.values().collect();
        drafters.sort_unstable_by_key(|prompt| prompt.n);
        let drafter = |prompt: &PromptOf| Drafter {
            version: prompt.n.to_string(),
            model_sha256: prompt.model_sha256.clone(),
            description: prompt.model_name.clone().unwrap_or_default(),
        };
        Ok(About {
            name: case.input.name,
            version: n.to_string(),
            description: wanted.plan.description.clone(),
            licence: wanted.plan.licence.clone(),
            creator: wanted.plan.creator.clone(),
            languages: wanted.plan.languages.clone(),
            created_ms: self.now().0,
            selection: selection_for_card(wanted.selection)?,
            not_selected: counted.left_out.iter().map(|of| Count { reason: of.reason.words().into(), count: of.count }).collect(),
            drafters: drafters.into_iter().map(drafter).collect(),
            tokens: Tokens::default(),
        })
    }

    /// A folder is begun; who writes it holds a lock for as long.
    fn begin(&self, use_case: UseCaseId, version: Option<i64>, folder: &Path, person: &Person) -> Result<Begun> {
        let presence = Presence::enter(self)?;
        let (folder, temporary) = place::names(folder, presence.name())?;
        let owner = presence.name();
        let new = NewCopy { use_case, version, folder: &folder, temporary: &temporary, owner, person: &person.name };
        let id = self.transact(|c, now, _| storage::dataset::begin_copy(c, &new, now))?;
        Ok(Begun { id, folder, temporary, _presence: presence })
    }

    /// Writes a folder and gives it its name, or takes it away. After `write` its version stands, and the copy is complete.
    fn finish(&self, copy: Begun, write: impl FnOnce(&Begun) -> Result<()>) -> Result<()> {
        let written = write(&copy).and_then(|()| {
            place::put(&copy.temporary, &copy.folder)?;
            self.transact(|c, _, _| storage::dataset::place_copy(c, copy.id))
        });
        if written.is_err() {
            // Best effort: the error that is told is the first one, and whoever comes next ends what is left.
            drop(place::take_away(&copy.temporary));
            drop(self.transact(|c, _, _| storage::dataset::drop_copy(c, copy.id)));
        }
        written
    }

    /// Reads on one thread, cleans and writes on another.
    fn write_files(&self, work: &Work<'_>, to: &Path, chosen: &[Chosen], on_progress: &mut dyn FnMut(Progress)) -> Result<Manifest> {
        let (send, pages) = sync_channel(AHEAD);
        let mut source = Ahead { pages, page: Vec::new().into_iter(), count: chosen.len() as u64 };
        let count = |text: &str| work.counting.count(text);
        std::thread::scope(|scope| {
            scope.spawn(move || self.read_ahead(work, chosen, &send));
            let job = Job {
                folder: to,
                recipe: &work.plan.recipe,
                about: work.about,
                count_tokens: work.counting.with(&count),
                cancelled: &|| work.cancel.is_cancelled(),
                progress: &mut |at| on_progress(at.into()),
            };
            let written = datasets::write(job, &mut source).map_err(place::error);
            // The reader stops where nobody listens.
            drop(source);
            written
        })
    }

    fn read_ahead(&self, work: &Work<'_>, chosen: &[Chosen], to: &SyncSender<Result<Vec<Example>>>) {
        let prompts = Prompts::new(work.prompts, &work.plan.group_fields);
        for page in chosen.chunks(PAGE) {
            let read = self.read(|c| page.iter().map(|one| example(c, &prompts, one)).collect::<Result<Vec<_>>>());
            let failed = read.is_err();
            if to.send(read).is_err() || failed {
                return;
            }
        }
    }
}

pub(super) fn example(c: &Conn, prompts: &Prompts<'_>, one: &Chosen) -> Result<Example> {
    match one.source {
        Source::Decision => prompts.example(storage::dataset::words(c, DecisionId(one.id))?, one.frozen),
        Source::Comparison => prompts.choice(storage::dataset::choice(c, PreferenceId(one.id))?, one.frozen),
    }
}

/// What one write is asked.
struct Work<'a> {
    plan: &'a Plan,
    about: &'a About,
    prompts: &'a HashMap<i64, PromptOf>,
    counting: &'a Counting,
    cancel: &'a Cancel,
}

struct Begun {
    id: i64,
    folder: PathBuf,
    temporary: PathBuf,
    _presence: Presence,
}

/// A selection as the card tells it: who reviewed is nobody's business there.
fn selection_for_card(selection: &Selection) -> Result<serde_json::Value> {
    let mut told = serde_json::to_value(selection).map_err(|e| Error::Storage(e.to_string()))?;
    if let Some(reviewers) = told.get_mut("reviewers") {
        *reviewers = selection.reviewers.len().into();
    }
    Ok(told)
}

/// What the lineage of the files says of each that was chosen, in their order.
fn list_of(folder: &Path, chosen: &[Chosen]) -> Result<Vec<(Source, Part)>> {
    let mut placed = Lineage::open(folder).map_err(place::error)?;
    let mut of: [Vec<Entry>; 2] = [Vec::new(), Vec::new()];
    for one in chosen {
        let line = placed.next().transpose().map_err(place::error)?;
        let line = line.filter(|line| line.id == one.source.row_id(one.id));
        let line = line.ok_or_else(|| Error::Damaged(format!("the lineage does not tell what became of {}", one.source.row_id(one.id))))?;
        let Frozen { earlier, disputed, .. } = one.frozen;
        let became = Became { side: earlier.unwrap_or(line.side), left_out: line.left_out.is_some(), disputed, earlier: earlier.is_some() };
        of[usize::from(one.source == Source::Comparison)].push(Entry { id: one.id, became, weight: one.frozen.weight });
    }
    let [decisions, comparisons] = of;
    let parts = |source: Source, entries: Vec<Entry>| list::parts(entries.into_iter()).into_iter().map(move |part| (source, part));
    Ok(parts(Source::Decision, decisions).chain(parts(Source::Comparison, comparisons)).collect())
}

/// What a version was made of, but for what was purged since.
fn frozen(c: &Conn, version: i64) -> Result<Vec<Chosen>> {
    let purged = storage::dataset::purged_ids(c)?;
    let mut all = Vec::new();
    for source in Source::ALL {
        storage::dataset::each_part(c, version, source, &mut |first, bytes| {
            all.extend(list::entries(first, bytes)?.into_iter().filter(|entry| !purged.contains(&(source, entry.id))).map(|entry| {
                Chosen {
                    source,
                    id: entry.id,
                    frozen: Frozen {
                        weight: entry.weight,
                        disputed: entry.became.disputed,
                        earlier: entry.became.earlier.then_some(entry.became.side),
                    },
                }
            }));
            Ok(())
        })?;
    }
    Ok(all)
}

impl Sides {
    /// Of all versions; the first one that had an item says it for good.
    fn of(c: &Conn, use_case: UseCaseId) -> Result<Self> {
        let mut of_item = HashMap::new();
        let mut versions = storage::dataset::versions(c, use_case)?;
        versions.reverse();
        let mut seen = std::collections::HashSet::new();
        for version in versions {
            for source in Source::ALL {
                storage::dataset::each_part(c, version.id, source, &mut |first, bytes| {
                    for entry in list::entries(first, bytes)? {
                        if seen.insert((source, entry.id)) {
                            of_item.entry(storage::dataset::item_of(c, source, entry.id)?).or_insert(entry.became.side);
                        }
                    }
                    Ok(())
                })?;
            }
        }
        Ok(Self(of_item))
    }
}

const TAKEN_BACK: &str = "what was selected";

/// How far what takes decisions out of datasets had come.
#[derive(Debug, Clone, Copy)]
struct Moment {
    taken_back: i64,
    purged: i64,
}

impl Moment {
    fn of(c: &Conn) -> Result<Self> {
        Ok(Self { taken_back: storage::decision::newest_taken_back(c)?, purged: storage::dataset::purged(c)? })
    }

    fn must_still_hold(self, c: &Conn, chosen: &[Chosen]) -> Result<()> {
        let (gone, _) = storage::decision::taken_back_after(c, self.taken_back)?;
        let mut taken_back = 0;
        for one in chosen {
            taken_back += u64::from(match one.source {
                Source::Decision => gone.contains(&DecisionId(one.id)),
                Source::Comparison => !storage::preference::stands(c, PreferenceId(one.id))?,
            });
        }
        if taken_back > 0 || storage::dataset::purged(c)? != self.purged {
            let now = format!("{taken_back} of the decisions were taken back, or an item was purged; begin again");
            return Err(Error::Stale { what: TAKEN_BACK.into(), now });
        }
        Ok(())
    }
}
