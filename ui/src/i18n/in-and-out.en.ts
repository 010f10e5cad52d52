// English: where approved text goes by itself, what became of it, and the folders that requests come in by.
import type { DeliveryState } from "../api";

const n = (x: number) => x.toLocaleString("en");
const many = (x: number, one: string, more = `${one}s`) => `${n(x)} ${x === 1 ? one : more}`;

export const inAndOut = {
  folders: "Folders that requests come in by",
  foldersLead:
    "Files of these kinds are read once they have been unchanged for two seconds: CSV, JSON Lines, plain text, e-mail (.eml). They are then moved to done or rejected, with a report beside them.",
  noFolders: "No folder is watched. Requests come in by Import on the Data page.",
  folderPath: "Folder",
  field: "The text becomes the field",
  fieldHelp: "Tables need a column of this name.",
  watch: "Watch this folder",
  watched: "The folder is watched",
  leave: (path: string) => `Watch ${path} no longer`,
  left: "The folder is watched no longer. What lies there stays.",
  counts: (files: number, taken: number, known: number, rejected: number) =>
    `${many(files, "file")}: ${n(taken)} accepted, ${n(known)} known already, ${n(rejected)} rejected`,
  nothingYet: "Nothing was read yet.",
  skipped: (x: number) => `${many(x, "file")} not read`,
  sinks: "Where approved text goes",
  sinksLead: "What is set under “What it does”, and whether it arrives.",
  noSinks: "Approved text stays in Gait. Add a place under “What it does”.",
  state: (waiting: number, failing: number, dead: number) => {
    const parts = [`${n(waiting)} waiting`];
    if (failing > 0) parts.push(`${n(failing)} tried again`);
    if (dead > 0) parts.push(`${n(dead)} left to you`);
    return parts.join(" · ");
  },
  removed: "No longer a place of this use case; texts are still on their way.",
  off: (why: string) => `Turned off: ${why}. Send a test or try a text again to turn it on.`,
  test: "Send a test",
  testArrived: "The test has arrived",
  testFailed: (why: string) => `The test did not arrive: ${why}`,
  secret: "Show the secret",
  secretHelp:
    "The receiver checks the header webhook-signature with it (Standard Webhooks, HMAC-SHA256). Keep it as you would a password.",
  secretChange: "New secret",
  secretUntil: (when: string) => `Until ${when} texts are signed with the secret before, too.`,
  secretHide: "Hide",
  copy: "Copy",
  copied: "Copied",
  failing: "Texts that do not arrive",
  failingLead: "Those that are tried again by themselves, and those that are left to you.",
  nothingFails: "Every text has arrived, or is on its way.",
  again: "Try again",
  allAgain: "Try all again",
  tried: (x: number) => `${many(x, "text")} tried again`,
  item: (id: string) => `request ${id}`,
  attempts: (x: number) => many(x, "try", "tries"),
  next: (when: string) => `next try ${when}`,
  states: {
    none: "nothing to deliver",
    waiting: "waits",
    sending: "is going out",
    done: "delivered",
    failed: "tried again",
    dead: "left to you",
  } satisfies Record<DeliveryState, string>,
  deliveries: "Deliveries",
  webhookPath: "Address",
  webhookHelp: "It begins with https:// and stands on the list in Settings.",
  commandPath: "Program and arguments, one a line",
  commandHelp: "The text comes on its standard input. The program stands on the list in Settings.",
  allowed: "Where texts may go",
  allowedLead:
    "Webhooks and commands go only to what stands here. Addresses of this machine and its network are closed unless they stand here as numbers.",
  allowedWebhooks: "Beginnings of addresses, one a line",
  allowedCommands: "Programs by their full path, one a line",
  allowedSave: "Save the list",
  allowedSaved: "The list is saved",
  allowedFor: "Only an admin may change it.",
};
