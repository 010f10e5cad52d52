//! An office on invented drafts, with the product's own rules: evidence, gate, brake and detector are flow's.
//!
//! Invariant: where a draft goes, whether it is audited, what counts and when the level moves is said by flow alone. Invented are the drafts,
//! what reviewers notice, and how late a verdict comes.

use super::{Policy, World};
use crate::stream::Draws;
use flow::charter::{Bad, Limit, Limits, VerdictFacts};
use flow::confidence::ThresholdBy;
use flow::epoch::{Epoch, Key};
use flow::evidence::{DraftFacts, Judged, Stream};
use flow::id::{CharterId, DrafterVersionId, HoldRulesId};
use flow::model::StopReason;
use flow::review::{Found, Order, Verdict};
use flow::route::{self, Draws as GateDraws, Facts, Outcome, Stops};
use flow::seeded::Golds;
use flow::statistics::audit::{Brake, Plan};
use flow::statistics::evidence::{EProcess, delta_of_epoch};
use flow::use_case::{Audience, Level};
use flow::watch::{Told, Watch, plan};
use flow::{DraftId, ItemId, Millis};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

/// A draft, and what a reviewer would make of it.
struct Draft {
    bad: bool,
    seen: bool,
    confidence: f64,
    /// Of the slice that is worse than the others.
    worse: bool,
}

fn draft(draws: &mut Draws, world: World, rate: f64) -> Draft {
    let worse = world.worse_share > 0.0 && draws.chance(world.worse_share);
    // So that all together are bad as often as was said.
    let mean = 1.0 + world.worse_share * (world.worse_times - 1.0);
    let bad = draws.chance((if worse { rate * world.worse_times } else { rate } / mean).min(1.0));
    let told = draws.normal() + if bad { 0.0 } else { world.tells };
    Draft { bad, seen: draws.chance(world.noticed), confidence: 1.0 / (1.0 + (-told).exp()), worse }
}

fn slice(world: World, worse: bool) -> Option<String> {
    (world.worse_share > 0.0).then(|| if worse { "worse" } else { "others" }.to_owned())
}

/// The terms of a first epoch in which an office for its own people works.
pub(super) fn epoch(policy: Policy) -> Option<Epoch> {
    let limit = Limit { epsilon: policy.epsilon, delta: policy.delta };
    EProcess::of_all(policy.epsilon, delta_of_epoch(policy.delta, 1)?)?;
    Some(Epoch {
        n: 1,
        attempt: 1,
        key: Key {
            drafter_version: Some(VERSION),
            threshold: policy.threshold,
            threshold_by: ThresholdBy::Person,
            calibrator: None,
            check_share: policy.audit_share,
            hold_rules: HoldRulesId(1),
            bad: Bad::default(),
            limits: Limits { walk: limit, run: limit },
            gold_share: 0.0,
            falls: 0,
        },
        charter: CharterId(1),
        charter_n: 1,
        drafter_n: Some(1),
        hold_rules_n: 1,
        started_at: Millis(0),
        why: String::new(),
        ladders: Vec::new(),
    })
}

const VERSION: DrafterVersionId = DrafterVersionId(1);

/// Of a logarithm.
const ROUNDING: f64 = 1e-9;

/// Counted decisions until the level could be raised to walk, looked at after each; `None` where it could not within so many.
pub(super) fn raised_after(draws: &mut Draws, policy: Policy, world: World, longest: u64) -> Option<u64> {
    let epoch = epoch(policy)?;
    let [mut stream, _] = Stream::begin(&epoch)?;
    // A raise needs enough of all together and in each slice. Until these are, the whole evidence need not be asked: a stream keeps much
    // for people to look at, which takes its time.
    let process = || EProcess::of_all(policy.epsilon, delta_of_epoch(policy.delta, 1)?);
    let (mut all, mut slices) = (process()?, [process()?, process()?]);
    let mut seen = [false; 2];
    let mut untold = Vec::new();
    for at in 0..longest {
        let draft = draft(draws, world, world.bad);
        let found_bad = draft.bad && draft.seen;
        if draft.confidence >= policy.threshold {
            let slice = usize::from(draft.worse);
            all.push_verdict(found_bad);
            slices[slice].push_verdict(found_bad);
            seen[slice] = true;
        }
        untold.push((at, draft));
        let enough = |process: &EProcess| process.log_e() >= -process.delta().ln() - ROUNDING;
        if enough(&all) && slices.iter().zip(seen).all(|(process, seen)| !seen || enough(process)) {
            for (at, draft) in untold.drain(..) {
                let found_bad = draft.bad && draft.seen;
                let Ok(()) = stream.take(&epoch, &judged(at, &draft, found_bad, world), || Ok::<_, Infallible>(false));
            }
            let evidence = stream.evidence(&epoch, Millis(0), Golds::default());
            if evidence.allows() {
                return Some(evidence.all.counted);
            }
        }
    }
    None
}

