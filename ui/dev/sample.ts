// Plausible content for the in-memory backend: an outdoor shop's inbox in two languages. Deterministic.
import type { Draft, DraftToken, ItemView, Measured, Model, UseCase } from "../src/api";

const CASES: [slice: string, ask: string, reply: string][] = [
  [
    "delivery",
    "Where is my order FW-20417? I ordered a Ridgeline 40 backpack on 12 November and still have nothing.",
    "Our shipping desk is tracing the parcel of order FW-20417 and will write to you within one working day. Parcels usually take 2 to 4 working days.",
  ],
  [
    "return",
    "The boots are too small. Can I send them back even though I wore them once in the flat?",
    "You can send the boots back within 30 days as long as they were only tried on indoors. Please use the return label in your account and put the order number in the parcel.",
  ],
  [
    "payment",
    "I was charged twice for order FW-19882. Please check, both bookings show on my card statement of 14 November.",
    "We are sorry about the double booking. Please send us a picture of both bookings, and the second amount goes back to your card within 5 working days.",
  ],
  [
    "repair",
    "A pole of my Skarv 2 tent broke on the second night. Is that a warranty case?",
    "We are sorry about the broken pole. Tents have a warranty of two years: please send a photo of the break and your order number, and we send you a new pole.",
  ],
  [
    "delivery",
    "주문한 배낭이 아직 오지 않았어요. 주문 번호는 FW-20533이고 11월 9일에 결제했습니다.",
    "불편을 드려 죄송합니다. 배송 담당 부서에서 주문 FW-20533의 위치를 확인하고 있으며, 영업일 기준 하루 안에 결과를 알려 드리겠습니다.",
  ],
  [
    "return",
    "사이즈가 맞지 않는데 교환할 수 있을까요? 택은 아직 떼지 않았습니다.",
    "택이 붙어 있는 상품은 받으신 날부터 30일 안에 교환하실 수 있습니다. 계정의 반품 라벨을 출력해 상품과 함께 보내 주세요.",
  ],
  [
    "product",
    "Which sleeping bag do you recommend for a hut tour in October at around 2 °C?",
    "For nights around 2 °C we recommend the Nordlys 300. Its comfort temperature is 0 °C, and it packs to the size of a loaf of bread.",
  ],
  [
    "voucher",
    "My code WINTER25 is not accepted at checkout. It says expired but the mail says until Sunday.",
    "The code WINTER25 is valid until Sunday for orders from 80 EUR. Please try again with at least that amount; if it still fails, send us a screenshot.",
  ],
  [
    "store",
    "Is the store in Kassel open on Saturday afternoon and can I pick up my order there?",
    "The store in Kassel is open on Saturday from 10:00 to 18:00, and you can pick up your order there as soon as you have our mail.",
  ],
  [
    "account",
    "비밀번호를 바꾸려고 하는데 메일이 오지 않습니다. 스팸함에도 없어요.",
    "등록하신 주소로 비밀번호 메일을 다시 보내 드렸습니다. 10분이 지나도 오지 않으면 주소가 맞는지 알려 주세요.",
  ],
  [
    "privacy",
    "Please delete all my data.\u200b I do not want any newsletter \u202eeroma yna\u202c.",
    "We delete your account and all data that the law does not oblige us to keep within 30 days. You will not receive the newsletter any more.",
  ],
  [
    "refund",
    "I returned the stove three weeks ago. When do I get my money back? Order FW-18760.",
    "Refunds arrive within 5 working days after the parcel has reached us. We are checking the return of order FW-18760 and will write to you today.",
  ],
];

export const NOW = Date.now();
const MIN = 60_000;

/** A small generator with a fixed seed, so that every screenshot shows the same. */
export function random(seed: number): () => number {
  let s = seed;
  return () => {
    s = (s * 1664525 + 1013904223) % 4294967296;
    return s / 4294967296;
  };
}

