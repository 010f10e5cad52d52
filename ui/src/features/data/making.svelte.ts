// A version that is being written, of each use case. Invariant: it goes on while another page is shown, and is found again here.
import { newToken, type DatasetProgress } from "../../api";
import { app } from "../../app.svelte";

export class Making {
  token = $state<string | null>(null);
  progress = $state.raw<DatasetProgress | null>(null);

  /** Runs it; undefined when it failed or was stopped, which is told. */
  async run<T>(start: (token: string, on: (p: DatasetProgress) => void) => Promise<T>): Promise<T | undefined> {
    if (this.token) return undefined;
    const token = newToken();
    this.token = token;
    this.progress = null;
    try {
      return await start(token, (p) => {
        if (this.token === token) this.progress = p;
      });
    } catch (e) {
      app.problem(e);
      return undefined;
    } finally {
      this.token = null;
    }
  }

  stop(): void {
    if (this.token) void app.api.jobCancel(this.token).catch((e: unknown) => app.problem(e));
  }
}

const all = new Map<number, Making>();
export function makingOf(useCase: number): Making {
  let making = all.get(useCase);
  if (!making) all.set(useCase, (making = new Making()));
  return making;
}
