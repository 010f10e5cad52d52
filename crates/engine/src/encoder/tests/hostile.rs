use super::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Writes a file into a good folder and gives what is said when it is opened.
fn said(file: &str, content: &[u8]) -> String {
    let folder = folder("bert");
    let path = folder.path().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
    Encoder::open(folder.path()).unwrap_err().to_string()
}

fn check(file: &str, content: impl AsRef<[u8]>, says: &str) {
    let said = said(file, content.as_ref());
    assert!(said.contains(says) && said.contains("embedding model") && !said.contains('\n'), "{file}: {said}");
    assert!(!said.contains("panic") && !said.contains("broke off"), "{file}: {said}");
}

#[test]
fn h14_headers_that_lie_are_refused() {
    let one =
        |range: &str, shape: &str| whole(&format!(r#"{{"a": {{"dtype": "F32", "shape": {shape}, "data_offsets": {range}}}}}"#), &[0; 8]);
    let check = |content: Vec<u8>, says: &str| check("model.safetensors", content, says);
    check(Vec::new(), "0 bytes");
    check(u64::MAX.to_le_bytes().to_vec(), "announces 18446744073709551615 bytes");
    check([&(100u64 << 20).to_le_bytes()[..], &[b' '; 64]].concat(), "announces 104857600 bytes");
    check(whole(&format!("{{{}", " ".repeat(5 << 20)), &[]), "expected at most 4194304");
    check(whole("[1, 2]", &[]), "no JSON object");
    check(whole(&"[".repeat(100_000), &[]), "no JSON object");
    check(whole(r#"{"a": 7}"#, &[]), "\"a\" wrongly");
    check(one("[0, 8]", "[3]"), "do not agree");
    check(one("[8, 0]", "[2]"), "do not agree");
    check(one("[0, 8]", "[4294967296, 4294967296, 4294967296]"), "do not agree");
    check(one("[0, 8]", "[18446744073709551615, 2]"), "do not agree");
    check(one("[0, 8]", "[-2]"), "wrongly");
    check(one("[4, 12]", "[2]"), "overlap or leave a gap");
    check(one("[0, 4]", "[1]"), "more than it says");
    check(one("[0, 80]", "[20]"), "cut off");
    let two = |a: &str, b: &str| {
        whole(
            &format!(
                r#"{{"a": {{"dtype": "F32", "shape": [1], "data_offsets": {a}}}, "b": {{"dtype": "F32", "shape": [1], "data_offsets": {b}}}}}"#
            ),
            &[0; 8],
        )
    };
    check(two("[0, 4]", "[0, 4]"), "overlap or leave a gap");
    check(two("[0, 4]", "[4, 8]"), "lacks the tensor");
    check(whole(r#"{"a": {"dtype": "X9", "shape": [1], "data_offsets": [0, 4]}}"#, &[0; 4]), "unknown type");
    let many = (0..20_000).map(|n| (format!("t{n}"), vec![0], Vec::new())).collect::<Vec<_>>();
    check(safetensors(&many), "20001 tensors");
}

#[test]
fn h14_a_pickle_is_refused_by_its_kind() {
    let folder = folder("bert");
    std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let missing = Encoder::open(folder.path()).unwrap_err();
    assert!(matches!(missing, EncoderError::Missing { .. }), "{missing}");
    std::fs::write(folder.path().join("pytorch_model.bin"), b"\x80\x02").unwrap();
    let said = Encoder::open(folder.path()).unwrap_err().to_string();
    assert!(said.contains("pytorch_model.bin") && said.contains("pickle"), "{said}");
}

#[test]
fn settings_that_candle_would_fail_on_are_refused() {
    let changed = |name: &str, value: Value| {
        let mut config = case("bert")["config"].clone();
        config[name] = value;
        config.to_string()
    };
    let check = |name: &str, value: Value, says: &str| check("config.json", changed(name, value), says);
    check("model_type", json!("gpt2"), "model_type is \"gpt2\"");
    check("num_attention_heads", json!(0), "num_attention_heads is 0");
    check("num_attention_heads", json!(3), "do not divide");
    check("hidden_size", json!(-16), "hidden_size is -16");
    check("hidden_size", json!(u64::MAX), "hidden_size is");
    check("hidden_size", json!("16"), "hidden_size is \"16\"");
    check("num_hidden_layers", json!(1_000_000_000), "num_hidden_layers is");
    check("max_position_embeddings", json!(0), "max_position_embeddings is 0");
    check("hidden_act", json!("gelu_new"), "hidden_act is \"gelu_new\"");
    check("position_embedding_type", json!("relative_key"), "position_embedding_type");
    check("vocab_size", json!(10), "32 tokens and the model 10");
    check("vocab_size", json!(40), "shape");
    check("num_hidden_layers", json!(3), "encoder.layer.3");
    check("num_hidden_layers", json!(5), "lacks the tensor encoder.layer.4");
    check("type_vocab_size", json!(u64::MAX), "");
    check("layer_norm_eps", json!("small"), "does not fit");
}

#[test]
fn other_files_that_lie_are_refused() {
    check("config.json", "", "no JSON object");
    check("config.json", "[".repeat(1 << 19), "no JSON object");
    check("config.json", " ".repeat(2 << 20), "expected at most");
    check("tokenizer.json", "{}", "no tokenizer");
    check("tokenizer.json", b"\xff\xfe", "no tokenizer");
    check("modules.json", r#"[{"type": "x.Transformer"}, {"type": "x.Dense", "path": "2_Dense"}]"#, "\"Dense\"");
    check("modules.json", r#"[{"type": "x.Pooling", "path": "../../etc"}]"#, "../../etc");
    check("modules.json", r#"[{"type": "x.Pooling", "path": "/etc"}]"#, "/etc");
    check("modules.json", "{}", "no list");
    check("1_Pooling/config.json", r#"{"pooling_mode_lasttoken": true}"#, "lasttoken");
    check("1_Pooling/config.json", r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}"#, "pools by");
    check("1_Pooling/config.json", "{}", "pools by");
    let folder = folder("bert");
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    std::fs::create_dir(folder.path().join("config.json")).unwrap();
    assert!(Encoder::open(folder.path()).unwrap_err().to_string().contains("is no file"));
}

#[test]
fn weights_that_are_no_numbers_are_said_to_be_damaged() {
    let folder = folder("bert");
    let path = folder.path().join("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 8_000..].chunks_exact_mut(4).for_each(|number| number.copy_from_slice(&f32::NAN.to_le_bytes()));
    std::fs::write(&path, bytes).unwrap();
    let error = Encoder::open(folder.path()).unwrap().encode(&texts()).unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");
}

#[test]
fn damaged_files_end_in_a_value_or_a_sentence() {
    let folder = folder("bert");
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for file in ["model.safetensors", "config.json", "tokenizer.json"] {
        let path = folder.path().join(file);
        let good = std::fs::read(&path).unwrap();
        for _ in 0..150 {
            let mut bytes = good.clone();
            for _ in 0..=random.next_u32() % 4 {
                // The header and the structure rather than the weights.
                let place = random.next_u32() as usize % bytes.len().min(6_000);
                bytes[place] = random.next_u32().to_le_bytes()[0];
            }
            if random.next_u32().is_multiple_of(8) {
                bytes.truncate(random.next_u32() as usize % bytes.len());
            }
            std::fs::write(&path, &bytes).unwrap();
            let said = Encoder::open(folder.path()).and_then(|encoder| encoder.encode(&texts())).err().map(|e| e.to_string());
            assert!(said.is_none_or(|said| !said.contains("broke off")), "{file}: a panic");
        }
        std::fs::write(&path, good).unwrap();
    }
}
