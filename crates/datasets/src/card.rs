//! The card: README.md for people and for Hugging Face, Croissant for search engines, dataset_info.json for LLaMA-Factory.
//!
//! Invariant: everything in it comes from the manifest. What it cannot know (a purpose, a bias) it does not invent.

mod croissant;

use crate::error::Result;
use crate::folder::write_synced;
use crate::manifest::{Lengths, Manifest};
use crate::recipe::{Format, PlaceholderScope, Shingles, Side};
use crate::write::Tokens;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Writes the three of them, synced.
pub(crate) fn write(folder: &Path, manifest: &Manifest) -> Result<()> {
    write_synced(&folder.join("README.md"), readme(manifest).as_bytes())?;
    write_synced(&folder.join("croissant.json"), &pretty(&croissant::describe(manifest)))?;
    let info = llama_factory(manifest);
    if info.as_object().is_some_and(|entries| !entries.is_empty()) {
        write_synced(&folder.join("dataset_info.json"), &pretty(&info))
    } else {
        Ok(())
    }
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("a value is JSON");
    bytes.push(b'\n');
    bytes
}

/// A day of the calendar (H. Hinnant, `civil_from_days`), as `2026-11-26`.
pub(crate) fn day(ms: i64) -> String {
    let days = ms.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A string as YAML and JSON both read it.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

/// Hugging Face's classes of size.
fn size(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        _ => "n>100M",
    }
}

fn readme(manifest: &Manifest) -> String {
    let mut text = String::from("---\n");
    let about = &manifest.about;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "pretty_name: {}", quoted(&about.name));
    let _ = writeln!(text, "license: {}", quoted(&about.licence.to_lowercase()));
    let _ = writeln!(text, "language:");
    for language in &about.languages {
        let _ = writeln!(text, "- {}", quoted(language));
    }
    let _ = writeln!(text, "task_categories:\n- text-generation\nsize_categories:\n- {}", size(manifest.kept));
    let _ = writeln!(text, "tags:\n- human-feedback");
    if !manifest.files.is_empty() || !manifest.tables.is_empty() {
        text.push_str("configs:\n");
    }
    for format in &manifest.recipe.formats {
        if loader(*format) == loader_of(manifest) {
            config(&mut text, manifest, *format);
        }
    }
    text.push_str("---\n\n");
    body(&mut text, manifest);
    text
}

/// What reads a format: one card has one loader for all of its configurations.
fn loader(format: Format) -> &'static str {
    match format.ending() {
        "jsonl" => "json",
        ending => ending,
    }
}

/// The loader of the card: JSON where any format is JSON.
fn loader_of(manifest: &Manifest) -> &'static str {
    let of = |wanted: &str| manifest.recipe.formats.iter().any(|format| loader(*format) == wanted);
    ["json", "parquet", "csv"].into_iter().find(|loader| of(loader)).unwrap_or("json")
}

fn config(text: &mut String, manifest: &Manifest, format: Format) {
    let paths = |side: Side| -> Vec<&str> {
        let prefix = format!("{}/{}-", format.name(), side.as_str());
        let files = manifest.files.iter().map(|file| file.path.as_str()).chain(manifest.tables.iter().map(|table| table.path.as_str()));
        files.filter(|path| path.starts_with(&prefix)).collect()
    };
    if Side::ALL.iter().all(|side| paths(*side).is_empty()) {
        return;
    }
    let _ = writeln!(text, "- config_name: {}\n  data_files:", format.name());
    for side in Side::ALL {
        let files = paths(side);
        if !files.is_empty() {
            let _ = writeln!(text, "  - split: {}\n    path:", side.as_str());
            for path in files {
                let _ = writeln!(text, "    - {path}");
            }
        }
    }
}

