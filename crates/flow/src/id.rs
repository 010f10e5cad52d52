//! Row ids as types, so that an item's id is never taken for a draft's.

macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

row_id! {
    /// A use case.
    UseCaseId,
    /// One request; in order of arrival.
    ItemId,
    /// Model output awaiting a verdict.
    DraftId,
    /// A verdict on a draft.
    DecisionId,
    /// What a person did at the desk, in order.
    ActId,
    /// A comparison of two drafts.
    PreferenceId,
    /// A second look at a decision.
    AuditId,
    /// A change of a level.
    LevelMoveId,
    /// What people are told though they did not ask.
    NoticeId,
    /// A model file that was added.
    ModelId,
    /// Model + prompt version + sampling of a use case.
    DrafterVersionId,
    /// A version of a use case's charter.
    CharterId,
    /// A version of a use case's hold rules.
    HoldRulesId,
    /// A version of a use case's calibrator.
    CalibratorId,
    /// Where approved text goes.
    SinkId,
    /// Approved text on its way to one sink.
    DeliveryId,
    /// A folder that requests come in by.
    FolderId,
}