export function makeDraft(
  item: number,
  n: number,
  text: string,
  confidence: number,
  threshold: number,
  hint: string | null,
): Draft {
  return {
    id: item * 10 + n,
    n,
    text,
    confidence,
    route: {
      outcome: "review",
      reason: hint !== null || n > 1 ? "asked_by_person" : confidence < threshold ? "not_confident" : "brake",
      hold: null,
      level: "walk",
      audience: "internal",
      confidence,
      threshold,
    },
    modelName: "Gait Starter 8M",
    drafterVersion: 3,
    promptVersion: 2,
    promptTokens: 180 + (item % 60),
    outputTokens: 30 + (item % 40),
    ttftMs: 84 + (item % 30),
    tpotMs: 9.4 + (item % 10) / 5,
    computeMs: 412,
    stop: "end",
    hint,
    branch: null,
    labels: [],
    createdAt: NOW - 20 * MIN,
  };
}

export function makeItem(id: number, useCase: number): ItemView {
  const r = random(id * 7919);
  r();
  const [slice, ask, reply] = CASES[(id * 5) % CASES.length] ?? CASES[0]!;
  const confidence = 0.42 + 0.56 * Math.sqrt(r());
  const at = NOW - Math.round(id * 3.7 * MIN) - 2 * MIN;
  return {
    id,
    uid: `0193a6c2-${String(id).padStart(4, "0")}-7c41-9b0e-51f2ab${String(id).padStart(6, "0")}`,
    useCase,
    externalId: `T-${4000 + id}`,
    source: "sample.csv",
    audience: id % 3 === 0 ? "external" : "internal",
    slice,
    state: "drafted",
    fields: [
      { name: "message", value: ask },
      { name: "customer", value: ["Jonas Weber", "Mina Kim", "Adaeze Obi", "김서연"][id % 4] ?? "" },
    ],
    receivedAt: at,
    drafts: [makeDraft(id, 1, reply, confidence, 0.9, null)],
    draft: id * 10 + 1,
    typed: null,
    lease: null,
    heldBy: null,
    decision: null,
    history: [
      { at, actor: "", kind: "received", detail: "sample.csv" },
      { at: at + MIN, actor: "Gait Starter 8M", kind: "drafted", detail: null },
    ],
    error: null,
    audit: null,
  };
}

export const starter: Model = {
  id: 1,
  source: "starter",
  path: "/opt/gait/models/starter/gait-starter-8m-q8_0.gguf",
  facts: {
    sha256: "5f0c1e9b8f4d2b77c1a63f0c9e1d4a6b2f8e7d3c5a9b1e0f4d6c8a7b3e2f1d09",
    bytes: 9_312_448,
    name: "Gait Starter 8M",
    architecture: "llama",
    parameters: 8_214_528,
    quantisation: "Q8_0",
    context: 1024,
    vocabulary: 4096,
    chatTemplate: "{% for m in messages %}…",
    license: "Apache-2.0",
  },
  portrait: { family: "Llama", size: "tiny", precision: "fine", bitsPerWeight: 9.07, pages: 2, licence: "free" },
  memory: {
    total: 118_000_000,
    weights: 9_312_448,
    kv: 8_687_552,
    rest: 100_000_000,
    sequences: 8,
    tokens: 372,
    lengthsKnown: true,
    shapeKnown: true,
    free: 9_000_000_000,
  },
  addedAt: NOW - 86_400_000,
  origin: null,
  checked: null,
  measured: null,
  trouble: null,
  usedBy: [],
  deletable: false,
};
export const measured: Measured = {
  at: NOW - 1_800_000,
  loadMs: 410,
  promptTokens: 203,
  ttftMs: 380,
  answerTokens: 64,
  tokensPerSecond: 24.6,
  together: 8,
  togetherAnswerTokens: 61,
  togetherTokensPerSecond: 34.8,
  draftsPerMinute: 34.2,
  peakBytes: 120_000_000,
};
export const imported: Model = {
  id: 2,
  source: "imported",
  path: "/home/mina/models/qwen2.5-0.5b-instruct-q4_k_m.gguf",
  facts: {
    sha256: "a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff00",
    bytes: 397_808_192,
    name: "Qwen2.5 0.5B Instruct",
    architecture: "qwen2",
    parameters: 494_032_768,
    quantisation: "Q4_K_M",
    context: 32_768,
    vocabulary: 151_936,
    chatTemplate: null,
    license: null,
  },
  portrait: { family: "Qwen 2", size: "small", precision: "usual", bitsPerWeight: 6.44, pages: 50, licence: "unknown" },
  memory: {
    total: 576_451_392,
    weights: 397_808_192,
    kv: 78_643_200,
    rest: 100_000_000,
    sequences: 8,
    tokens: 800,
    lengthsKnown: false,
    shapeKnown: true,
    free: 9_000_000_000,
  },
  addedAt: NOW - 3_600_000,
  origin: null,
  checked: null,
  measured: null,
  trouble: null,
  usedBy: [],
  deletable: true,
};

