//! What `gait dataset` prints.

use crate::show::{plain, print};
use flow::dataset::lineage::{Held, InDatasets, Origin, Purged};
use flow::dataset::{Compared, Counted, DatasetVersion, Facets, LeftOutCount, Preview, Stage};
use serde_json::{Value, json};
use std::path::Path;

pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Selecting => "going through the decisions",
        Stage::Reading => "reading and cleaning",
        Stage::Comparing => "comparing",
        Stage::Writing => "writing",
        Stage::Closing => "closing",
    }
}

fn say(text: &str) {
    println!("{}", plain(text));
}

fn left_out(of: &[LeftOutCount]) {
    for left in of {
        println!("left out: {} ({})", left.count, left.reason.words());
    }
}

fn left_out_json(of: &[LeftOutCount]) -> Vec<Value> {
    of.iter().map(|left| json!({ "reason": left.reason.as_str(), "count": left.count })).collect()
}

pub fn facets(of: &Facets, as_json: bool) {
    if as_json {
        let model = of.model.as_ref().map(|model| json!({ "name": model.name, "context": model.context }));
        print(
            &json!({ "reviewers": of.reviewers, "slices": of.slices, "drafter_versions": of.drafter_versions, "reasons": of.reasons, "model": model }),
        );
        return;
    }
    let list =
        |what: &str, names: Vec<String>| say(&format!("{what}: {}", if names.is_empty() { "none".into() } else { names.join(", ") }));
    list("reviewers", of.reviewers.clone());
    list("slices", of.slices.iter().map(|name| if name.is_empty() { "(none)".into() } else { name.clone() }).collect());
    list("drafter versions", of.drafter_versions.iter().map(i64::to_string).collect());
    list("reasons", of.reasons.clone());
    if let Some(model) = &of.model {
        say(&format!("model: {}, which reads {} tokens", model.name, model.context));
    }
}

pub fn counted(of: &Counted, as_json: bool) {
    if as_json {
        let signs: Vec<Value> =
            of.signs.iter().map(|(sign, count)| json!({ "sign": sign.as_str(), "count": count, "factor": sign.factor() })).collect();
        print(
            &json!({ "decisions": of.decisions, "selected": of.selected, "texts": of.texts, "preferences": of.preferences, "approved": of.approved,
            "rejected": of.rejected, "mean_weight": of.mean_weight, "signs": signs, "left_out": left_out_json(&of.left_out) }),
        );
        return;
    }
    println!(
        "{} of {} decisions: {} texts to imitate, {} preferences, {} approved and {} rejected; mean weight {:.2}",
        of.selected, of.decisions, of.texts, of.preferences, of.approved, of.rejected, of.mean_weight
    );
    for (sign, count) in &of.signs {
        println!("{}: {count} (weight × {})", sign.as_str(), sign.factor());
    }
    left_out(&of.left_out);
}

pub fn preview(of: &Preview, as_json: bool) {
    if as_json {
        print(&json!({ "examples": of.examples, "formats": of.formats, "steps": of.steps }));
        return;
    }
    for format in &of.formats {
        println!("{}:", format.format.name());
        for row in &format.rows {
            say(&format!("  {row}"));
        }
    }
}

fn copies_json(of: &DatasetVersion) -> Vec<Value> {
    of.copies
        .iter()
        .map(|copy| json!({ "folder": copy.folder, "there": copy.folder.is_dir(), "by": copy.made_by, "at": copy.at.0 }))
        .collect()
}

fn version_json(of: &DatasetVersion) -> Value {
    let rows: Vec<Value> = of
        .rows()
        .into_iter()
        .map(|(format, [train, validation, test])| json!({ "format": format.name(), "train": train, "validation": validation, "test": test }))
        .collect();
    json!({ "version": of.n, "at": of.at.0, "by": of.made_by, "examples": of.manifest.examples, "kept": of.manifest.kept, "bytes": of.bytes(), "rows": rows,
        "left_out": left_out_json(&of.left_out), "steps": of.manifest.steps, "statistics": of.manifest.statistics, "tokens": of.manifest.about.tokens, "notes": of.manifest.notes, "files": of.manifest.files,
        "tables": of.manifest.tables, "selection": of.selection, "recipe": of.recipe, "copies": copies_json(of) })
}

fn headline(of: &DatasetVersion) -> String {
    let rows: Vec<String> = of.rows().into_iter().map(|(format, rows)| format!("{} {}", format.name(), rows.iter().sum::<u64>())).collect();
    format!("version {}: {} of {} examples kept; {}", of.n, of.manifest.kept, of.manifest.examples, rows.join(", "))
}

