//! The thread pool.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::matrices::pool;

/// Every unit is done once.
fn check(pool: &kernels::Pool, units: usize) {
    let done: Vec<AtomicUsize> = (0..units).map(|_| AtomicUsize::new(0)).collect();
    pool.run(units, |range| {
        range.for_each(|unit| {
            done[unit].fetch_add(1, Ordering::Relaxed);
        })
    });
    assert!(done.iter().all(|done| done.load(Ordering::Relaxed) == 1), "each of {units} units once");
}

#[test]
fn every_unit_is_done_once() {
    for threads in [1, 2, 5] {
        let pool = pool(threads);
        for units in (0..70).chain([1000, 12_345]) {
            check(&pool, units);
        }
    }
}

#[test]
fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
    let pool = pool(3);
    for bad in [0, 50, 99] {
        let ran = catch_unwind(AssertUnwindSafe(|| pool.run(100, |range| assert!(!range.contains(&bad), "unit {bad}"))));
        let message = ran.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains(&format!("unit {bad}")), "the panic of the work: {message}");
        check(&pool, 100);
    }
}

#[test]
fn work_may_ask_for_work_from_inside_and_from_several_threads() {
    let pool = pool(2);
    pool.run(8, |_| check(&pool, 30));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|units| check(&pool, units)));
        }
    });
}

#[test]
fn the_limit_holds_from_the_next_region_on() {
    let pool = pool(4);
    for limit in [1, 2, 4, 3, 1] {
        pool.limit(limit);
        for _ in 0..50 {
            let threads = std::sync::Mutex::new(std::collections::HashSet::new());
            pool.run(64, |_| {
                threads.lock().unwrap().insert(std::thread::current().id());
            });
            assert!(threads.lock().unwrap().len() <= limit, "at most {limit} threads take part");
        }
    }
    pool.limit(0);
    assert_eq!(pool.active(), 1, "the caller always takes part");
    pool.limit(99);
    assert_eq!(pool.active(), 4, "no more than there are");
}
