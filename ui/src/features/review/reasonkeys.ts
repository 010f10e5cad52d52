// The keys of a dialog that asks for reasons: digits choose them, Enter confirms. In a text field, digits are digits.
import type { RejectReason } from "../../api";
import { belongsToText, isTextField } from "../../shortcuts";
import { toggleReason } from "./lib";

/** The reasons that are chosen after this key; null where the key does nothing to them. */
export function onReasonKey(
  e: KeyboardEvent,
  reasons: RejectReason[],
  chosen: string[],
  confirm: () => void,
): string[] | null {
  if (belongsToText(e) || e.ctrlKey || e.metaKey || e.altKey) return null;
  const onButton = e.target instanceof HTMLButtonElement && !e.target.classList.contains("reason");
  if (e.key === "Enter" && !onButton) {
    e.preventDefault();
    confirm();
    return null;
  }
  if (isTextField(e.target) || !/^[1-9]$/.test(e.key)) return null;
  const reason = reasons[Number(e.key) - 1];
  if (!reason) return null;
  e.preventDefault();
  return toggleReason(chosen, reason.code, reasons);
}
