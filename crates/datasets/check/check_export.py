#!/usr/bin/env python3
"""check_export.py EXPORT_DIR [--train] [--json report.json]

Validates every training-data format in EXPORT_DIR by really loading it.
needs: requirements.txt beside this file, trl without its dependencies (what is asked of it here needs no torch); --train needs
torch, accelerate and peft too. Fully offline: HF_HUB_OFFLINE=1 is set; --train builds a tiny random model + byte-level tokenizer locally.

EXPORT_DIR/manifest.json : {"files":[{"path":"sft/train.jsonl","format":"sft_messages","split":"train","rows":12,"sha256":"..."}]}
formats: sft_messages sft_prompt_completion text dpo dpo_implicit kto openai_chat openai_preference alpaca sharegpt sharegpt_preference sharegpt_kto
files  : .jsonl .json (array) .parquet
also   : README.md (dataset card), croissant.json, dataset_info.json (LLaMA-Factory), adapter/ (PEFT LoRA)
Exit 0 = no error. Warnings never fail.
"""
import argparse, hashlib, json, math, os, re, sys, tempfile, traceback
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="")
os.environ.setdefault("HF_HOME", tempfile.mkdtemp(prefix="hfhome"))
E, W, OK = [], [], []
def err(m): E.append(m); print("ERROR  ", m)
def warn(m): W.append(m); print("WARN   ", m)
def ok(m): OK.append(m); print("ok     ", m)

ROLES = {"system", "developer", "user", "assistant", "tool"}
OPENAI_MAX = 512 * 1000 * 1000
PII = {"EMAIL": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]{2,}"), "US_SSN": re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}\b"),
       "CREDIT_CARD": re.compile(r"\b(?:\d[ -]?){12,18}\d\b"), "IBAN": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b"),
       "KR_RRN": re.compile(r"\b\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-?[1-8]\d{6}\b"), "IPV4": re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b"),
       "API_KEY": re.compile(r"\b(?:sk-[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,}|xox[bp]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35})")}
def luhn(s):
    d = [int(c) for c in s if c.isdigit()]
    return 13 <= len(d) <= 19 and len(set(d)) > 1 and sum((x if i % 2 == 0 else (2 * x - 9 * (2 * x > 9))) for i, x in enumerate(reversed(d))) % 10 == 0
def iban(s):
    s = s.replace(" ", ""); return 15 <= len(s) <= 34 and int("".join(str(int(c, 36)) for c in s[4:] + s[:4])) % 97 == 1
def texts(o):
    if isinstance(o, str): yield o
    elif isinstance(o, dict):
        for v in o.values(): yield from texts(v)
    elif isinstance(o, (list, tuple)):
        for v in o: yield from texts(v)

def raw_rows(path):
    if path.endswith(".parquet"):
        import pyarrow.parquet as pq; return pq.read_table(path).to_pylist()
    b = open(path, "rb").read()
    if b.startswith(b"\xef\xbb\xbf"): err(f"{path}: UTF-8 BOM")
    t = b.decode("utf-8")            # raises on bad UTF-8
    if path.endswith(".jsonl"):
        if "\r" in t.replace("\\r", ""): warn(f"{path}: CR line endings")
        out = []
        for i, l in enumerate(t.split("\n")):
            if l.strip() == "":
                if i != t.count("\n"): err(f"{path}:{i+1}: blank line")
                continue
            out.append(json.loads(l))
        return out
    d = json.loads(t)
    if not isinstance(d, list): raise ValueError("top level of .json must be an array")
    return d

def chk_messages(ms, where, roles=ROLES, need_last=None, first=("system", "developer", "user")):
    if not isinstance(ms, list) or not ms: return err(f"{where}: empty or not a list")
    for k, m in enumerate(ms):
        if not isinstance(m, dict) or "role" not in m: return err(f"{where}[{k}]: no role")
        if m["role"] not in roles: err(f"{where}[{k}]: role {m['role']!r}")
        c = m.get("content")
        if not m.get("tool_calls") and not (isinstance(c, str) and c.strip()) and not (isinstance(c, list) and c): err(f"{where}[{k}]: empty content")
        if m["role"] in ("system", "developer") and k > 0: warn(f"{where}[{k}]: system message not first (many templates reject it)")
        if k and ms[k - 1]["role"] == m["role"] == "user": warn(f"{where}[{k}]: two user turns in a row (strict templates reject it)")
    if first and ms[0]["role"] not in first: err(f"{where}: starts with {ms[0]['role']}")
    if need_last and ms[-1]["role"] != need_last: err(f"{where}: last role must be {need_last}, is {ms[-1]['role']}")

