//! Every rule by its own examples, and what of a document is asked of the model.

use super::*;

#[test]
fn every_rule_drops_and_keeps_what_it_says() {
    let judge = Judge::new(Rules::built_in().unwrap()).unwrap();
    let faults = judge.check_examples(|_| true).unwrap();
    assert!(faults.is_empty(), "{}\n{} faults", faults.join("\n"), faults.len());
}

#[test]
fn every_phrase_is_in_matching_form_and_every_expression_compiles() {
    for rule in Rules::built_in().unwrap().all() {
        rules::check_form(rule).unwrap_or_else(|e| panic!("{}: {e}", rule.id));
    }
}

#[test]
fn the_model_is_asked_where_something_is_left_open() {
    let lines = [
        "The harbour board said on Tuesday that the old crane would be sold, and that its keeper had \
         asked for more time to find another place for the gulls.",
        "He told the board twice that nobody had counted them since the flood, and that the crane was \
         the last thing on the quay that stood where it had always stood.",
        "You will find the crane where the ferry lands, and there you can look at it from the bridge \
         for as long as you like, whatever the weather is on the day.",
        "The crane was sold.",
        "A buyer from the other side of the river came on Friday with two barges and said that he had \
         waited for eleven years to take it apart by himself.",
        "Cranes",
    ];
    let document = Document { text: lines.join("\n"), ..Document::default() };
    let judge = Judge::new(Rules::built_in().unwrap()).unwrap();
    let lines = Lines::of(&document.text);
    let page = judge.look(&document, &lines, &Templates::default()).unwrap();
    // The fifth tells of others, too, but stands alone; the third speaks to the reader.
    assert_eq!(page.open().collect::<Vec<_>>(), [2, 3, 4, 5]);
}
