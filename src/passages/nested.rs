//! Nested families: those that say nothing another family does not say.

use super::inside::{Pairs, Stops};
use super::listing::Families;
use super::{Family, Occurrence};
use crate::error::Result;
use crate::spill::Scratch;

/// Drops every family whose occurrences all lie inside occurrences of one other family.
///
/// What it costs is the occurrences, times how many families overlap at one place.
pub(crate) fn drop_nested(families: &Families, scratch: &Scratch) -> Result<Families> {
    let third = scratch.share(1, 3);
    let stops = Stops::within(&third);
    // Of two that are each around the other one must stay. What is around has at least as many words.
    let words = |all: &[Occurrence]| all.iter().fold(0_u32, |sum, o| sum.saturating_add(o.words()));
    stops.add(families, u64::from, words)?;
    let mut pairs = Pairs::within(&third);
    stops.sweep(|inner, outer| pairs.push(inner as u32, outer as u32))?;
    let mut around = pairs.sorted()?;
    let mut kept = Families::within(&third);
    for (number, family) in (0..).zip(families.iter()) {
        let family: Family = family?;
        let all = family.occurrences.len();
        if !around.of(number)?.iter().any(|&(_, count)| count == all) {
            kept.push(&family)?;
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(occurrences: &[(u32, u32, u32)]) -> Family {
        let occurrence = |&(doc, start, end): &_| Occurrence { doc, start, end };
        let occurrences: Vec<_> = occurrences.iter().map(occurrence).collect();
        Family { passage: occurrences[0], occurrences }
    }

    fn left_of(families: &[&Family]) -> Vec<Family> {
        let mut all = Families::within(&Scratch::unlimited());
        for family in families {
            all.push(family).unwrap();
        }
        let left = drop_nested(&all, &Scratch::unlimited()).unwrap();
        left.iter().map(Result::unwrap).collect()
    }

    #[test]
    fn a_family_inside_another_goes() {
        let outer = family(&[(0, 0, 20), (1, 0, 20), (2, 5, 15)]);
        let inner = family(&[(0, 3, 13), (2, 5, 15)]);
        let further = family(&[(0, 3, 13), (3, 5, 15)]);
        assert_eq!(left_of(&[&inner, &outer, &further]), [outer, further]);
    }

    #[test]
    fn of_equal_families_one_stays() {
        let both = family(&[(0, 3, 13), (2, 5, 15)]);
        assert_eq!(left_of(&[&both, &both]), [both]);
    }

    #[test]
    fn two_families_must_not_share_the_cover() {
        let one = family(&[(0, 0, 20), (1, 0, 20)]);
        let other = family(&[(2, 0, 20), (3, 0, 20)]);
        let inner = family(&[(0, 3, 13), (2, 5, 15)]);
        assert_eq!(left_of(&[&one, &other, &inner]).len(), 3);
    }
}
