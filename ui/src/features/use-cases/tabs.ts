// The parts of a use case's page, in the order in which a newcomer asks for them.
export const TABS = ["does", "charter", "holds", "switches", "inout", "history"] as const;
export type Tab = (typeof TABS)[number];
