// A running job on the Models page: what it is at, and how to stop it.
// Invariant: a job goes on while another page is shown, and is found again here.
import { newToken, type ModelProgress } from "../../api";
import { app } from "../../app.svelte";

export class Job {
  token = $state<string | null>(null);
  progress = $state.raw<ModelProgress | null>(null);

  /** Runs a job; undefined when it failed or was stopped. What went wrong goes to `failed`. */
  async run<T>(
    start: (token: string, on: (p: ModelProgress) => void) => Promise<T>,
    failed: (e: unknown) => void,
  ): Promise<T | undefined> {
    if (this.token) return undefined;
    const token = newToken();
    this.token = token;
    this.progress = null;
    try {
      return await start(token, (p) => {
        if (this.token === token) this.progress = p;
      });
    } catch (e) {
      failed(e);
      return undefined;
    } finally {
      this.token = null;
    }
  }

  stop(): void {
    if (this.token) void app.api.jobCancel(this.token).catch((e: unknown) => app.problem(e));
  }
}

/** One download at a time. */
export const hubJob = new Job();

const jobs = new Map<number, Job>();
/** The job of a model: measuring or verifying. */
export function jobOf(model: number): Job {
  let job = jobs.get(model);
  if (!job) jobs.set(model, (job = new Job()));
  return job;
}
