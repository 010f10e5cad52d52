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
    const parts = [this.overview, this.evidence, this.charter, this.confidence, this.audits, this.reviewers];
    await Promise.all(parts.map((p) => p.load()));
  }
}