def s(v): return isinstance(v, str) and v.strip() != ""
def v_sft_messages(r, w): chk_messages(r.get("messages"), w + ".messages", need_last="assistant")
def v_pc(r, w):
    p, c = r.get("prompt"), r.get("completion")
    if isinstance(p, str) != isinstance(c, str): return err(f"{w}: prompt and completion must both be strings or both lists")
    if isinstance(p, str):
        if not s(p) or not s(c): err(f"{w}: empty prompt/completion")
        elif not p[-1].isspace() and not c[0].isspace(): warn(f"{w}: no whitespace between prompt and completion (TRL concatenates them literally)")
    else: chk_messages(p, w + ".prompt", need_last=None); chk_messages(c, w + ".completion", first=("assistant",), need_last="assistant")
def v_text(r, w):
    if not s(r.get("text")): err(f"{w}: text empty")
def v_dpo(r, w, implicit=False):
    ch, rj = r.get("chosen"), r.get("rejected")
    if ch is None or rj is None: return err(f"{w}: chosen/rejected missing")
    if ch == rj: err(f"{w}: chosen == rejected")
    if implicit:
        if "prompt" in r: err(f"{w}: implicit format must not have prompt")
        if isinstance(ch, list):
            chk_messages(ch, w + ".chosen", need_last="assistant"); chk_messages(rj, w + ".rejected", need_last="assistant")
            if isinstance(ch, list) and isinstance(rj, list) and (len(ch) < 2 or ch[:-1] != rj[:-1]): err(f"{w}: chosen and rejected must share every turn but the last")
        return
    p = r.get("prompt")
    if {type(p), type(ch), type(rj)} not in ({str}, {list}): return err(f"{w}: prompt/chosen/rejected must be all strings or all message lists")
    if isinstance(p, str):
        if not (s(p) and s(ch) and s(rj)): err(f"{w}: empty field")
    else:
        chk_messages(p, w + ".prompt"); chk_messages(ch, w + ".chosen", first=("assistant",), need_last="assistant"); chk_messages(rj, w + ".rejected", first=("assistant",), need_last="assistant")
        if p and p[-1].get("role") not in ("user", "tool"): err(f"{w}: prompt must end with user/tool")
def v_kto(r, w):
    v_pc(r, w)
    if not isinstance(r.get("label"), bool): err(f"{w}: label must be boolean true/false, is {type(r.get('label')).__name__}")
def v_oai(r, w):
    extra = set(r) - {"messages", "tools", "parallel_tool_calls", "functions"}
    if extra: err(f"{w}: keys not in the OpenAI chat input schema: {sorted(extra)}")
    chk_messages(r.get("messages"), w + ".messages", need_last="assistant")
    for m in r.get("messages") or []:
        bad = set(m) - {"role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal"}
        if bad: err(f"{w}: message keys {sorted(bad)}")
        if "weight" in m and (m["role"] != "assistant" or m["weight"] not in (0, 1) or isinstance(m["weight"], bool)): err(f"{w}: weight must be integer 0/1 on assistant messages")
    if r.get("messages") and not any(m.get("role") == "assistant" and m.get("weight", 1) == 1 for m in r["messages"]): err(f"{w}: no trained assistant message")
