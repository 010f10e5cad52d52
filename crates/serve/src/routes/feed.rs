//! What happened, after a cursor: as a list of deliveries to acknowledge, and as a stream of events.

use super::items::made_by;
use super::{Method, Parameter, Place, Route, with};
use crate::answer::{self, Response};
use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::schema;
use axum::http::{HeaderName, StatusCode};
use flow::feed::{Entry, Happened, MOST_ENTRIES, Wanted};
use flow::review::MadeBy;
use flow::token::{Access, Scope};
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};

/// Texts that are out, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
struct Deliveries {
    deliveries: Vec<DeliveryAnswer>,
    /// Give it as `after` next time, also where the list is empty.
    next: String,
    /// Whether there are more already.
    more: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DeliveryAnswer {
    /// Stable: remove repeats by it.
    id: String,
    /// Where to go on after this one.
    cursor: String,
    item: String,
    external_id: Option<String>,
    use_case: String,
    /// approve or edit.
    verdict: &'static str,
    made_by: &'static str,
    decided_by: String,
    decided_at: i64,
    /// When it reached its sink; null where the text is kept in Gait.
    delivered_at: Option<i64>,
    /// The id of the delivery whose text was wrong and that this one stands in for.
    corrects: Option<String>,
    acknowledged_at: Option<i64>,
    text: String,
}

/// Deliveries that have arrived.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arrived {
    /// Their ids, 1 to 1,000.
    ids: Vec<String>,
}

/// What the acknowledgement came to.
#[derive(Debug, Serialize, JsonSchema)]
struct AcknowledgedAnswer {
    /// Acknowledged now, durably.
    acknowledged: u64,
    /// Acknowledged before.
    before: u64,
    /// There are no deliveries of these ids.
    unknown: Vec<String>,
}

/// What happened to an item.
#[derive(Debug, Serialize, JsonSchema)]
struct EventAnswer {
    item: String,
    external_id: Option<String>,
    use_case: String,
    /// approve, edit or reject.
    verdict: &'static str,
    made_by: &'static str,
    decided_by: String,
    decided_at: i64,
    /// Of `delivered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryAnswer>,
}

fn by(entry: &Entry) -> &'static str {
    made_by(if entry.by_policy { MadeBy::Policy } else { MadeBy::Person })
}

fn delivery(entry: &Entry) -> Option<DeliveryAnswer> {
    let out = entry.delivery.as_ref()?;
    Some(DeliveryAnswer {
        id: out.uid.clone(),
        cursor: entry.cursor.clone(),
        item: entry.item.clone(),
        external_id: entry.external_id.clone(),
        use_case: entry.use_case.clone(),
        verdict: entry.verdict.as_str(),
        made_by: by(entry),
        decided_by: entry.decided_by.clone(),
        decided_at: entry.decided_at.0,
        delivered_at: out.at.map(|at| at.0),
        corrects: out.corrects.clone(),
        acknowledged_at: out.acknowledged_at.map(|at| at.0),
        text: out.text.clone(),
    })
}

/// One event, with the cursor after it as its id.
fn event(entry: &Entry) -> String {
    let about = EventAnswer {
        item: entry.item.clone(),
        external_id: entry.external_id.clone(),
        use_case: entry.use_case.clone(),
        verdict: entry.verdict.as_str(),
        made_by: by(entry),
        decided_by: entry.decided_by.clone(),
        decided_at: entry.decided_at.0,
        delivery: match entry.what {
            Happened::Delivered => delivery(entry),
            Happened::Decided | Happened::TakenBack => None,
        },
    };
    format!("id: {}\nevent: {}\n{}", entry.cursor, entry.what.as_str(), answer::data(&json!(about)))
}

