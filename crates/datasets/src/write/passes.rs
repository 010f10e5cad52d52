//! The passes over the examples: read and clean, compare, write.
//!
//! Invariant: nothing here depends on how many threads there are, or on how often it is asked whether to stop.

use super::output::{Closed, Open, Output};
use super::statistics::Gathered;
use super::{Progress, Stage};
use crate::clean::minhash::{MinHash, SKETCH};
use crate::clean::personal::Placeholders;
use crate::clean::{Cleaned, Step, Steps, Told};
use crate::compare::{self, Compared};
use crate::error::{Error, Result};
use crate::example::{Example, Role, Source};
use crate::facts::{Facts, asked, signed};
use crate::format::Shape;
use crate::lineage::{Lineage, Place, Placed};
use crate::manifest::{File, Note, Table};
use crate::recipe::{Format, PlaceholderScope, Recipe, Side};
use std::path::Path;

/// Examples that are cleaned together.
const BATCH: usize = 1024;
/// Examples between two looks at the progress and at whether to stop.
const LOOK: u64 = 512;
/// OpenAI's least for a file to train on.
const OPENAI_ROWS: u64 = 10;
/// Columns of the CSV from `meta`, at most.
const META: usize = 64;

pub struct Work<'a> {
    pub recipe: &'a Recipe,
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    pub progress: &'a mut dyn FnMut(Progress),
}

pub struct Read {
    pub facts: Facts,
    pub shape: Shape,
    pub told: Told,
}

impl Work<'_> {
    pub fn tell(&mut self, stage: Stage, done: u64, of: Option<u64>, bytes: u64) -> Result<()> {
        (self.progress)(Progress { stage, done, of, bytes });
        if (self.cancelled)() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// The first pass: every example is cleaned, remembered as numbers and handed on.
    pub fn read(&mut self, steps: &Steps<'_>, source: &mut dyn Source, keep: &mut dyn FnMut(Example) -> Result<()>) -> Result<Read> {
        let cleaning = &self.recipe.cleaning;
        let mut minhash = cleaning.near_duplicates.as_ref().map(MinHash::new);
        let by_dataset = cleaning.personal.as_ref().is_some_and(|personal| personal.scope == PlaceholderScope::Dataset);
        let mut facts = Facts { stride: minhash.as_ref().map_or(0, |minhash| minhash.values() + SKETCH), ..Facts::default() };
        let mut shape = Shape { columns: self.recipe.columns, ..Shape::default() };
        let (mut told, mut placeholders) = (Told::default(), Placeholders::default());
        let mut rest = source.count();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        loop {
            let mut batch = Vec::with_capacity(BATCH);
            while batch.len() < BATCH {
                match source.next().map_err(Error::Source)? {
                    Some(example) => batch.push(example),
                    None => break,
                }
            }
            if batch.is_empty() {
                break;
            }
            let last = batch.len() < BATCH;
            // The first examples tell what is a template's and not a request's, so that a long template makes no two requests alike.
            if facts.rows.is_empty()
                && let Some(minhash) = &mut minhash
            {
                let prompts: Vec<_> = batch.iter().map(asked).collect();
                minhash.learn_template(&prompts.iter().map(AsRef::as_ref).collect());
            }
            for (mut cleaned, signature) in clean_all(batch, steps, minhash.as_ref(), threads) {
                if by_dataset {
                    cleaned.number(&mut placeholders);
                }
                facts.add(&cleaned, signature, cleaning, &self.recipe.split.salt);
                told.replaced(&cleaned.replaced, &cleaned.example.id);
                shape.history |= cleaned.example.prompt.iter().any(|message| message.role == Role::Assistant);
                for key in cleaned.example.meta.keys() {
                    if shape.meta.len() < META && !shape.meta.contains(key) {
                        shape.meta.insert(key.clone());
                    }
                }
                keep(stored(cleaned))?;
            }
            let done = facts.rows.len() as u64;
            rest = rest.map(|rest| rest.max(done));
            self.tell(Stage::Reading, done, rest, 0)?;
            if last {
                break;
            }
        }
        Ok(Read { facts, shape, told })
    }

    pub fn compare(&mut self, facts: &mut Facts) -> Result<Compared> {
        let all = facts.rows.len() as u64;
        let recipe = self.recipe;
        compare::compare(facts, recipe, &mut |part| self.tell(Stage::Comparing, (part * all as f64) as u64, Some(all), 0))
    }

    /// The second pass: every row of every format, and a line of lineage for each example.
    pub fn write(
        &mut self,
        read: &mut Read,
        sides: &[Side],
        plan: &Plan,
        folder: &Path,
        next: &mut dyn FnMut() -> Result<Option<Example>>,
    ) -> Result<Written> {
        let Read { facts, shape, told } = read;
        let mut outputs: Vec<Output<'_>> = self
            .recipe
            .formats
            .iter()
            .flat_map(|format| Side::ALL.map(|side| (*format, side)))
            .filter(|which| !plan.without.contains(which))
            .map(|(format, side)| Output::new(format, side, folder, self.recipe.shard_bytes, shape))
            .collect();
        let mut lineage = Open::create(folder, Lineage::FILE.to_owned())?;
        let mut gathered = Gathered::default();
        let (mut bytes, mut line) = (0, Vec::new());
        let all = facts.rows.len() as u64;
        for (index, (fact, side)) in facts.rows.iter().zip(sides).enumerate() {
            let missing = || Error::Malformed { path: folder.join("spool"), why: "it ends too soon".into() };
            let example = next()?.ok_or_else(missing)?;
            let mut places: Vec<Place> = Vec::new();
            match fact.left_out {
                Some(step) => told.left_out(step, &example.id),
                None => {
                    for output in outputs.iter_mut().filter(|output| output.side == *side) {
                        bytes += output.add(&example, &mut places)?;
                    }
                    gathered.add(&example, fact, *side);
                }
            }
            let left = fact.left_out.map(|step| step.as_str().to_owned());
            let placed = Placed { id: example.id, item: example.item, decisions: example.decisions, side: *side, left_out: left, places };
            line.clear();
            serde_json::to_writer(&mut line, &placed).expect("a place is made of strings and numbers");
            line.push(b'\n');
            lineage.put_row(&line)?;
            if (index as u64 + 1).is_multiple_of(LOOK) {
                self.tell(Stage::Writing, index as u64 + 1, Some(all), bytes)?;
            }
        }
        self.tell(Stage::Writing, all, Some(all), bytes)?;
        let mut written = Written { files: Vec::new(), tables: Vec::new(), lineage: table(lineage.close()?), gathered, bytes };
        for mut output in outputs {
            output.close()?;
            self.tell(Stage::Closing, 0, None, bytes)?;
            let (format, side) = (output.format, output.side);
            for file in output.files() {
                if format == Format::Csv { written.tables.push(table(file)) } else { written.files.push(named(file, format, side)) }
            }
        }
        Ok(written)
    }
}

