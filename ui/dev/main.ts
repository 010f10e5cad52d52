// The window on the in-memory backend. What it starts with is asked for in the address:
// `?filled&several&fallen&ko&dark&trouble&reviewer&drafting&hub&paused&items=2000&delay=10`.
import { mockIPC } from "@tauri-apps/api/mocks";
import { FakeBackend } from "./fake-backend";

const ask = new URLSearchParams(location.search);
const backend = new FakeBackend({
  filled: ask.has("filled"),
  several: ask.has("several"),
  fallen: ask.has("fallen"),
  drafting: ask.has("drafting"),
  paused: ask.has("paused"),
  ...(ask.has("items") ? { items: Number(ask.get("items")) } : {}),
  ...(ask.has("delay") ? { delay: Number(ask.get("delay")) } : {}),
  trouble: ask.has("trouble")
    ? {
        what: "disk_full",
        message:
          "The last 3 drafts could not be stored. Nothing that was acknowledged is lost. Free some space; Gait goes on by itself.",
      }
    : null,
  settings: {
    locale: ask.has("ko") ? "ko" : "en",
    theme: ask.has("dark") ? "dark" : "light",
    role: ask.has("reviewer") ? "reviewer" : "admin",
    hub: { on: ask.has("hub"), address: "https://hub.example" },
  },
});
Object.assign(window, { backend });
mockIPC((command, args) => backend.invoke(command, args));
await import("../src/main");