fn judged(at: u64, draft: &Draft, found_bad: bool, world: World) -> Judged {
    let verdict = if found_bad { Verdict::Reject } else { Verdict::Approve };
    Judged {
        item: ItemId(i64::try_from(at).unwrap_or(i64::MAX)),
        oldest_open: None,
        audience: Audience::Internal,
        slice: slice(world, draft.worse),
        request: String::new(),
        verdict: VerdictFacts { verdict, edit_distance: 0.0 },
        corrected: 0.0,
        viewed: Duration::from_secs(60),
        at: Millis(0),
        found: Some(Found::next(Order::Oldest)),
        characters: 400,
        routed: DraftFacts {
            id: DraftId(i64::try_from(at).unwrap_or(i64::MAX)),
            drafter_version: VERSION,
            epoch_n: 1,
            confidence: draft.confidence,
            finished: true,
            held: false,
        },
        replaced: None,
    }
}

/// A verdict on its way: of the n-th draft.
struct Coming {
    of: u64,
    bad: bool,
    audit: bool,
}

/// The office at walk: what goes out alone, what is audited, the brake, the detector.
pub(super) struct Released {
    policy: Policy,
    world: World,
    limits: Limits,
    plan: Plan,
    watch: Watch,
    pub level: Level,
    coming: VecDeque<Coming>,
    /// Audits so far, of the worse slice and of the others.
    audits: [u64; 2],
    pub drafts: u64,
    pub held: u64,
    pub audited: u64,
    pub bad_out: u64,
}

impl Released {
    /// From the moment of a raise on.
    pub fn new(policy: Policy, world: World) -> Option<Self> {
        let limits = epoch(policy)?.key.limits;
        Some(Self {
            policy,
            world,
            limits,
            plan: plan(policy.epsilon, policy.audit_share),
            watch: Watch::new(Level::Walk, &limits, Brake::Off),
            level: Level::Walk,
            coming: VecDeque::new(),
            audits: [0; 2],
            drafts: 0,
            held: 0,
            audited: 0,
            bad_out: 0,
        })
    }

    /// One more draft, of which so many are bad.
    pub fn draft(&mut self, draws: &mut Draws, rate: f64) {
        let draft = draft(draws, self.world, rate);
        let facts = Facts {
            audience: Audience::Internal,
            confidence: draft.confidence,
            stop: StopReason::End,
            audits_in_slice: self.audits[usize::from(draft.worse)],
        };
        let stops = Stops { brake: self.watch.braked(self.plan), overdue: self.overdue(), ..Stops::default() };
        let draws = GateDraws { audit: draws.uniform(), overdue: draws.uniform() };
        let policy = route::Policy { level: self.level, threshold: self.policy.threshold, check_share: self.policy.audit_share };
        let route = route::gate(policy, facts, &stops, draws);
        let found_bad = draft.bad && draft.seen;
        match route.outcome {
            Outcome::Auto => {
                self.bad_out += u64::from(draft.bad);
                if route.check.is_some_and(|check| check.drawn) {
                    self.audited += 1;
                    self.audits[usize::from(draft.worse)] += 1;
                    self.coming.push_back(Coming { of: self.drafts, bad: found_bad, audit: true });
                }
            }
            Outcome::Review => {
                self.held += 1;
                self.bad_out += u64::from(draft.bad && !draft.seen);
                if route.reason.would_go_alone() {
                    self.coming.push_back(Coming { of: self.drafts, bad: found_bad, audit: false });
                }
            }
        }
        self.drafts += 1;
        self.hear();
    }

    /// What became known by now.
    fn hear(&mut self) {
        while self.coming.front().is_some_and(|first| first.of + (self.world.late as u64) < self.drafts) {
            let Some(first) = self.coming.pop_front() else { return };
            if self.level == Level::Crawl {
                continue;
            }
            self.watch.tell(self.plan, Told { bad: first.bad, read: true });
            if self.watch.detector.as_ref().is_some_and(|detector| detector.alarm_at().is_some()) {
                self.level = Level::Crawl;
            }
        }
    }

    /// Raised again, with what is on its way.
    pub fn raise_again(&mut self) {
        self.level = Level::Walk;
        self.watch = Watch::new(Level::Walk, &self.limits, Brake::Off);
    }

    fn overdue(&self) -> u64 {
        let due = (self.world.per_day * self.policy.due_hours / 24.0) as u64;
        self.coming.iter().take_while(|coming| coming.of + due < self.drafts).filter(|coming| coming.audit).count() as u64
    }
}