def v_oaipref(r, w):
    if set(r) != {"input", "preferred_output", "non_preferred_output"}: err(f"{w}: keys {sorted(r)}")
    i = r.get("input") or {}
    if set(i) - {"messages", "tools", "parallel_tool_calls"}: err(f"{w}.input: keys {sorted(i)}")
    chk_messages(i.get("messages"), w + ".input.messages")
    if (i.get("messages") or [{}])[-1].get("role") == "assistant": err(f"{w}: input must not end with assistant")
    for k in ("preferred_output", "non_preferred_output"):
        o = r.get(k)
        if not (isinstance(o, list) and len(o) == 1 and o[0].get("role") == "assistant" and s(o[0].get("content"))): err(f"{w}.{k}: must be [one assistant message]")
    if r.get("preferred_output") == r.get("non_preferred_output"): err(f"{w}: preferred == non_preferred")
def v_alpaca(r, w):
    if not s(r.get("instruction")): err(f"{w}: instruction")
    if not s(r.get("output")): err(f"{w}: output")
    if not isinstance(r.get("input", ""), str): err(f"{w}: input must be a string (use '')")
    for h in r.get("history") or []:
        if not (isinstance(h, list) and len(h) == 2 and all(isinstance(x, str) for x in h)): err(f"{w}: history must be [[user, assistant], ...]")
def v_sharegpt(r, w, kind="sft"):
    c = r.get("conversations")
    if not isinstance(c, list) or not c: return err(f"{w}: conversations")
    body = c[1:] if c[0].get("from") == "system" else c
    for k, m in enumerate(body):
        if set(m) != {"from", "value"}: err(f"{w}[{k}]: keys {sorted(m)}")
        want = {"human", "observation"} if k % 2 == 0 else {"gpt", "function_call"}
        if m.get("from") not in want: err(f"{w}[{k}]: from={m.get('from')!r}, LLaMA-Factory wants {sorted(want)} at odd/even positions")
        if not s(m.get("value")): err(f"{w}[{k}]: empty value")
    if kind == "pref":
        if len(body) % 2 == 0: err(f"{w}: preference conversation must end with human")
        for k in ("chosen", "rejected"):
            if not (isinstance(r.get(k), dict) and r[k].get("from") == "gpt" and s(r[k].get("value"))): err(f"{w}.{k}: must be {{from:gpt,value}}")
    elif len(body) % 2: err(f"{w}: must end with gpt")
    if kind == "kto" and not isinstance(r.get("kto_tag"), bool): err(f"{w}: kto_tag must be boolean")
V = {"sft_messages": v_sft_messages, "sft_prompt_completion": v_pc, "text": v_text, "dpo": v_dpo, "dpo_implicit": lambda r, w: v_dpo(r, w, True), "kto": v_kto, "openai_chat": v_oai, "openai_preference": v_oaipref,
     "alpaca": v_alpaca, "sharegpt": v_sharegpt, "sharegpt_preference": lambda r, w: v_sharegpt(r, w, "pref"), "sharegpt_kto": lambda r, w: v_sharegpt(r, w, "kto")}
TRL_KIND = {"sft_messages": "sft", "sft_prompt_completion": "sft", "text": "sft", "openai_chat": "sft", "dpo": "dpo", "dpo_implicit": "dpo", "kto": "kto"}
def prompt_key(fmt, r):
    if fmt in ("sft_messages", "openai_chat"): ms = r.get("messages") or []; return json.dumps([[m.get("role"), m.get("content")] for m in ms[:-1]], sort_keys=True)
    if fmt == "openai_preference": return json.dumps([[m.get("role"), m.get("content")] for m in (r.get("input") or {}).get("messages", [])])
    if fmt == "alpaca": return json.dumps([r.get("instruction"), r.get("input")])
    if fmt.startswith("sharegpt"): c = r.get("conversations") or []; return json.dumps(c[:-1] if fmt != "sharegpt_preference" else c)
    if fmt == "dpo_implicit": return json.dumps(r["chosen"][:-1])
    if fmt == "text": return r.get("text")
    return json.dumps(r.get("prompt"))
def shingles(t, n=5):
    w = re.findall(r"\w+", t.lower()); return {" ".join(w[i:i + n]) for i in range(max(1, len(w) - n + 1))}

