// Sinks, deliveries that fail and watched folders of the in-memory backend, as the shell answers them.
import type { Allowed, DeliveryRow, SinkSecret, SinkState, UseCase, WatchedFolder } from "../src/api";
import { NOW } from "./sample";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export class FakeSinks {
  #allowed: Allowed = { webhooks: ["https://desk.example.org/hooks/"], commands: ["/usr/local/bin/send"] };
  #failing: DeliveryRow[] = [];
  #folders: WatchedFolder[] = [];
  #secret: SinkSecret = { secret: SECRET, beforeUntil: null };
  #off: string | null = null;
  readonly #useCases: () => UseCase[];

  constructor(useCases: () => UseCase[]) {
    this.#useCases = useCases;
  }

  /** A morning on which something went wrong. */
  fill(): void {
    const first = this.#useCases()[0];
    if (first)
      first.sinks = [
        ...first.sinks,
        { kind: "webhook", path: "https://desk.example.org/hooks/gait", audience: "external" },
      ];
    const row = (id: number, more: Partial<DeliveryRow>): DeliveryRow => ({
      id,
      uid: `msg_${id}`,
      item: id,
      itemUid: `0198a4c0-0000-7000-8000-00000000000${id}`,
      externalId: `FW-${1040 + id}`,
      to: "https://desk.example.org",
      state: "failed",
      attempts: 3,
      lastError: "the receiver answers 503: it is down",
      nextAt: NOW + 600_000,
      doneAt: null,
      ...more,
    });
    this.#failing = [
      row(1, {
        state: "dead",
        attempts: 1,
        nextAt: null,
        lastError: "the receiver answers 400: it does not take the text as it is",
      }),
      row(2, {}),
    ];
    this.#folders = [
      {
        id: 1,
        path: "/home/ada/requests",
        field: "message",
        trouble: null,
        files: 128,
        taken: 311,
        known: 12,
        rejected: 2,
        last: NOW - 90_000,
        skipped: [
          { name: "old.csv", why: "it is a link" },
          { name: "a\\u{202e}vsc.exe", why: "files of this ending are not read" },
        ],
        skippedTotal: 2,
      },
    ];
  }

  #states(useCase: number): SinkState[] {
    const sinks = this.#useCases().find((u) => u.id === useCase)?.sinks ?? [];
    return sinks.map((sink, i) => ({
      id: i + 1,
      sink,
      off: sink.kind === "webhook" ? this.#off : null,
      isRemoved: false,
      waiting: 0,
      failing: sink.kind === "webhook" ? this.#failing.filter((row) => row.state === "failed").length : 0,
      dead: sink.kind === "webhook" ? this.#failing.filter((row) => row.state === "dead").length : 0,
    }));
  }

  commands: Record<string, (a: never) => unknown> = {
    sinks_view: (a: { useCase: number }) => ({ sinks: this.#states(a.useCase), failing: this.#failing }),
    sink_test: () => ({ fault: null }),
    sink_secret: () => this.#secret,
    sink_secret_change: () =>
      (this.#secret = { secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", beforeUntil: NOW + 86_400_000 }),
    deliveries_retry: (a: { ids: number[] }) => {
      this.#failing = this.#failing.filter((row) => !a.ids.includes(row.id));
      return null;
    },
    item_deliveries: (a: { item: number }) => this.#failing.filter((row) => row.item === a.item),
    allowed_view: () => this.#allowed,
    allowed_save: (a: { allowed: Allowed }) => (this.#allowed = a.allowed),
    folders_view: (a: { useCase: number }) => (a.useCase === 1 ? this.#folders : []),
    folder_watch: (a: { path: string; field: string }) => {
      const id = this.#folders.length + 1;
      const zero = { files: 0, taken: 0, known: 0, rejected: 0, skippedTotal: 0 };
      this.#folders = [
        ...this.#folders,
        { ...zero, id, path: a.path, field: a.field, trouble: null, last: null, skipped: [] },
      ];
      return null;
    },
    folder_leave: (a: { id: number }) => {
      this.#folders = this.#folders.filter((folder) => folder.id !== a.id);
      return null;
    },
  };
}
