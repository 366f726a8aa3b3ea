//! Every rule by its own examples.

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
