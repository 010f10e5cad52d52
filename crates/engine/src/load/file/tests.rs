use super::*;
use crate::load::gguf::Header;
use crate::load::gguf::hand::Hand;
use tempfile::TempDir;

/// A shard of a model with one tensor in each: `a` in the first, `b` in the second …
fn shard(index: u16, count: u16, name: &str) -> Vec<u8> {
    let number = |hand: Hand, key: &str, value: u32| hand.text(key).u32(4).u32(value);
    let mut hand = Hand::new(1, if index == 0 { 5 } else { 3 });
    if index == 0 {
        hand = hand.text("general.architecture").u32(8).text("llama").text("general.name").u32(8).text(name);
    }
    hand = number(hand, "split.no", index.into());
    hand = number(hand, "split.count", count.into());
    hand = number(hand, "split.tensors.count", count.into());
    let letter = char::from(b'a' + u8::try_from(index).unwrap());
    let mut bytes = hand.tensor(&letter.to_string(), &[8], 0, 0).zeros(0);
    bytes.resize(bytes.len().div_ceil(32) * 32, 0);
    bytes.extend([index as u8 + 1; 32]);
    bytes
}

fn path(folder: &TempDir, number: u32) -> PathBuf {
    folder.path().join(format!("model-{number:05}-of-00003.gguf"))
}

/// A folder with a model in three parts.
fn three() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..3 {
        std::fs::write(path(&folder, u32::from(index) + 1), shard(index, 3, "Small")).unwrap();
    }
    folder
}

fn header(path: &Path) -> Result<Header, Refusal> {
    Header::of(&open(path)?.0)
}

fn check_refused(path: &Path, expected: &str) {
    match header(path) {
        Err(Refusal::Unusable(reason)) => assert!(reason.contains(expected), "{reason:?} where {expected:?} was expected"),
        other => panic!("{other:?} where {expected:?} was expected"),
    }
}

#[test]
fn any_part_of_a_split_model_stands_for_all() {
    let folder = three();
    for number in 1..=3 {
        let (files, stamp) = open(&path(&folder, number)).unwrap();
        let header = Header::of(&files).unwrap();
        assert_eq!(header.text("general.name"), Some("Small"), "the metadata are those of the first part");
        assert_eq!(stamp.bytes, files.all().iter().map(|shard| shard.bytes).sum::<u64>());
        assert_eq!(stamp, Stamp::at(&path(&folder, number)).unwrap());
        let cancel = Cancel::default();
        for (index, tensor) in header.tensors.iter().enumerate() {
            let (shard, range) = header.place(tensor);
            assert_eq!(shard, index);
            let bytes = std::fs::read(path(&folder, u32::try_from(index).unwrap() + 1)).unwrap();
            let place = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            assert_eq!(bytes[place], [u8::try_from(index).unwrap() + 1; 32]);
            let mut row = files.reader(&cancel);
            row.seek(SeekFrom::Start(header.offset_in_row(tensor))).unwrap();
            let mut found = [0; 32];
            row.read_exact(&mut found).unwrap();
            assert_eq!(found, [u8::try_from(index).unwrap() + 1; 32], "the same bytes in a row");
        }
    }
}

#[test]
fn the_hash_of_a_split_model_is_that_of_all_its_bytes_in_order() {
    let folder = three();
    let all: Vec<u8> = (1..=3).flat_map(|number| std::fs::read(path(&folder, number)).unwrap()).collect();
    let cancel = Cancel::default();
    let found = hash(open(&path(&folder, 2)).unwrap().0.reader(&cancel), &cancel).unwrap();
    assert_eq!(found, hex(&Sha256::digest(&all)));
    cancel.cancel();
    assert!(matches!(hash(open(&path(&folder, 2)).unwrap().0.reader(&cancel), &cancel), Err(Refusal::Cancelled)));
}

