//! Every rule by its own examples.

use super::*;

#[test]
fn every_rule_drops_and_keeps_what_it_says() {
    let judge = Judge::new(Rules::built_in().unwrap()).unwrap();
    let faults = judge.check_examples().unwrap();
    assert!(faults.is_empty(), "{}\n{} faults", faults.join("\n"), faults.len());
}
