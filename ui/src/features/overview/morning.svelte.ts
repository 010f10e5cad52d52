// What the page of one use case shows, each part fetched by itself, so that a slow or failing one holds no other up.
// Invariant: a part that is fetched again keeps what it showed until the new answer is there.
import type { Api, AuditsView, CharterVersion, ConfidenceView, Overview, ReviewersView, StepEvidence } from "../../api";

export class Part<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  #fetch: () => Promise<T>;
  #generation = 0;

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch;
  }
  async load(): Promise<void> {
    const generation = ++this.#generation;
    try {
      const value = await this.#fetch();
      if (generation !== this.#generation) return;
      this.value = value;
      this.error = null;
    } catch (e) {
      if (generation === this.#generation) this.error = e;
    }
  }
  /** An answer that came with another command. */
  take(value: T): void {
    this.#generation += 1;
    this.value = value;
    this.error = null;
  }
}

/** Milliseconds without a change. */
const QUIET = 800;

export class Morning {
  overview: Part<Overview>;
  evidence: Part<StepEvidence[]>;
  charter: Part<CharterVersion | null>;
  confidence: Part<ConfidenceView>;
  audits: Part<AuditsView>;
  reviewers: Part<ReviewersView>;

  constructor(api: Api, useCase: number) {
    this.overview = new Part(() => api.overview(useCase));
    this.evidence = new Part(() => api.levelEvidence(useCase));
    this.charter = new Part(() => api.charterView(useCase).then((v) => v.versions[0] ?? null));
    this.confidence = new Part(() => api.confidenceView(useCase));
    this.audits = new Part(() => api.auditsView(useCase));
    this.reviewers = new Part(() => api.reviewersView(useCase));
  }

  async load(): Promise<void> {
    clearTimeout(this.#quiet);
    await Promise.all([...this.#atOnce(), ...this.#atRest()].map((p) => p.load()));
  }
  /** After a change: what each decision moves at once, what rests on thousands of them when nothing has changed for a moment. */
  async follow(): Promise<void> {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#atRest().forEach((p) => void p.load()), QUIET);
    await Promise.all(this.#atOnce().map((p) => p.load()));
  }
  leave(): void {
    clearTimeout(this.#quiet);
  }

  #quiet: ReturnType<typeof setTimeout> | undefined;
  #atOnce(): Part<unknown>[] {
    return [this.overview, this.evidence, this.audits] as Part<unknown>[];
  }
  #atRest(): Part<unknown>[] {
    return [this.charter, this.confidence, this.reviewers] as Part<unknown>[];
  }
}