def tiny(tmp):
    """byte-level tokenizer with a ChatML template and a 2-layer random Qwen2: no download"""
    from tokenizers import Tokenizer, models, pre_tokenizers, decoders
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
    al = sorted(pre_tokenizers.ByteLevel.alphabet()); vocab = {c: i for i, c in enumerate(al)}
    for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>"): vocab[t] = len(vocab)
    tk = Tokenizer(models.BPE(vocab=vocab, merges=[])); tk.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False); tk.decoder = decoders.ByteLevel()
    tok = PreTrainedTokenizerFast(tokenizer_object=tk, eos_token="<|im_end|>", pad_token="<|endoftext|>", additional_special_tokens=["<|im_start|>"])
    tok.chat_template = "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\n' + (m['content'] or '') + '<|im_end|>\n'}}{% endfor %}{% if add_generation_prompt %}{{'<|im_start|>assistant\n'}}{% endif %}"
    cfg = Qwen2Config(vocab_size=len(vocab), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=8192, eos_token_id=tok.eos_token_id, pad_token_id=tok.pad_token_id)
    m = Qwen2ForCausalLM(cfg); p = os.path.join(tmp, "tiny"); m.save_pretrained(p); tok.save_pretrained(p); return p, tok

def train_step(kind, ds, tmp, tok, path):
    import trl, torch
    common = dict(output_dir=os.path.join(tmp, "o"), max_steps=1, per_device_train_batch_size=2, report_to=[], save_strategy="no", logging_steps=1, use_cpu=True, bf16=False, fp16=False, gradient_checkpointing=False, disable_tqdm=True)
    ds = ds.select(range(min(4, len(ds))))
    if kind == "sft": t = trl.SFTTrainer(model=path, args=trl.SFTConfig(max_length=4096, **common), train_dataset=ds, processing_class=tok)
    elif kind == "dpo": t = trl.DPOTrainer(model=path, args=trl.DPOConfig(max_length=4096, **common), train_dataset=ds, processing_class=tok)
    else: t = trl.KTOTrainer(model=path, args=trl.KTOConfig(max_length=4096, **common), train_dataset=ds, processing_class=tok)
    r = t.train(); assert math.isfinite(r.training_loss), r.training_loss
    return r.training_loss

