//! What a regular expression cannot match without: literals that must stand in the text.
//!
//! Rules hold dozens of expressions and almost no line can match any of them. One automaton over
//! these literals tells which are worth trying.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// Sets larger than this, and literals shorter than two letters, tell too little.
const MOST: usize = 100;

/// Literals in lower case of which at least one stands in every match. None where the expression
/// does not tell.
pub(super) fn required(regex: &str) -> Option<Vec<String>> {
    let hir = ParserBuilder::new().build().parse(regex).ok()?;
    let set = of(&hir)?;
    let lower = |bytes: Vec<u8>| String::from_utf8(bytes).ok().map(|s| s.to_lowercase());
    let mut literals: Vec<String> = set.into_iter().map(lower).collect::<Option<_>>()?;
    literals.sort();
    literals.dedup();
    Some(literals)
}

fn of(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.len() >= 2 => Some(vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Concat(parts) => {
            // The part whose shortest literal is longest tells most.
            let told = parts.iter().filter_map(of);
            told.max_by_key(|set| {
                (set.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(set.len()))
            })
        }
        HirKind::Alternation(parts) => {
            let sets: Vec<_> = parts.iter().map(of).collect::<Option<_>>()?;
            let all: Vec<_> = sets.into_iter().flatten().collect();
            (all.len() <= MOST).then_some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_match_holds_one_of_the_literals() {
        let told = |regex| required(regex).map(|set| set.join(" "));
        assert_eq!(told(r"\w+ Created (?:with|by) Sketch\.").as_deref(), Some(" created "));
        assert_eq!(told(r"(?:share|tweet)(?: this)?").as_deref(), Some("share tweet"));
        assert_eq!(told(r"\d+|page"), None);
        assert_eq!(told(r"(?:foo)*"), None);
        assert_eq!(told(r"(?:Фото){1,2}: \w").as_deref(), Some("фото"));
    }
}