pub fn version(of: &DatasetVersion, as_json: bool) {
    if as_json {
        print(&version_json(of));
        return;
    }
    say(&headline(of));
    for (format, [train, validation, test]) in of.rows() {
        println!("  {:<20} {train} train, {validation} validation, {test} test", format.name());
    }
    for step in of.manifest.steps.iter().filter(|step| step.left_out > 0 || !step.replaced.is_empty()) {
        let replaced: Vec<String> = step.replaced.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let replaced = if replaced.is_empty() { String::new() } else { format!("; replaced {}", replaced.join(", ")) };
        println!("cleaning, {}: {} left out{replaced}", step.step, step.left_out);
    }
    let (of_prompt, of_text) = (&of.manifest.statistics.prompt, &of.manifest.statistics.text);
    println!(
        "lengths in {}: prompts {} in the middle and {} at most, texts {} and {}",
        of.manifest.statistics.unit, of_prompt.median, of_prompt.max, of_text.median, of_text.max
    );
    for note in &of.manifest.notes {
        say(&format!("note: {}", note.text));
    }
    left_out(&of.left_out);
    for copy in &of.copies {
        say(&format!("{}{}", copy.folder.display(), if copy.folder.is_dir() { "" } else { " (not there any more)" }));
    }
}

pub fn versions(of: &[DatasetVersion], as_json: bool) {
    if as_json {
        print(&of.iter().map(version_json).collect());
        return;
    }
    for version in of {
        say(&headline(version));
    }
    println!("{} versions", of.len());
}

pub fn again(of: &DatasetVersion, folder: &Path, same: bool, as_json: bool) {
    if as_json {
        print(&json!({ "version": of.n, "folder": folder, "same": same, "copies": copies_json(of) }));
        return;
    }
    let word = if same { "the same files as the first time, to the byte" } else { "not the same files as the first time" };
    say(&format!("version {}: {word}: {}", of.n, folder.display()));
}

pub fn compared(of: &Compared, as_json: bool) {
    if as_json {
        let differences: Vec<Value> = of.differences.iter().map(|d| json!({ "what": d.what, "from": d.from, "to": d.to })).collect();
        print(&json!({ "from": of.from.n, "to": of.to.n, "added": of.added, "removed": of.removed, "changed": of.changed, "same": of.same,
            "differences": differences }));
        return;
    }
    println!(
        "version {} to {}: {} added, {} removed, {} changed, {} the same",
        of.from.n, of.to.n, of.added, of.removed, of.changed, of.same
    );
    for d in &of.differences {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        say(&format!("  {}: {} → {}", d.what, shown(&d.from), shown(&d.to)));
    }
}

fn held_json(of: &[Held]) -> Vec<Value> {
    let folders = |held: &Held| held.copies.iter().map(|copy| copy.folder.clone()).collect::<Vec<_>>();
    of.iter().map(|held| json!({ "version": held.version, "row": held.row(), "side": held.side, "folders": folders(held) })).collect()
}

fn held_words(of: &[Held]) {
    for held in of {
        println!("  version {}: {} in {}", held.version, held.row(), held.side.as_str());
        for copy in &held.copies {
            say(&format!("    {}", copy.folder.display()));
        }
    }
    if of.is_empty() {
        println!("  in no version");
    }
}

pub fn origin(of: &Origin, as_json: bool) {
    if as_json {
        print(
            &json!({ "row": of.row, "item": of.item.0, "uid": of.item_uid, "source": of.source.as_str(), "id": of.id, "by": of.actor, "verdict": of.verdict,
            "at": of.at.0, "taken_back": of.taken_back, "purged": of.purged, "versions": held_json(&of.held) }),
        );
        return;
    }
    let verdict = of.verdict.map_or_else(String::new, |verdict| format!(", {verdict}"));
    let since = match (of.purged, of.taken_back) {
        (true, _) => "; its item was purged since",
        (false, true) => "; it was taken back since",
        (false, false) => "",
    };
    say(&format!("{}: {} {} on item {} ({}) by {}{verdict}{since}", of.row, of.source.as_str(), of.id, of.item.0, of.item_uid, of.actor));
    held_words(&of.held);
}

pub fn in_datasets(of: &InDatasets, files: &Purged, as_json: bool) {
    if as_json {
        print(
            &json!({ "item": of.item.0, "uid": of.item_uid, "purged": of.purged, "versions": held_json(&of.held), "files": files_json(files) }),
        );
        return;
    }
    say(&format!("item {} ({}){}", of.item.0, of.item_uid, if of.purged { ", purged" } else { "" }));
    held_words(&of.held);
    files_words(files);
}

fn files_json(of: &Purged) -> Value {
    let rows: Vec<Value> = of.rows.iter().map(|at| json!({ "version": at.version, "file": at.file, "row": at.row })).collect();
    json!({ "rows": rows, "elsewhere": of.elsewhere })
}

fn files_words(of: &Purged) {
    for at in &of.rows {
        say(&format!("  {} row {}", at.file.display(), at.row));
    }
    for folder in &of.elsewhere {
        say(&format!("  {}: not there any more; whatever became of it has the item", folder.display()));
    }
}

pub fn purged(of: &Purged, as_json: bool) {
    if as_json {
        print(&json!({ "versions": of.versions, "files": files_json(of) }));
        return;
    }
    println!("purged: no later version has it; {} earlier ones do", of.versions.len());
    files_words(of);
}