#[test]
fn parts_that_are_missing_or_mixed_are_named() {
    let folder = three();
    std::fs::remove_file(path(&folder, 2)).unwrap();
    check_refused(&path(&folder, 1), "its part model-00002-of-00003.gguf is missing");
    assert!(matches!(open(&path(&folder, 2)), Err(Refusal::Missing)), "the file that was asked for itself");

    let swap = |index: u16, bytes: Vec<u8>, expected: &str| {
        let folder = three();
        std::fs::write(path(&folder, u32::from(index) + 1), bytes).unwrap();
        check_refused(&path(&folder, 1), expected);
    };
    swap(1, shard(2, 3, ""), "part model-00002-of-00003.gguf: it is part 3 by its content and 2 by its name");
    swap(1, shard(1, 4, ""), "belongs to a model of 4 parts, not 3");
    swap(1, Hand::new(1, 0).tensor("b", &[8], 0, 0).zeros(128), "it is not split, though its name says so");
    swap(1, b"nothing of the kind".to_vec(), "part model-00002-of-00003.gguf: it is a text file");
    let number = |hand: Hand, key: &str, value: u32| hand.text(key).u32(4).u32(value);
    let split = |count: u32| number(number(number(Hand::new(1, 3), "split.no", 1), "split.count", 3), "split.tensors.count", count);
    swap(1, split(3).tensor("a", &[8], 0, 0).zeros(128), "the tensor a is also in a part before it");
    swap(1, split(7).tensor("b", &[8], 0, 0).zeros(128), "another model than the first part: split.tensors.count differs");
    let other = number(number(Hand::new(1, 3), "split.no", 1), "split.count", 3).text("general.architecture").u32(8).text("qwen2");
    swap(1, other.tensor("b", &[8], 0, 0).zeros(128), "general.architecture differs");
}

#[test]
fn names_say_which_part_a_file_is() {
    assert_eq!(shard_name("a-b-00001-of-00003.gguf"), Some(("a-b", 1, 3)));
    for other in ["a.gguf", "a-1-of-3.gguf", "a-00001-of-00003.bin", "00001-of-00003.gguf", "a-0000x-of-00003.gguf"] {
        assert_eq!(shard_name(other), None, "{other}");
    }
    let name = |name: &str| siblings(&Path::new("/models").join(name)).map(|all| all.len());
    assert!(matches!(name("a-00001-of-00001.gguf"), Ok(1)));
    assert!(matches!(name("a-00004-of-00003.gguf"), Err(Refusal::Unusable(_))));
    assert!(matches!(name("a-00000-of-00003.gguf"), Err(Refusal::Unusable(_))));
    assert!(matches!(name("a-00001-of-99999.gguf"), Err(Refusal::Unusable(_))));
}

#[test]
fn a_single_part_under_another_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, shard(0, 3, "Small")).unwrap();
    check_refused(&path, "one of 3 parts");
}

#[test]
fn h8_only_regular_files_that_are_models_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    check_refused(folder.path(), "it is a folder");
    check_refused(&put("empty.gguf", b""), "it is empty");
    check_refused(&put("web.gguf", b"<!DOCTYPE html><html>"), "a web page");
    check_refused(&put("pickle.gguf", b"\x80\x04\x95abc"), "a Python pickle");
    check_refused(&put("torch.gguf", b"PK\x03\x04abc"), "a zip archive");
    check_refused(&put("safe.gguf", b"\xff\xff\xff\xff\0\0\0\0{\"a\":1}"), "a safetensors file");
    check_refused(&put("lfs.gguf", b"version https://git-lfs.github.com/spec/v1"), "Git LFS pointer");
    check_refused(&put("big.gguf", b"FUGG\0\0\0\x03"), "big-endian");
    assert!(matches!(open(&folder.path().join("none.gguf")), Err(Refusal::Missing)));
    assert!(matches!(open(&put("file.gguf", b"GGUF").join("below.gguf")), Err(Refusal::Missing)));
}

#[cfg(unix)]
#[test]
fn h8_links_are_followed_to_files_and_pipes_do_not_block() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("file.gguf"), Hand::new(1, 0).tensor("a", &[8], 0, 0).zeros(128)).unwrap();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(at(to), at(name)).unwrap();
    link("file.gguf", "link.gguf");
    assert!(header(&at("link.gguf")).is_ok(), "download tools keep models behind links");
    link(".", "folder.gguf");
    check_refused(&at("folder.gguf"), "it is a folder");
    link("nowhere", "dangling.gguf");
    assert!(matches!(open(&at("dangling.gguf")), Err(Refusal::Missing)));
    link("loop.gguf", "loop.gguf");
    assert!(matches!(open(&at("loop.gguf")), Err(Refusal::Unusable(_))));
    let made = std::process::Command::new("mkfifo").arg(at("pipe.gguf")).status();
    if made.is_ok_and(|status| status.success()) {
        check_refused(&at("pipe.gguf"), "a device or a pipe");
        link("pipe.gguf", "link-to-pipe.gguf");
        check_refused(&at("link-to-pipe.gguf"), "a device or a pipe");
    }
    check_refused(Path::new("/dev/null"), "a device or a pipe");
}
