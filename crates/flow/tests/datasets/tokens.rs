//! How long texts are, as the model of the use case reads them.

use crate::{ALL, lines, office, plain};
use flow::dataset::{Cleaning, Format, Length, Selection, Tokens};

#[test]
fn a_version_is_counted_by_the_tokenizer_of_its_model_and_says_so() {
    let o = office();
    for item in o.take(3, 0.9) {
        o.approve(item);
    }
    let made = o.make("one");
    let statistics = &made.manifest.statistics;
    assert_eq!(statistics.unit, "tokens");
    assert_eq!((statistics.text.min, statistics.text.max), (10, 10), "Re: My number 0 of the billing desk is a");
    let Tokens::Model { name, sha256 } = &made.manifest.about.tokens else { panic!("{:?}", made.manifest.about.tokens) };
    assert_eq!((name.as_str(), sha256.len()), ("Scripted", 64));
    assert_eq!(made.manifest.notes.iter().filter(|note| note.code == "no_tokens").count(), 0);
    let facets = o.desk.dataset_facets(o.case).unwrap().model.unwrap();
    assert_eq!((facets.name.as_str(), facets.context), ("Scripted", 1024));
}

#[test]
fn what_the_model_cannot_read_is_left_out_also_what_its_template_adds() {
    let o = office();
    let items = o.take(3, 0.9);
    for item in &items {
        o.edit(*item);
    }
    let plan = o.desk.first_plan(o.case, ALL.to_vec()).unwrap();
    assert_eq!(plan.recipe.cleaning.too_long, Some(Length { tokens: 1024, per_message: 0 }), "its context");
    let most = o.make("one").manifest.statistics;
    let whole = usize::try_from(most.prompt.max + most.text.max).unwrap();
    let made_with = |name: &str, tokens: usize| {
        let mut plan = plain(&[Format::Sft], o.case);
        plan.recipe.cleaning = Cleaning { too_long: Some(Length { tokens, per_message: 0 }), ..Cleaning::default() };
        o.make_by(name, &Selection::default(), &plan).unwrap()
    };
    // Two for each of system, request and answer.
    let fits = made_with("fits", whole + 3 * 2);
    assert_eq!((fits.manifest.kept, fits.recipe.recipe.cleaning.too_long.unwrap().per_message), (3, 2));
    let short = made_with("short", whole + 3 * 2 - 1);
    let left = short.manifest.steps.iter().find(|step| step.step == "too_long").unwrap().left_out;
    assert_eq!(left, 3, "one token less is too few");
    let (_, same) = o.write_again(2, "again");
    assert!(same, "counted once more, it is the same");
}

#[test]
fn without_the_model_s_file_nothing_is_counted_and_it_is_said_plainly() {
    let o = office();
    for item in o.take(3, 0.9) {
        o.approve(item);
    }
    let mut plan = plain(&[Format::Sft], o.case);
    plan.recipe.cleaning.too_long = Some(Length { tokens: 1, per_message: 0 });
    let file = o.desk.models().unwrap()[0].path.clone();
    let content = std::fs::read(&file).unwrap();
    let note = |name: &str| {
        let made = o.make_by(name, &Selection::default(), &plan).unwrap();
        assert_eq!((made.manifest.kept, made.manifest.statistics.unit.as_str()), (3, "characters"));
        made.manifest.notes.iter().find(|note| note.code == "no_tokens").unwrap().text.clone()
    };
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        note("gone"),
        "The file of the model Scripted is not there. Lengths are counted in characters, and nothing is left out as too long for the model."
    );
    std::fs::write(&file, "another").unwrap();
    assert!(note("other").starts_with("The file of the model Scripted is another one than it was."));
    std::fs::write(&file, content).unwrap();
    let (_, same) = o.write_again(1, "again");
    assert!(same, "a version that nobody counted is written again as it was");

    // The other way round: counted, and the file is gone since.
    let counted = o.make("counted");
    std::fs::remove_file(&file).unwrap();
    assert!(o.write_again(counted.n, "counted-again").1, "nothing was too long, so the rows are the same");
    let card = std::fs::read_to_string(o.path("counted-again").join("README.md")).unwrap();
    assert!(card.contains("The file of the model Scripted is not there."), "{card}");
    assert_eq!(lines(&o.path("counted-again").join("lineage.jsonl")).len(), 3);
}