const AFTER: Parameter =
    Parameter { place: Place::Query, name: "after", about: "A cursor as it was given. One that was not given by this Gait is refused." };

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route {
            method: Method::Get,
            path: "/v1/deliveries",
            scopes: &[Scope::Deliver],
            title: "List deliveries",
            about: "Approved texts that are out, oldest first: after a cursor, or from the first on.",
            parameters: &[
                AFTER,
                Parameter { place: Place::Query, name: "limit", about: "1 to 500; 100 where it is not given." },
                Parameter { place: Place::Query, name: "open", about: "true: only those that nobody has acknowledged." },
            ],
            body: None,
            answers: &[(200, "The deliveries, and where to go on.", Some(schema::of::<Deliveries>))],
            answer: |app, call| Box::pin(list(app, call)),
        },
        Route {
            method: Method::Post,
            path: "/v1/deliveries/ack",
            scopes: &[Scope::Deliver],
            title: "Acknowledge deliveries",
            about: "Keeps that they have arrived. Asked again it changes nothing.",
            parameters: &[],
            body: Some(schema::of::<Arrived>),
            answers: &[(200, "What it came to.", Some(schema::of::<AcknowledgedAnswer>))],
            answer: |app, call| Box::pin(acknowledge(app, call)),
        },
        Route {
            method: Method::Get,
            path: "/v1/events",
            scopes: &[Scope::Read],
            title: "Follow what happens",
            about: "Server-sent events: `decided`, `taken_back` (also when a correction takes a decision's place), `delivered`. After a cursor, else \
                from now on. The id of an event is the cursor after it, and the first thing that comes is an id alone: \
                `Last-Event-ID` goes on there.",
            parameters: &[AFTER, Parameter { place: Place::Header, name: "Last-Event-ID", about: "The same as `after`." }],
            body: None,
            answers: &[(200, "text/event-stream; the data of each is an event.", Some(schema::of::<EventAnswer>))],
            answer: |app, call| Box::pin(follow(app, call)),
        },
    ]
}

async fn list(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let limit = call.query.number("limit", 1..=MOST_ENTRIES, 100)?;
    let wanted = if call.query.flag("open")? { Wanted::Open } else { Wanted::Deliveries };
    let after = call.query.get("after").map(str::to_owned);
    let page = app.ask(move |desk| desk.feed(&call.access, wanted, after.as_deref(), limit)).await?;
    let deliveries = page.entries.iter().filter_map(delivery).collect();
    with(StatusCode::OK, json!(Deliveries { deliveries, next: page.next, more: page.more }))
}

async fn acknowledge(app: Arc<App>, mut call: Call) -> Result<Response, Problem> {
    let Arrived { ids } = call.json(&app).await?;
    let done = app.ask(move |desk| desk.acknowledge(&call.access, &ids)).await?;
    with(StatusCode::OK, json!(AcknowledgedAnswer { acknowledged: done.now, before: done.before, unknown: done.unknown }))
}

/// Between two signs of life.
const STILL_HERE: Duration = Duration::from_secs(15);
/// Events read at once.
const AT_ONCE: u32 = 100;

/// A stream that somebody follows.
struct Following {
    app: Arc<App>,
    access: Access,
    cursor: String,
    ready: VecDeque<String>,
    news: watch::Receiver<i64>,
    begun: bool,
    _place: OwnedSemaphorePermit,
}

async fn follow(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let header = super::one(&call.headers, &HeaderName::from_static("last-event-id"))?;
    let after = header.or(call.query.get("after")).map(str::to_owned);
    let (place, news, access) = (app.place()?, app.news(), call.access.clone());
    // A cursor that is none is refused now, with a sentence, and not in the midst of a stream.
    let cursor = app
        .ask(move |desk| match after {
            Some(after) => desk.feed(&access, Wanted::All, Some(&after), 1).map(|_| after),
            None => desk.feed_end(&access),
        })
        .await?;
    let following = Following { app, access: call.access, cursor, ready: VecDeque::new(), news, begun: false, _place: place };
    Ok(answer::events(stream::unfold(following, |mut following| async move { following.next().await.map(|event| (event, following)) })))
}

impl Following {
    /// The next event, or a sign of life; `None` ends the stream.
    async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.begun, true) {
            // With the cursor: who loses the connection before anything happened goes on from here too.
            return Some(format!("id: {}\n{}", self.cursor, answer::STILL_HERE));
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            // First what is known is taken note of: an end that comes after the look wakes who waits below.
            self.news.borrow_and_update();
            if self.app.has_ended() {
                return None;
            }
            let (access, cursor) = (self.access.clone(), self.cursor.clone());
            let page = self.app.ask(move |desk| desk.feed(&access, Wanted::All, Some(&cursor), AT_ONCE)).await;
            match page {
                Ok(page) if !page.entries.is_empty() => {
                    self.cursor = page.next;
                    self.ready = page.entries.iter().map(event).collect();
                }
                // The database does not answer at present: who follows comes again with the last id.
                Err(_) => return None,
                Ok(_) => {
                    if tokio::time::timeout(STILL_HERE, self.news.changed()).await.is_err() {
                        return Some(answer::STILL_HERE.to_owned());
                    }
                }
            }
        }
    }
}
