// Where a notice leads, and whether it tells of a fall.
import type { Notice, NoticeKind } from "../api";
import { app } from "../app.svelte";
import type { IconName } from "../components/Icon.svelte";

export const noticeIcon: Record<NoticeKind, IconName> = {
  fell: "down",
  brake: "pause",
  audits_overdue: "hourglass",
  sink_failing: "warning",
  model_changed: "models",
  correction: "edit",
};

/** A notice with a move tells that the level fell, whatever made it fall. */
export const tellsOfFall = (n: Notice): boolean => n.kind === "fell" || n.move !== null;

/** Opens the place of a notice, and takes it as seen. */
export function openNotice(n: Notice): void {
  if (!n.seen) void app.noticeSeen(n.id);
  if (app.useCases.some((u) => u.id === n.useCase)) app.useCaseId = n.useCase;
  if (tellsOfFall(n)) {
    app.goToOverview({ part: "moves" });
    return;
  }
  switch (n.kind) {
    case "fell":
    case "brake":
    case "correction":
      app.goToOverview({ part: "audits" });
      return;
    case "audits_overdue":
      app.goTo("review", "audits");
      return;
    case "sink_failing":
      app.goTo("use-cases");
      return;
    case "model_changed":
      app.goTo("models");
  }
}