fn body(text: &mut String, manifest: &Manifest) {
    let (about, statistics) = (&manifest.about, &manifest.statistics);
    let _ = writeln!(text, "# {}\n\n{}\n", about.name, about.description);
    let _ =
        writeln!(text, "Version {} of {}. Licence: {}. Made by {}.\n", about.version, day(about.created_ms), about.licence, about.creator);
    let _ = writeln!(text, "**The split `test` is never to be trained on**, in this version or a later one.\n");
    let _ = writeln!(text, "## What is in it\n\n| configuration | split | files | rows |\n|---|---|---|---|");
    for format in &manifest.recipe.formats {
        for side in Side::ALL {
            let prefix = format!("{}/{}-", format.name(), side.as_str());
            let files = manifest.files.iter().map(|file| (&file.path, file.rows));
            let tables = manifest.tables.iter().map(|table| (&table.path, table.rows));
            let rows: Vec<u64> = files.chain(tables).filter(|(path, _)| path.starts_with(&prefix)).map(|(_, rows)| rows).collect();
            if !rows.is_empty() {
                let _ = writeln!(text, "| {} | {} | {} | {} |", format.name(), side.as_str(), rows.len(), rows.iter().sum::<u64>());
            }
        }
    }
    let _ = writeln!(
        text,
        "\n`lineage.jsonl` leads from each row back to its item and decisions. `manifest.json` has the SHA-256 of each file."
    );
    let _ = writeln!(text, "\n## Where it comes from\n\nDecisions of people on drafts of a language model.\n");
    for drafter in &about.drafters {
        let _ = writeln!(text, "- drafter {}: {} (model file {})", drafter.version, drafter.description, drafter.model_sha256);
    }
    let selection = serde_json::to_string_pretty(&about.selection).unwrap_or_default();
    let _ = writeln!(text, "\nSelected by:\n\n```json\n{selection}\n```\n");
    let _ = writeln!(text, "| | examples |\n|---|---|");
    for count in &about.not_selected {
        let _ = writeln!(text, "| not selected: {} | {} |", count.reason, count.count);
    }
    let _ = writeln!(text, "| selected | {} |", manifest.examples);
    for step in &manifest.steps {
        if step.step == "personal" {
            let values: Vec<String> = step.replaced.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            let values = if values.is_empty() { "none found".to_owned() } else { values.join(", ") };
            let _ = writeln!(text, "| personal data replaced ({values}) | in {} |", step.changed);
        } else {
            let _ = writeln!(text, "| left out: {} | {} |", words(&step.step), step.left_out);
        }
    }
    let _ = writeln!(text, "| **kept** | **{}** |\n", manifest.kept);
    for note in &manifest.notes {
        let _ = writeln!(text, "- {}", note.text);
    }
    cleaning(text, manifest);
    let _ =
        writeln!(text, "\n## Figures\n\n| {} | least | mean | median | 95 % below | most |\n|---|---|---|---|---|---|", statistics.unit);
    for (name, lengths) in [("prompt", &statistics.prompt), ("text", &statistics.text)] {
        let Lengths { min, mean, median, p95, max } = lengths;
        let _ = writeln!(text, "| {name} | {min} | {mean:.1} | {median} | {p95} | {max} |");
    }
    if let Tokens::Model { name, sha256 } = &about.tokens {
        let _ = writeln!(text, "\nTokens are those of {name} (model file {sha256}).");
    }
    let sides = &statistics.sides;
    let _ = writeln!(
        text,
        "\n{} groups that stay on one side: {} examples to train on, {} to validate, {} to test.\n",
        statistics.groups, sides.train, sides.validation, sides.test
    );
    for (name, counts) in [("Verdicts", &statistics.verdicts), ("Reasons", &statistics.reasons)] {
        let all: Vec<String> = counts.iter().map(|(word, count)| format!("{word} {count}")).collect();
        if !all.is_empty() {
            let _ = writeln!(text, "{name}: {}.\n", all.join(", "));
        }
    }
    let kto = &statistics.kto;
    if kto.desirable > 0 && kto.undesirable > 0 {
        let _ = writeln!(
            text,
            "KTO: {} desirable, {} undesirable; train with `desirable_weight={:.3}`, `undesirable_weight={:.3}`.",
            kto.desirable, kto.undesirable, kto.desirable_weight, kto.undesirable_weight
        );
    }
}

