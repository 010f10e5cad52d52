//! What a model is, in classes that the window and the command line put into words.
//!
//! Invariant: pure. What the file does not say is [`Licence::Unknown`] or the file's own word, never a guess.

use crate::model::ModelFacts;

#[derive(Debug, Clone, PartialEq)]
pub struct Portrait {
    /// As people call it: Llama, Qwen 2.
    pub family: String,
    pub size: Size,
    pub precision: Precision,
    /// Of the whole file.
    pub bits_per_weight: f64,
    /// Printed pages that prompt and answer may fill together.
    pub pages: u32,
    pub licence: Licence,
}

/// By the number of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Under 100 million: one narrow task that it was trained for.
    Tiny,
    /// Under 1 billion: short and simple texts.
    Small,
    /// Under 5 billion: everyday drafts.
    Medium,
    /// Under 20 billion: good drafts, a strong machine.
    Large,
    /// Not for a desk.
    Huge,
}

/// How much the weights were shortened, by the kind of most of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 16 or 32 bits: as it was trained.
    Full,
    /// 8 bits: no loss that one would see.
    Fine,
    /// 5 or 6 bits: hardly any loss.
    Good,
    /// 4 bits: a little loss.
    Usual,
    /// 3 bits or fewer: mistakes are likelier.
    Coarse,
    /// A kind that has no name here.
    Unknown,
}

/// What the licence allows, as far as its name says. The text of the licence is what counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licence {
    /// Any use, with the notice kept.
    Free,
    /// Any use; what is made of it must be given under the same terms.
    Reciprocal,
    /// Terms of the maker's own, often with limits.
    Own,
    /// No commercial use.
    NonCommercial,
    /// A word that says nothing here.
    Other,
    /// The file names none.
    Unknown,
}

/// Tokens on a printed page of some 500 English words; in Korean about as much text.
const TOKENS_A_PAGE: u32 = 650;

impl Portrait {
    pub fn of(facts: &ModelFacts) -> Self {
        Self {
            family: family(&facts.architecture),
            size: size(facts.parameters),
            precision: precision(&facts.quantisation),
            bits_per_weight: if facts.parameters == 0 { 0.0 } else { facts.bytes as f64 * 8.0 / facts.parameters as f64 },
            pages: (facts.context.saturating_add(TOKENS_A_PAGE / 2) / TOKENS_A_PAGE).max(1),
            licence: licence(facts.license.as_deref()),
        }
    }
}

fn family(architecture: &str) -> String {
    let known = match architecture {
        "llama" => "Llama",
        "mistral" | "mistral3" => "Mistral",
        "qwen2" => "Qwen 2",
        "qwen2moe" => "Qwen 2 MoE",
        "qwen3" => "Qwen 3",
        "qwen3moe" => "Qwen 3 MoE",
        "gemma" => "Gemma",
        "gemma2" => "Gemma 2",
        "gemma3" => "Gemma 3",
        "phi2" => "Phi-2",
        "phi3" => "Phi-3",
        "glm4" => "GLM-4",
        "falcon" => "Falcon",
        "exaone" => "EXAONE",
        "smollm3" => "SmolLM 3",
        other => other,
    };
    known.to_owned()
}

fn size(parameters: u64) -> Size {
    match parameters {
        0..100_000_000 => Size::Tiny,
        100_000_000..1_000_000_000 => Size::Small,
        1_000_000_000..5_000_000_000 => Size::Medium,
        5_000_000_000..20_000_000_000 => Size::Large,
        _ => Size::Huge,
    }
}

fn precision(quantisation: &str) -> Precision {
    match quantisation {
        "F32" | "F16" | "BF16" => Precision::Full,
        q if q.starts_with("Q8") => Precision::Fine,
        q if q.starts_with("Q6") || q.starts_with("Q5") => Precision::Good,
        q if q.starts_with("Q4") => Precision::Usual,
        q if q.starts_with("Q3") || q.starts_with("Q2") => Precision::Coarse,
        _ => Precision::Unknown,
    }
}

fn licence(named: Option<&str>) -> Licence {
    let Some(name) = named.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()) else { return Licence::Unknown };
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if ["unknown", "none", "n/a"].contains(&name.as_str()) {
        Licence::Unknown
    } else if name.contains("-nc") || name.contains("noncommercial") || name.contains("non-commercial") || name.contains("research") {
        Licence::NonCommercial
    } else if begins(&[
        "apache",
        "mit",
        "bsd",
        "isc",
        "unlicense",
        "cc0",
        "zlib",
        "cc-by-2",
        "cc-by-3",
        "cc-by-4",
        "cdla-permissive",
        "wtfpl",
        "bsl-1.0",
    ]) {
        Licence::Free
    } else if begins(&["gpl", "agpl", "lgpl", "cc-by-sa", "mpl", "eupl", "epl", "cdla-sharing"]) {
        Licence::Reciprocal
    } else if begins(&[
        "llama",
        "gemma",
        "openrail",
        "bigscience",
        "creativeml",
        "qwen",
        "tongyi",
        "deepseek",
        "exaone",
        "falcon",
        "cc-by-nd",
    ]) {
        Licence::Own
    } else {
        Licence::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(architecture: &str, parameters: u64, bytes: u64, quantisation: &str, context: u32, license: Option<&str>) -> ModelFacts {
        ModelFacts {
            sha256: String::new(),
            bytes,
            name: String::new(),
            architecture: architecture.into(),
            parameters,
            quantisation: quantisation.into(),
            context,
            vocabulary: 0,
            chat_template: None,
            license: license.map(str::to_owned),
        }
    }

    #[test]
    fn a_model_is_put_into_classes() {
        let one = Portrait::of(&facts("qwen2", 494_032_768, 397_807_936, "Q4_K", 32_768, Some("apache-2.0")));
        assert_eq!((one.family.as_str(), one.size, one.precision), ("Qwen 2", Size::Small, Precision::Usual));
        assert_eq!((one.pages, one.licence), (50, Licence::Free));
        assert!((one.bits_per_weight - 6.44).abs() < 0.01, "a small model keeps a large table: {}", one.bits_per_weight);
        let odd = Portrait::of(&facts("whatever", 0, 0, "IQ4_XS", 1, None));
        assert_eq!((odd.family.as_str(), odd.precision, odd.pages, odd.licence), ("whatever", Precision::Unknown, 1, Licence::Unknown));
        for (parameters, size) in
            [(8_200_000, Size::Tiny), (1_500_000_000, Size::Medium), (7_000_000_000, Size::Large), (70_000_000_000, Size::Huge)]
        {
            assert_eq!(super::size(parameters), size);
        }
    }

    #[test]
    fn a_licence_is_what_its_name_says_and_no_more() {
        for (name, is) in [
            ("apache-2.0", Licence::Free),
            ("MIT", Licence::Free),
            ("cc-by-4.0", Licence::Free),
            ("cc-by-nc-4.0", Licence::NonCommercial),
            ("cc-by-nc-sa-4.0", Licence::NonCommercial),
            ("qwen-research", Licence::NonCommercial),
            ("cc-by-sa-4.0", Licence::Reciprocal),
            ("agpl-3.0", Licence::Reciprocal),
            ("llama3.1", Licence::Own),
            ("gemma", Licence::Own),
            ("openrail++", Licence::Own),
            ("other", Licence::Other),
            ("my own words", Licence::Other),
            ("unknown", Licence::Unknown),
            ("  ", Licence::Unknown),
        ] {
            assert_eq!(licence(Some(name)), is, "{name}");
        }
        assert_eq!(licence(None), Licence::Unknown);
    }
}
