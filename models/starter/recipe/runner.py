"""Greedy generation with llama.cpp that keeps each token's log-probability.

Invariant: prompts are cut into tokens by llama.cpp itself, from the GGUF's own tokenizer.
"""

from dataclasses import dataclass
from pathlib import Path

import llama_cpp
import numpy as np

GGUF = Path(__file__).parent.parent / "gait-starter-q8_0.gguf"


@dataclass
class Generation:
    prompt_ids: list
    ids: list  # without the stop token
    text: str
    stopped: bool  # the model ended by itself
    logprobs: list  # natural, one a generated token, the stop token included
    margins: list  # log-probability of the first choice minus the second's

    @property
    def confidence(self):
        """Geometric mean of the token probabilities."""
        return float(np.exp(np.mean(self.logprobs)))


class Runner:
    def __init__(self, path=GGUF, threads=1):
        self.llm = llama_cpp.Llama(str(path), n_ctx=1024, n_threads=threads, n_threads_batch=threads, verbose=False)
        self.stop = self.llm.token_eos()

    def greedy(self, prompt, max_tokens=256):
        llm = self.llm
        prompt_ids = llm.tokenize(prompt.encode(), add_bos=False, special=True)
        llm.reset()
        feed, ids, logprobs, margins, stopped = list(prompt_ids), [], [], [], False
        for _ in range(max_tokens):
            llm.eval(feed)
            logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(llm.ctx, -1), shape=(llm.n_vocab(),)).astype(np.float64)
            logits = logits - logits.max()
            logits -= np.log(np.exp(logits).sum())
            best = int(logits.argmax())
            logprobs.append(float(logits[best]))
            margins.append(float(logits[best] - np.partition(logits, -2)[-2]))
            if best == self.stop:
                stopped = True
                break
            ids.append(best)
            feed = [best]
        text = llm.detokenize(ids, special=True).decode(errors="replace")
        return Generation(prompt_ids, ids, text, stopped, logprobs, margins)
