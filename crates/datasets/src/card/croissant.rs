//! Croissant 1.0 metadata (MLCommons), as `mlcroissant` validates it.
//!
//! Invariant: each file is a FileObject with its SHA-256, and each file of rows has a record set whose fields are its columns.

use super::day;
use crate::manifest::{File, Manifest};
use crate::recipe::Format;
use serde_json::{Value, json};

pub fn describe(manifest: &Manifest) -> Value {
    let about = &manifest.about;
    let tables = manifest.tables.iter().chain([&manifest.lineage]).map(|table| (&table.path, table.bytes, &table.sha256));
    let files = manifest.files.iter().map(|file| (&file.path, file.bytes, &file.sha256));
    let distribution: Vec<Value> = files
        .chain(tables)
        .map(|(path, bytes, sha256)| {
            json!({"@type": "cr:FileObject", "@id": path, "name": path, "contentUrl": path, "contentSize": format!("{bytes} B"),
                   "encodingFormat": encoding(path), "sha256": sha256})
        })
        .collect();
    json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": about.name,
        "description": about.description,
        "version": version(&about.version),
        "license": licence(&about.licence),
        "creator": {"@type": "sc:Organization", "name": about.creator},
        "datePublished": day(about.created_ms),
        "inLanguage": about.languages,
        "url": "https://example.invalid/",
        "citeAs": format!("{}, version {}, {}", about.name, about.version, about.creator),
        "distribution": distribution,
        "recordSet": manifest.files.iter().map(|file| records(file, manifest.recipe.columns)).collect::<Vec<Value>>(),
    })
}

fn encoding(path: &str) -> &'static str {
    if path.ends_with(".parquet") {
        "application/x-parquet"
    } else if path.ends_with(".csv") {
        "text/csv"
    } else {
        "application/jsonlines"
    }
}

/// Three numbers, as the standard asks; a version of another form is 0.0.0 with that form behind a plus.
fn version(version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    let numbers =
        !parts.is_empty() && parts.len() <= 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if numbers {
        parts.iter().copied().chain(["0", "0"]).take(3).collect::<Vec<_>>().join(".")
    } else {
        let plain: String = version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        format!("0.0.0+{plain}")
    }
}

fn licence(licence: &str) -> String {
    let spdx =
        !licence.eq_ignore_ascii_case("other") && licence.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'+'));
    if spdx { format!("https://spdx.org/licenses/{licence}.html") } else { licence.to_owned() }
}

/// What a column holds.
#[derive(Debug, Clone, Copy)]
enum Holds {
    Text,
    Flag,
    Number,
    /// A list of things with these two texts.
    List([&'static str; 2]),
    /// One of them.
    One([&'static str; 2]),
}

const CHAT: Holds = Holds::List(["role", "content"]);
const SAID: Holds = Holds::List(["from", "value"]);
const ONE: Holds = Holds::One(["from", "value"]);

/// The columns of a format. The `input` of OpenAI's preferences is a list within a thing, which the reader of the standard cannot follow.
fn columns(format: Format) -> &'static [(&'static str, Holds)] {
    match format {
        Format::Sft | Format::SftParquet | Format::OpenaiChat => &[("messages", CHAT)],
        Format::PromptCompletion => &[("prompt", Holds::Text), ("completion", Holds::Text)],
        Format::Dpo => &[("prompt", Holds::Text), ("chosen", Holds::Text), ("rejected", Holds::Text)],
        Format::DpoChat | Format::DpoParquet => &[("prompt", CHAT), ("chosen", CHAT), ("rejected", CHAT)],
        Format::Kto => &[("prompt", CHAT), ("completion", CHAT), ("label", Holds::Flag)],
        Format::OpenaiPreference => &[("preferred_output", CHAT), ("non_preferred_output", CHAT)],
        Format::Alpaca => &[("instruction", Holds::Text), ("input", Holds::Text), ("output", Holds::Text), ("system", Holds::Text)],
        Format::Sharegpt => &[("conversations", SAID)],
        Format::SharegptPreference => &[("conversations", SAID), ("chosen", ONE), ("rejected", ONE)],
        Format::SharegptKto => &[("conversations", SAID), ("kto_tag", Holds::Flag)],
        Format::Csv => &[],
    }
}

fn records(file: &File, ours: bool) -> Value {
    let openai = matches!(file.config, Format::OpenaiChat | Format::OpenaiPreference);
    let own: &[(&str, Holds)] = if ours && !openai { &[("id", Holds::Text), ("weight", Holds::Number)] } else { &[] };
    let set = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem).replace('/', "_");
    let fields: Vec<Value> = columns(file.config).iter().chain(own).map(|(column, holds)| field(file, &set, column, *holds)).collect();
    json!({"@type": "cr:RecordSet", "@id": set, "name": set, "description": format!("{} rows for {}", file.rows, file.split.as_str()), "field": fields})
}

fn field(file: &File, set: &str, column: &str, holds: Holds) -> Value {
    let id = format!("{set}/{column}");
    let source = json!({"fileObject": {"@id": file.path}, "extract": {"column": column}});
    let plain = |kind: &str| json!({"@type": "cr:Field", "@id": id, "name": id, "dataType": kind, "source": source});
    let parts = |names: [&str; 2]| -> Vec<Value> {
        let part = |name: &str| {
            let mut source = source.clone();
            source["transform"] = json!({"jsonPath": name});
            let id = format!("{id}/{name}");
            json!({"@type": "cr:Field", "@id": id, "name": id, "dataType": "sc:Text", "source": source})
        };
        names.iter().map(|name| part(name)).collect()
    };
    match holds {
        Holds::Text => plain("sc:Text"),
        Holds::Flag => plain("sc:Boolean"),
        Holds::Number => plain("sc:Float"),
        Holds::List(names) => json!({"@type": "cr:Field", "@id": id, "name": id, "repeated": true, "subField": parts(names)}),
        Holds::One(names) => json!({"@type": "cr:Field", "@id": id, "name": id, "subField": parts(names)}),
    }
}

/// As the standard gives it.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "dct": "http://purl.org/dc/terms/",
        "equivalentProperty": "cr:equivalentProperty",
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "extract": "cr:extract",
        "field": "cr:field",
        "fileProperty": "cr:fileProperty",
        "fileObject": "cr:fileObject",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform"
    })
}
