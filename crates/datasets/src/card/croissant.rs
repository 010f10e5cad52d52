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

/// The columns of a format, and what each holds.
fn columns(format: Format) -> &'static [(&'static str, &'static str)] {
    const TEXT: &str = "sc:Text";
    match format {
        Format::Sft | Format::SftParquet | Format::OpenaiChat => &[("messages", TEXT)],
        Format::PromptCompletion => &[("prompt", TEXT), ("completion", TEXT)],
        Format::Dpo | Format::DpoChat | Format::DpoParquet => &[("prompt", TEXT), ("chosen", TEXT), ("rejected", TEXT)],
        Format::Kto => &[("prompt", TEXT), ("completion", TEXT), ("label", "sc:Boolean")],
        Format::OpenaiPreference => &[("input", TEXT), ("preferred_output", TEXT), ("non_preferred_output", TEXT)],
        Format::Alpaca => &[("instruction", TEXT), ("input", TEXT), ("output", TEXT), ("system", TEXT)],
        Format::Sharegpt => &[("conversations", TEXT)],
        Format::SharegptPreference => &[("conversations", TEXT), ("chosen", TEXT), ("rejected", TEXT)],
        Format::SharegptKto => &[("conversations", TEXT), ("kto_tag", "sc:Boolean")],
        Format::Csv => &[],
    }
}

fn records(file: &File, ours: bool) -> Value {
    let openai = matches!(file.config, Format::OpenaiChat | Format::OpenaiPreference);
    let own: &[(&str, &str)] = if ours && !openai { &[("id", "sc:Text"), ("weight", "sc:Float")] } else { &[] };
    let set = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem).replace('/', "_");
    let fields: Vec<Value> = columns(file.config)
        .iter()
        .chain(own)
        .map(|(column, kind)| {
            json!({"@type": "cr:Field", "@id": format!("{set}/{column}"), "name": format!("{set}/{column}"), "dataType": kind,
                   "source": {"fileObject": {"@id": file.path}, "extract": {"column": column}}})
        })
        .collect();
    json!({"@type": "cr:RecordSet", "@id": set, "name": set, "description": format!("{} rows for {}", file.rows, file.split.as_str()), "field": fields})
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
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform"
    })
}
