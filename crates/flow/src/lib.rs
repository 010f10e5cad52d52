//! The product without a window: requests come in, a model drafts, people decide, approved text goes out, and every
//! decision is kept. The modules stand in the order in which an item meets them, one invariant a stage:
//!
//! 1. [`intake`] takes a request once, or says why not; [`folder`] looks for files of them. *What is malformed never stops the rest of the file.*
//! 2. [`draft`] renders the prompt and keeps what the model wrote. *A draft never changes.*
//! 3. [`route`] decides who is next, purely, by level, [`hold`] rules and the switches of the [`gate`]. *Nothing goes out
//!    alone that the level does not allow.*
//! 4. [`review`] lends an item to one person and takes the decision. *Two people never decide the same item.*
//! 5. [`deliver`] hands approved text to its [`sinks`], where [`allowed`] says so by a [`carrier`]. *Nothing is delivered without a standing
//!    decision.*
//! 6. [`feedback`] measures what a decision teaches, [`dataset`] freezes it as versions for trainers. *Decisions taken back never appear in a
//!    later one.*
//! 7. [`audit`] is the second look at what went out alone, [`correction`] the text that follows a wrong one. *Drawn before it left, judged
//!    once, blind.*
//! 8. [`evidence`] says which decisions count for a level, [`watch`] and [`falls`] whether it got worse, [`automation`] moves levels,
//!    [`notice`] tells people of it, [`report`] what a move rested on, [`metrics`] counts, [`replay`] asks what would have been. *Only a person raises a level.*
//!
//! Other programs of this machine take part too: [`token`] says who may, [`submit`] takes their requests, [`feed`] tells them what became of
//! those. *Their words are checked here, whoever carries them.*
//!
//! How sure one may be of a draft is its [`confidence`]. What a use case is for, and what counts as bad there, is its [`charter`]; an [`epoch`] is a stretch of time in which nothing
//! changed that evidence rests on.
//!
//! Under them: [`desk`] (the one way to the database), [`backup`] (copies of it to go back to), [`worker`] (one step of background work), [`model`] (what is asked
//! of a language model), [`statistics`] (the mathematics of a level, without any of the others), `storage` (the only module that names SQLite).

pub mod activity;
pub mod allowed;
pub mod audit;
pub mod automation;
pub mod backup;
pub mod carrier;
pub mod changes;
pub mod charter;
pub mod clock;
pub mod confidence;
pub mod correction;
pub mod cost;
pub mod dataset;
pub mod deliver;
pub mod desk;
pub mod doctor;
pub mod draft;
pub mod epoch;
pub mod error;
pub mod evidence;
pub mod falls;
pub mod feed;
pub mod feedback;
pub mod files;
pub mod folder;
pub mod gate;
pub mod hold;
pub mod id;
pub mod intake;
pub mod item;
pub mod keys;
pub mod library;
pub mod local_api;
pub mod machine;
pub mod metrics;
pub mod model;
pub mod notice;
pub mod output;
mod re_review;
pub mod replay;
pub mod report;
pub mod review;
pub mod reviewers;
pub mod route;
pub mod sample;
pub mod seeded;
pub mod settings;
pub mod similar;
pub mod sinks;
pub mod statistics;
mod storage;
pub mod submit;
pub mod testing;
pub mod token;
pub mod use_case;
pub mod watch;
pub mod worker;

pub use changes::Changes;
pub use clock::{Clock, Millis};
pub use desk::Desk;
pub use error::{Error, Result};
pub use id::{
    ActId, AuditId, DecisionId, DeliveryId, DraftId, FolderId, ItemId, LevelMoveId, ModelId, NoticeId, PreferenceId, SinkId, UseCaseId,
};
pub use settings::{Person, PersonRole};
