//! The page's types are those of the commands.

use std::path::Path;

#[test]
fn the_bindings_of_the_page_are_current() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bindings.ts");
    gait_app::bindings().export(specta_typescript::Typescript::default(), &file).unwrap();
    let generated = std::fs::read_to_string(&file).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/generated/bindings.ts");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == generated,
        "ui/src/generated/bindings.ts is not what the commands say. Write it anew:\n  UPDATE_BINDINGS=1 cargo test -p gait-app bindings"
    );
}
