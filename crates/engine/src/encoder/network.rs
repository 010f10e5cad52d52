//! The forward pass, by candle's model of each family.
//!
//! Invariant: every tensor of the file takes part, but for heads that the vector does not pass through.
//!
//! DistilBERT runs as BERT, which it is but for names and token types: candle's own takes the tanh form of GELU, where
//! the model was trained with the error function.

use super::settings::{Family, Settings};
use super::weights::Weights;
use super::{EncoderError, first_line};
use candle_core::{DType, Device, Module, Result, Shape, Tensor};
use candle_nn::VarBuilder;
use candle_nn::var_builder::SimpleBackend;
use candle_transformers::models::{bert, jina_bert, modernbert, nomic_bert, xlm_roberta};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Tensors that do not touch the vector: heads for other tasks, and tables that are computed.
const HEADS: [&str; 12] = [
    "pooler.",
    "cls.",
    "lm_head.",
    "classifier.",
    "qa_outputs.",
    "head.",
    "decoder.",
    "vocab_",
    "pre_classifier.",
    "embeddings.position_ids",
    "mlm_head.",
    "predictions.",
];

pub(crate) enum Network {
    Bert(bert::BertModel),
    XlmRoberta(xlm_roberta::XLMRobertaModel),
    Jina(jina_bert::BertModel),
    Nomic(nomic_bert::NomicBertModel),
    ModernBert(modernbert::ModernBert),
}

impl Network {
    /// Builds the network of a folder.
    ///
    /// # Errors
    /// [`EncoderError::Unusable`] with the setting or the tensor that does not fit.
    pub(crate) fn new(settings: &Settings, weights: &Weights) -> std::result::Result<Self, EncoderError> {
        let prefix = prefix(settings.family, weights);
        let built = Self::build(settings, weights, &prefix);
        let unusable = |reason: String| EncoderError::unusable(weights.path(), reason);
        let network = built.map_err(|e| unusable(first_line(&e.to_string())))?;
        let touches = |name: &String| {
            let own = name.strip_prefix(prefix.as_str()).unwrap_or(name);
            !HEADS.iter().any(|head| own.starts_with(head) || name.starts_with(head))
        };
        match weights.unused().into_iter().find(touches) {
            None => Ok(network),
            Some(name) => Err(unusable(format!("it has the tensor {name}, which this version of Gait would leave out of the computation"))),
        }
    }

    fn build(settings: &Settings, weights: &Weights, prefix: &str) -> Result<Self> {
        let names: Box<dyn SimpleBackend> = match settings.family {
            Family::DistilBert => Box::new(Renamed { weights: weights.clone(), names: as_distilbert }),
            Family::ModernBert if prefix.is_empty() => {
                Box::new(Renamed { weights: weights.clone(), names: |name| name.replacen("model.", "", 1) })
            }
            Family::Bert | Family::XlmRoberta | Family::Jina | Family::Nomic | Family::ModernBert => Box::new(weights.clone()),
        };
        let vb = VarBuilder::from_backend(names, DType::F32, Device::Cpu);
        let within = if prefix.is_empty() { vb.clone() } else { vb.pp(prefix.trim_end_matches('.')) };
        let config = &settings.config;
        Ok(match settings.family {
            Family::Bert => Self::Bert(bert::BertModel::load(within, &read(config)?)?),
            Family::DistilBert => Self::Bert(bert::BertModel::load(within, &read(&distilbert_as_bert(config))?)?),
            Family::XlmRoberta => Self::XlmRoberta(xlm_roberta::XLMRobertaModel::new(&read(config)?, within)?),
            Family::Jina => Self::Jina(jina_bert::BertModel::new(within, &read(config)?)?),
            Family::Nomic => Self::Nomic(nomic_bert::NomicBertModel::load(within, &read(config)?)?),
            // It names its tensors from the root.
            Family::ModernBert => Self::ModernBert(modernbert::ModernBert::load(vb, &read(config)?)?),
        })
    }

    /// The vectors of the tokens of a text: 1 × tokens to 1 × tokens × dimension.
    ///
    /// # Errors
    /// What candle says.
    pub(crate) fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        let (types, all) = (ids.zeros_like()?, ids.ones_like()?);
        match self {
            Self::Bert(model) => model.forward(ids, &types, Some(&all)),
            Self::XlmRoberta(model) => model.forward(ids, &all, &types, None, None, None),
            Self::Jina(model) => model.forward(ids),
            Self::Nomic(model) => model.forward(ids, Some(&types), Some(&all)),
            Self::ModernBert(model) => model.forward(ids, &all),
        }
    }
}

fn read<T: DeserializeOwned>(config: &Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(config.clone())).map_err(|e| candle_core::Error::Msg(format!("its config.json does not fit: {e}")))
}

/// What stands before the names of tensors, with its dot: nothing in sentence-transformers' files, the model's name in
/// files of a model with a head.
fn prefix(family: Family, weights: &Weights) -> String {
    let names: &[&str] = match family {
        Family::Bert | Family::Jina => &["bert."],
        Family::DistilBert => &["distilbert."],
        Family::XlmRoberta => &["roberta."],
        Family::Nomic => &["nomic_bert.", "model."],
        Family::ModernBert => &["model."],
    };
    names.iter().find(|name| weights.has(name)).map_or_else(String::new, |name| (*name).to_owned())
}

/// Weights under the names that candle asks for.
struct Renamed {
    weights: Weights,
    names: fn(&str) -> String,
}

impl SimpleBackend for Renamed {
    fn get(&self, shape: Shape, name: &str, init: candle_nn::Init, dtype: DType, device: &Device) -> Result<Tensor> {
        if name.ends_with(NO_TYPES) {
            return Tensor::zeros(shape, dtype, device);
        }
        self.weights.get(shape, &(self.names)(name), init, dtype, device)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        self.weights.get_unchecked(&(self.names)(name), dtype, device)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.weights.contains_tensor(&(self.names)(name))
    }
}

/// DistilBERT has no types of tokens.
const NO_TYPES: &str = "token_type_embeddings.weight";

/// DistilBERT's name of BERT's tensor.
fn as_distilbert(name: &str) -> String {
    [
        ("encoder.layer.", "transformer.layer."),
        ("attention.self.query.", "attention.q_lin."),
        ("attention.self.key.", "attention.k_lin."),
        ("attention.self.value.", "attention.v_lin."),
        ("attention.output.dense.", "attention.out_lin."),
        ("attention.output.LayerNorm.", "sa_layer_norm."),
        ("intermediate.dense.", "ffn.lin1."),
        ("output.dense.", "ffn.lin2."),
        ("output.LayerNorm.", "output_layer_norm."),
    ]
    .into_iter()
    .fold(name.to_owned(), |name, (bert, distilbert)| name.replacen(bert, distilbert, 1))
}

fn distilbert_as_bert(config: &Map<String, Value>) -> Map<String, Value> {
    let mut config = config.clone();
    for (bert, distilbert) in
        [("hidden_size", "dim"), ("num_attention_heads", "n_heads"), ("num_hidden_layers", "n_layers"), ("intermediate_size", "hidden_dim")]
    {
        if let Some(value) = config.get(distilbert).cloned() {
            config.insert(bert.to_owned(), value);
        }
    }
    config.insert("type_vocab_size".to_owned(), json!(1));
    config
}
