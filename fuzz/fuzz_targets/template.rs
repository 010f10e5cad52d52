#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| {
    let _ = foreign::template(source);
});