pub struct Written {
    pub files: Vec<File>,
    pub tables: Vec<Table>,
    pub lineage: Table,
    pub gathered: Gathered,
    pub bytes: u64,
}

fn table(file: Closed) -> Table {
    Table { path: file.name, rows: file.rows, bytes: file.bytes, sha256: file.sha256 }
}

fn named(file: Closed, format: Format, side: Side) -> File {
    File {
        path: file.name,
        format: format.schema().to_owned(),
        config: format,
        split: side,
        rows: file.rows,
        bytes: file.bytes,
        sha256: file.sha256,
        never_train: side == Side::Test,
    }
}

/// Cleans in as many threads as there are; the order stays.
fn clean_all(batch: Vec<Example>, steps: &Steps<'_>, minhash: Option<&MinHash>, threads: usize) -> Vec<(Cleaned, Option<Vec<u8>>)> {
    let one = |example: Example| {
        let cleaned = steps.clean(shaped(example));
        let signature = minhash.filter(|_| cleaned.left_out.is_none()).and_then(|minhash| signed(minhash, &cleaned.example));
        (cleaned, signature)
    };
    // Few examples are cleaned sooner than a thread has begun.
    if threads < 2 || batch.len() < 64 {
        return batch.into_iter().map(one).collect();
    }
    let share = batch.len().div_ceil(threads);
    let mut shares: Vec<Vec<Example>> = Vec::with_capacity(threads);
    let mut batch = batch.into_iter();
    loop {
        let part: Vec<Example> = batch.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        shares.push(part);
    }
    std::thread::scope(|scope| {
        let one = &one;
        let work: Vec<_> = shares.into_iter().map(|part| scope.spawn(move || part.into_iter().map(one).collect::<Vec<_>>())).collect();
        work.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// As rows need it. A prompt begins and ends with a user: what an assistant says before anybody asked is not part of one.
fn shaped(mut example: Example) -> Example {
    let asked = example.prompt.iter().position(|message| message.role == Role::User).unwrap_or(example.prompt.len());
    example.prompt.drain(..asked);
    example.prompt.retain(|message| message.role != Role::System);
    let last = example.prompt.iter().rposition(|message| message.role == Role::User).map_or(0, |at| at + 1);
    example.prompt.truncate(last);
    // JSON has no other number: it would be null, and a column of another kind.
    if !example.weight.is_finite() {
        example.weight = 0.0;
    }
    example
}

/// What the second pass needs of it.
fn stored(cleaned: Cleaned) -> Example {
    let mut example = cleaned.example;
    example.groups = Vec::new();
    example.reviewer = String::new();
    if cleaned.left_out.is_some() {
        example.system = None;
        example.prompt = Vec::new();
        example.replaced = Vec::new();
        example.meta.clear();
        example.reasons = Vec::new();
        example.verdict = crate::example::Verdict::Reject { draft: String::new() };
    }
    example
}

/// What will be written at all: some readers refuse what would be here, and then it is not.
pub struct Plan {
    pub without: Vec<(Format, Side)>,
    pub notes: Vec<Note>,
}

impl Plan {
    /// Marks in `facts` what no format has a row for.
    pub fn new(facts: &mut Facts, sides: &[Side], recipe: &Recipe) -> Self {
        let mut plan = Self { without: Vec::new(), notes: Vec::new() };
        for format in &recipe.formats {
            for side in Side::ALL {
                let here =
                    || facts.rows.iter().zip(sides).filter(|(fact, on)| fact.left_out.is_none() && **on == side).map(|(fact, _)| fact);
                let rows: u64 = here().map(|fact| fact.rows.of_format(*format)).sum();
                let few = matches!(format, Format::OpenaiChat | Format::OpenaiPreference) && side == Side::Train && rows < OPENAI_ROWS;
                let yes = || here().any(|fact| fact.rows.label == Some(true));
                let no = || here().any(|fact| fact.rows.label == Some(false));
                let one_label = matches!(format, Format::Kto | Format::SharegptKto) && !(yes() && no());
                if rows > 0 && (few || one_label) {
                    plan.without.push((*format, side));
                    plan.notes.push(if few { too_few(*format, rows) } else { only_one_label(*format, side, rows) });
                } else if rows == 0 && side == Side::Train {
                    plan.notes.push(Note {
                        code: "no_rows".into(),
                        text: format!("{} has no rows to train on: none of these decisions gives one.", format.name()),
                        count: 0,
                        about: format.name().into(),
                    });
                }
            }
        }
        for (fact, side) in facts.rows.iter_mut().zip(sides) {
            let written = recipe.formats.iter().filter(|format| !plan.without.contains(&(**format, *side)));
            if fact.left_out.is_none() && written.map(|format| fact.rows.of_format(*format)).sum::<u64>() == 0 {
                fact.left_out = Some(Step::NoRows);
            }
        }
        let held = facts.rows.iter().filter(|fact| fact.left_out == Some(Step::HeldElsewhere)).count() as u64;
        if held > 0 {
            plan.notes.push(Note {
                code: "merged_groups".into(),
                text: format!(
                    "{held} examples that earlier versions had on another side are left out: they turned out to belong to a group that is held for \
                     validation or test."
                ),
                count: held,
                about: String::new(),
            });
        }
        plan
    }
}

fn too_few(format: Format, rows: u64) -> Note {
    Note {
        code: "openai_too_few".into(),
        text: format!("{} is not written: it would train on {rows} rows, and {OPENAI_ROWS} is the least that is taken.", format.name()),
        count: rows,
        about: format.name().into(),
    }
}

fn only_one_label(format: Format, side: Side, rows: u64) -> Note {
    Note {
        code: "kto_one_label".into(),
        text: format!(
            "{} is not written for {}: its {rows} rows all have the same label, and it needs both.",
            format.name(),
            side.as_str()
        ),
        count: rows,
        about: format!("{} {}", format.name(), side.as_str()),
    }
}