fn words(step: &str) -> &str {
    match step {
        "empty" => "empty",
        "harmful" => "words of the list",
        "too_long" => "too long for the model",
        "exact_duplicates" => "the same as another",
        "contradictions" => "contradicted by another",
        "disagreement" => "people disagreed",
        "near_duplicates" => "nearly the same as another",
        "held_elsewhere" => "its group is held on another side",
        "no_rows" => "gives no row in these formats",
        other => other,
    }
}

fn cleaning(text: &mut String, manifest: &Manifest) {
    let cleaning = &manifest.recipe.cleaning;
    let _ = writeln!(text, "\n## How it was cleaned and split\n");
    if let Some(near) = &cleaning.near_duplicates {
        let unit = match near.shingles {
            Shingles::Words => "words",
            Shingles::Characters => "characters",
        };
        let _ = writeln!(
            text,
            "- Near-duplicates: MinHash over runs of {} {unit}, {} bands of {} rows; a pair is one when prompt and text are each at least {:.2} alike.",
            near.n, near.bands, near.rows, near.similarity
        );
    }
    if let Some(personal) = &cleaning.personal {
        let scope = match personal.scope {
            PlaceholderScope::Row => "within an example",
            PlaceholderScope::Dataset => "in all of the dataset",
        };
        let kinds: Vec<&str> = personal.kinds.iter().map(|kind| kind.word()).collect();
        let _ = writeln!(
            text,
            "- Personal data by rule ({}), replaced by placeholders that are the same for the same value {scope}. Names are those of the request's \
             own fields. What no rule and no field knows (a place, somebody else's name) may be left.",
            kinds.join(", ")
        );
    }
    if let (Some(length), Tokens::Model { .. }) = (&cleaning.too_long, &manifest.about.tokens) {
        let _ = writeln!(
            text,
            "- Too long: more than {} tokens of system, prompt and text, with {} more for each message.",
            length.tokens, length.per_message
        );
    }
    let split = &manifest.recipe.split;
    let _ = writeln!(
        text,
        "- Split by group (equal prompts, near-duplicates, thread, customer) and keyed hash: {:.0} % validation, {:.0} % test. An example keeps its \
         side in every version.",
        100.0 * split.validation,
        100.0 * split.test
    );
}

/// LLaMA-Factory's index. The side `test` is not in it: what is listed there can be trained on.
fn llama_factory(manifest: &Manifest) -> Value {
    let mut entries = serde_json::Map::new();
    for file in manifest.files.iter().filter(|file| !file.never_train) {
        let description = match file.config {
            Format::Alpaca => json!({"file_name": file.path, "formatting": "alpaca",
                "columns": {"prompt": "instruction", "query": "input", "response": "output", "system": "system"}}),
            Format::Sharegpt => json!({"file_name": file.path, "formatting": "sharegpt", "columns": {"messages": "conversations"}}),
            Format::SharegptPreference => json!({"file_name": file.path, "formatting": "sharegpt", "ranking": true,
                "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"}}),
            Format::SharegptKto => json!({"file_name": file.path, "formatting": "sharegpt",
                "columns": {"messages": "conversations", "kto_tag": "kto_tag"}}),
            Format::Sft
            | Format::PromptCompletion
            | Format::Dpo
            | Format::DpoChat
            | Format::Kto
            | Format::OpenaiChat
            | Format::OpenaiPreference
            | Format::SftParquet
            | Format::DpoParquet
            | Format::Csv => continue,
        };
        let name = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem).replace(['/', '-'], "_");
        entries.insert(name, description);
    }
    Value::Object(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (ms, expected) in [(0, "1970-01-01"), (951_782_400_000, "2000-02-29"), (1_795_651_199_999, "2026-11-25"), (-1, "1969-12-31")] {
            assert_eq!(day(ms), expected, "{ms} ms");
        }
    }
}