def check_file(root, f, args, ctx):
    path = os.path.join(root, f["path"]); fmt = f["format"]; tag = f"{f['path']} [{fmt}]"; n0 = len(E)
    if fmt not in V: return err(f"{tag}: unknown format")
    if "sha256" in f and hashlib.sha256(open(path, "rb").read()).hexdigest() != f["sha256"]: err(f"{tag}: sha256 mismatch")
    rows = raw_rows(path)
    if "rows" in f and f["rows"] != len(rows): err(f"{tag}: manifest rows {f['rows']} != {len(rows)}")
    if not rows: return err(f"{tag}: no rows")
    keys = {frozenset(r) for r in rows}
    if len(keys) > 1: warn(f"{tag}: rows have {len(keys)} different key sets (datasets fills nulls; TRL looks only at row 0 to pick the format)")
    for i, r in enumerate(rows): V[fmt](r, f"{tag} row {i}")
    if fmt.startswith("openai"):
        if os.path.getsize(path) > OPENAI_MAX: err(f"{tag}: > 512 MB")
        if len(rows) < 10 and f.get("split", "train") == "train": err(f"{tag}: {len(rows)} rows, OpenAI minimum is 10")
        if not path.endswith(".jsonl"): err(f"{tag}: OpenAI takes .jsonl only")
    # 1. real load with datasets
    import datasets
    datasets.disable_progress_bars()
    ds = datasets.load_dataset("parquet" if path.endswith(".parquet") else "json", data_files={"train": path}, split="train", cache_dir=ctx["cache"])
    if len(ds) != len(rows): err(f"{tag}: datasets sees {len(ds)} rows, file has {len(rows)}")
    # 2. TRL's own detection
    from trl.data_utils import is_conversational, is_conversational_from_value, maybe_convert_to_chatml, maybe_extract_prompt
    ex = ds[0]
    if fmt in TRL_KIND:
        conv = is_conversational(ex); msg = f"conversational={conv}"
        exp = isinstance(ex.get("messages") or ex.get("prompt") or ex.get("chosen"), list)
        if fmt != "text" and conv != exp: err(f"{tag}: TRL is_conversational={conv}, expected {exp}")
        if fmt == "dpo_implicit":
            e = maybe_extract_prompt(ex); msg += f", extracted prompt {len(e['prompt'])} turns/chars"
            if not e["prompt"]: err(f"{tag}: TRL extract_prompt found no shared prompt")
            if isinstance(e["chosen"], list) and len(e["chosen"]) != 1: err(f"{tag}: extract_prompt leaves {len(e['chosen'])} chosen turns")
        if fmt == "kto" and ds.features["label"].dtype != "bool": err(f"{tag}: label loads as {ds.features['label'].dtype}, must be bool")
        if fmt == "kto":
            d = sum(ds["label"]); u = len(ds) - d
            if min(d, u) == 0: err(f"{tag}: KTO needs both labels")
            elif not 1 <= d / u <= 4 / 3: warn(f"{tag}: desirable:undesirable {d}:{u}; set desirable_weight*{d}/(undesirable_weight*{u}) in [1,4/3]")
    elif fmt == "sharegpt":
        if not is_conversational_from_value(ex): err(f"{tag}: TRL is_conversational_from_value is False")
        c = maybe_convert_to_chatml(json.loads(json.dumps(ex))); rs = {m["role"] for m in c["messages"]}; msg = f"maybe_convert_to_chatml -> roles {sorted(rs)}"
        if rs - ROLES: warn(f"{tag}: TRL renames from/value but keeps roles {sorted(rs - ROLES)}; map human->user, gpt->assistant before TRL (LLaMA-Factory/Axolotl map them)")
    else: msg = "schema"
    # 3. one real optimiser step
    if args.train and fmt in TRL_KIND:
        d2 = ds
        if fmt == "openai_chat": d2 = ds.select_columns(["messages"])
        loss = train_step(TRL_KIND[fmt], d2, ctx["tmp"], ctx["tok"], ctx["model"]); msg += f", TRL {TRL_KIND[fmt].upper()}Trainer 1 step loss {loss:.3f}"
    # 4. PII
    hits = {}
    for r in rows:
        for t in texts(r):
            for k, rx in PII.items():
                for m in rx.findall(t):
                    if (k == "CREDIT_CARD" and not luhn(m)) or (k == "IBAN" and not iban(m)): continue
                    hits[k] = hits.get(k, 0) + 1
    if hits: warn(f"{tag}: PII-like strings {hits}")
    ctx["split"].setdefault(fmt, {}).setdefault(f.get("split", "train"), []).extend((prompt_key(fmt, r) or "") for r in rows)
    if len(E) == n0: ok(f"{tag}: {len(rows)} rows, {msg}; features {list(ds.features)}")

def leakage(ctx):
    for fmt, sp in ctx["split"].items():
        if len(sp) < 2: continue
        tr = sp.get("train", [])
        for name, v in sp.items():
            if name == "train": continue
            ex = len(set(tr) & set(v))
            if ex: err(f"{fmt}: {ex} prompts of split '{name}' also in train")
            st = [shingles(t) for t in tr[:3000]]; near = 0
            for t in v[:500]:
                a = shingles(t); near += any(len(a & b) / max(1, len(a | b)) >= .8 for b in st)
            if near > ex: warn(f"{fmt}: {near} prompts of '{name}' have a 5-gram Jaccard >= 0.8 neighbour in train")
            if not ex: ok(f"{fmt}: train/{name} share no prompt")

def check_card(root, ctx):
    p = os.path.join(root, "README.md")
    if not os.path.exists(p): return warn("README.md: no dataset card")
    from huggingface_hub import DatasetCard
    import datasets
    datasets.disable_progress_bars()
    d = DatasetCard.load(p).data.to_dict()
    for k in ("license", "language", "task_categories", "size_categories", "configs"):
        if k not in d: warn(f"README.md: no {k}")
    names = [c["config_name"] for c in d.get("configs", [])]
    for n in names:
        x = datasets.load_dataset(root, n, cache_dir=ctx["cache"]); ok(f"README.md: load_dataset(dir,{n!r}) -> {({k: len(v) for k, v in x.items()})}")