export function sampleUseCase(): UseCase {
  return {
    id: 1,
    name: "Fernweg Outdoor: support replies",
    guidelines:
      "# What a good reply does\n\n- answers **every** question that was asked\n- states only what the policy says; promises nothing else\n- asks for the order number when it is needed and missing\n- opens with regret when something went wrong on our side\n\n## Facts\n\n- Delivery in Germany: 2 to 4 working days, 4.90 EUR, free from 60 EUR\n- Returns: 30 days, unused, with the label from the account\n- Warranty: two years; a photo and the order number are needed\n\n> Write as you would to a neighbour: short, kind, exact.\n",
    systemPrompt: "You answer customers of Fernweg Outdoor. Be brief, kind and exact.",
    template: "Customer message:\n{{ message }}\n\nReply:",
    audience: "internal",
    sampling: { temperature: 0.3, topK: 40, topP: 0.95, minP: 0.05, repeatPenalty: 1.1, maxTokens: 160 },
    output: { kind: "text" },
    model: 1,
    reasons: [
      { code: "wrong", label: "Wrong facts" },
      { code: "missing", label: "Does not answer the question" },
      { code: "tone", label: "Wrong tone" },
      { code: "policy", label: "Against the policy" },
      { code: "language", label: "Wrong language" },
    ],
    sinks: [{ kind: "outbox", path: "/home/mina/gait/outbox.jsonl", audience: null }],
    threshold: 0.9,
    checkShare: 0.1,
    level: "walk",
    modelName: "Gait Starter 8M",
    drafterVersion: 3,
    counts: {
      received: 0,
      drafting: 0,
      drafted: 0,
      inReview: 0,
      approved: 0,
      delivered: 0,
      failed: 0,
      rejected: 0,
      escalated: 0,
    },
  };
}

/** What a model might have weighed instead, by the kind of token. */
const OTHERS: [RegExp, string[]][] = [
  [/^\s*[.,;:!?]$/, [",", ".", ";", " and", "!"]],
  [/\d/, [" 3", " 10", " 14", " 7", " 2"]],
  [/[가-힣]/, [" 안내", " 확인", "드리", " 고객", "합니다"]],
  [/./s, [" we", " the", " please", " your", " will", " can"]],
];

/** Plausible tokens of a text: words in pieces, rare characters in parts, now and then a place of doubt. */
export function fakeTokens(seed: number, text: string): DraftToken[] {
  const r = random(seed * 104_729 + 1);
  r();
  const made: DraftToken[] = [];
  const push = (text: string, p: number) => {
    const others = OTHERS.find(([kind]) => kind.test(text))?.[1].filter((o) => o !== text) ?? [];
    let rest = 1 - p;
    const weighed = [{ id: made.length * 10, text, probability: p, written: true }];
    for (const other of others.slice(0, 4)) {
      weighed.push({ id: made.length * 10 + weighed.length, text: other, probability: rest * 0.55, written: false });
      rest *= 0.45;
    }
    weighed.sort((a, b) => b.probability - a.probability);
    const entropy = weighed.reduce((h, w) => h - (w.probability > 0 ? w.probability * Math.log(w.probability) : 0), 0);
    made.push({ text, probability: p, entropy, weighed });
  };
  const sure = () => (r() < 0.72 ? 0.93 + 0.07 * r() : r() < 0.6 ? 0.6 + 0.3 * r() : 0.04 + 0.55 * r());
  for (const word of text.match(/\s?[\p{L}]{1,6}|\s?\d{1,3}|\s?[^\p{L}\d\s]|\s/gu) ?? []) {
    // Syllables that a small vocabulary does not know come in parts.
    if (/^[가-힣]+$/.test(word) && word.length === 1) {
      push("", 0.99);
      push("", sure());
    }
    push(word, sure());
  }
  return made;
}
