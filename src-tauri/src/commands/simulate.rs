//! What a policy would do, on invented streams.

use super::aside;
use crate::dto::{Answer, CommandError, Forecast, SimulatedPolicy, SimulatedWorld};
use crate::shell::Shell;
use simulate::Streams;
use tauri::State;

/// The same numbers each time that the same is asked.
const SEED: u64 = 20_261_124;
/// More than this takes longer than a person waits.
const MOST: u32 = 2_000;

#[tauri::command]
#[specta::specta]
pub async fn simulate(shell: State<'_, Shell>, policy: SimulatedPolicy, world: SimulatedWorld, streams: u32) -> Answer<Forecast> {
    aside("simulate", &shell, move |_| {
        let streams = Streams { seed: SEED, count: u64::from(streams.clamp(10, MOST)) };
        let told = simulate::forecast(streams, policy.into(), world.into());
        let impossible = || {
            CommandError::invalid(
                "Expected shares from 0 to 100 %, ε and δ between them, an audit share of 1 % or more, and some drafts a day.",
            )
        };
        Ok(told.ok_or_else(impossible)?.into())
    })
    .await
}