def check_croissant(root):
    p = os.path.join(root, "croissant.json")
    if not os.path.exists(p): return warn("croissant.json: absent")
    import mlcroissant as mlc
    j = json.load(open(p))
    for k in ("@context", "@type", "conformsTo", "name", "description", "license", "url", "creator", "datePublished", "distribution", "recordSet"):
        if k not in j: err(f"croissant.json: no {k}")
    d = mlc.Dataset(jsonld=p)
    for iss in getattr(d.metadata.ctx.issues, "warnings", []): warn(f"croissant: {iss}")
    for o in j["distribution"]:
        if o.get("@type") == "cr:FileObject":
            q = os.path.join(root, o["contentUrl"])
            if not os.path.exists(q): err(f"croissant: {o['contentUrl']} missing")
            elif hashlib.sha256(open(q, "rb").read()).hexdigest() != o.get("sha256"): err(f"croissant: sha256 of {o['contentUrl']}")
    for rs in d.metadata.record_sets:
        n = sum(1 for _ in d.records(record_set=rs.id)); ok(f"croissant: record set {rs.id}: {n} records read")

def check_llamafactory(root):
    p = os.path.join(root, "dataset_info.json")
    if not os.path.exists(p): return warn("dataset_info.json: absent (LLaMA-Factory)")
    for n, d in json.load(open(p)).items():
        q = os.path.join(root, d.get("file_name", "?"))
        if not os.path.exists(q): err(f"dataset_info {n}: {q} missing"); continue
        fm = d.get("formatting", "alpaca"); r = raw_rows(q)[0]; col = d.get("columns", {})
        if fm not in ("alpaca", "sharegpt", "openai"): err(f"dataset_info {n}: formatting {fm}")
        for k, v in col.items():
            if v not in r: err(f"dataset_info {n}: column {k}->{v} not in the file")
        if d.get("ranking") and not {"chosen", "rejected"} <= set(col): err(f"dataset_info {n}: ranking needs chosen/rejected columns")
        ok(f"dataset_info.json: {n} ({fm})")

def check_tables(root, man, ctx):
    """CSV: every field quoted, nothing that a spreadsheet computes, and what `datasets` reads of it."""
    import csv, datasets
    for t in man.get("tables", []):
        p = os.path.join(root, t["path"]); b = open(p, "rb").read(); n0 = len(E)
        if hashlib.sha256(b).hexdigest() != t["sha256"]: err(f"{t['path']}: sha256 mismatch")
        rows = list(csv.reader(b.decode("utf-8-sig").splitlines(keepends=True)))
        if len(rows) != t["rows"] + 1: err(f"{t['path']}: {len(rows) - 1} rows, manifest says {t['rows']}")
        if len({len(r) for r in rows}) != 1: err(f"{t['path']}: rows of different width")
        for r in rows:
            for c in r:
                if c.lstrip(" \xa0\ufeff\u3000\n\"")[:1] in tuple("=+-@\t\r＝＋－＠"): err(f"{t['path']}: a cell begins with {c[:3]!r}")
        ds = datasets.load_dataset("csv", data_files={"train": p}, split="train", cache_dir=ctx["cache"])
        if len(ds) != t["rows"] or ds.column_names[0] != "id": err(f"{t['path']}: datasets sees {len(ds)} rows, columns {ds.column_names}")
        if len(E) == n0: ok(f"{t['path']} [csv]: {len(ds)} rows, columns {ds.column_names}")

