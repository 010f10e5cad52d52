// English: what helps beside the desk (similar items), and what can be reached by name only.
export const comfort = {
  similar: {
    tab: "Similar",
    show: "Show similar accepted items",
    takeNext: "Take over the text of a similar item",
    lead: "What people let out for requests like this one, the likest first.",
    loading: "Looking for similar items",
    noItem: "There is no item on the desk.",
    none: "Nothing like it was let out by a person yet.",
    round: "The key goes from one text to the next, and after the last one back to your own.",
    textOf: (n: number) => `Text of similar item ${n}`,
    take: "Into the editor",
    takeOf: (n: number) => `Put the text of similar item ${n} into the editor`,
    alike: (share: string) => `${share} alike`,
    verdicts: { approve: "as drafted", edit: "edited", reject: "rejected" },
    taken: (n: number, of: number) => `Text of similar item ${n} of ${of} is in the editor.`,
    own: "Your own text is in the editor again.",
    nothing: "Nothing like it was let out by a person yet.",
  },
  history: {
    show: "Show what happened to this item",
    empty: "Nothing has happened to it yet.",
    verdicts: { approve: "an approval", edit: "an approval with an edit", reject: "a rejection" },
  },
  commands: {
    textView: "Show the text",
    notices: "Show the notices",
  },
  keySheet: {
    fields: "In a text field",
    dialogs: "When a draft is rejected",
    approve: "Approve the text in the field",
    leave: "Leave the field, the text is kept",
    reasons: "Choose a reason, or take it back",
    confirm: "Confirm",
    close: "Close without doing anything",
  },
};