def check_lineage(root, man):
    """Every row of every file is somebody's, once; what is left out has a reason; no item is on two sides."""
    t = man.get("lineage")
    if not t: return warn("manifest: no lineage")
    b = open(os.path.join(root, t["path"]), "rb").read(); seen = {}; sides = {}; n0 = len(E)
    if hashlib.sha256(b).hexdigest() != t["sha256"]: err("lineage: sha256 mismatch")
    for l in b.decode("utf-8").splitlines():
        r = json.loads(l)
        if bool(r["places"]) == bool(r.get("left_out")): err(f"lineage {r['id']}: {len(r['places'])} places, left out: {r.get('left_out')}")
        for p in r["places"]:
            if (p["file"], p["row"]) in seen: err(f"lineage: {p} is two examples'")
            seen[p["file"], p["row"]] = r["id"]
        if r["places"] and sides.setdefault(r["item"], r["side"]) != r["side"]: err(f"lineage: item {r['item']} is on two sides")
    for f in man["files"] + man.get("tables", []):
        missing = [i for i in range(f["rows"]) if (f["path"], i) not in seen]
        if missing: err(f"lineage: {f['path']} rows {missing[:5]} are nobody's")
        if f["path"].endswith(".jsonl"):
            for i, row in enumerate(raw_rows(os.path.join(root, f["path"]))):
                if row.get("id", seen.get((f["path"], i))) != seen.get((f["path"], i)): err(f"lineage: {f['path']} row {i} has another id")
    for f in man["files"]:
        if f.get("never_train") != (f["split"] == "test"): err(f"{f['path']}: never_train is {f.get('never_train')}")
    if len(E) == n0: ok(f"lineage.jsonl: {len(seen)} rows lead back to {len(set(seen.values()))} examples")

def check_adapter(root):
    p = os.path.join(root, "adapter")
    if not os.path.isdir(p): return
    from safetensors.torch import load_file
    from peft import LoraConfig
    c = LoraConfig.from_pretrained(p); t = load_file(os.path.join(p, "adapter_model.safetensors")); pairs = {}
    for k, v in t.items():
        m = re.fullmatch(r"base_model\.model\.(.+)\.lora_([AB])\.weight", k)
        if not m: err(f"adapter: tensor name {k!r}"); continue
        pairs.setdefault(m[1], {})[m[2]] = tuple(v.shape)
    for k, d in pairs.items():
        if set(d) != {"A", "B"}: err(f"adapter {k}: missing half"); continue
        if d["A"][0] != c.r or d["B"][1] != c.r: err(f"adapter {k}: rank {d} != r={c.r}")
        tm = c.target_modules
        if not any(k.split(".")[-1] == x or k.endswith(x) for x in (tm if not isinstance(tm, str) else [tm])): err(f"adapter {k}: not in target_modules {tm}")
    if not c.base_model_name_or_path: warn("adapter: base_model_name_or_path empty (convert_lora_to_gguf needs --base then)")
    if c.use_rslora or c.use_dora: warn("adapter: rslora/dora are not representable in a GGUF LoRA (llama.cpp scales by alpha/r)")
    ok(f"adapter: r={c.r} alpha={c.lora_alpha} {len(pairs)} module pairs, targets {sorted(c.target_modules) if not isinstance(c.target_modules, str) else c.target_modules}")

def main():
    ap = argparse.ArgumentParser(); ap.add_argument("dir"); ap.add_argument("--train", action="store_true"); ap.add_argument("--json")
    a = ap.parse_args(); root = os.path.abspath(a.dir)
    with tempfile.TemporaryDirectory() as tmp:
        ctx = dict(tmp=tmp, cache=os.path.join(tmp, "c"), split={})
        if a.train: ctx["model"], ctx["tok"] = tiny(tmp)
        man = json.load(open(os.path.join(root, "manifest.json")))
        for f in man["files"]:
            try: check_file(root, f, a, ctx)
            except Exception as e:
                err(f"{f.get('path')} [{f.get('format')}]: {type(e).__name__}: {str(e)[:300]}")
                if os.environ.get("TB"): traceback.print_exc()
        for fn in (lambda: leakage(ctx), lambda: check_card(root, ctx), lambda: check_croissant(root), lambda: check_llamafactory(root), lambda: check_tables(root, man, ctx), lambda: check_lineage(root, man), lambda: check_adapter(root)):
            try: fn()
            except Exception as e:
                err(f"{type(e).__name__}: {str(e)[:400]}")
                if os.environ.get("TB"): traceback.print_exc()
    print(f"\n{len(OK)} ok, {len(W)} warnings, {len(E)} errors")
    if a.json: json.dump(dict(ok=OK, warnings=W, errors=E), open(a.json, "w"), indent=1)
    sys.exit(1 if E else 0)
if __name__ == "__main__": main()
