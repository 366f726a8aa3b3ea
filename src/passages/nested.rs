//! Nested families: those that say nothing another family does not say.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::{Family, Occurrence};

/// Drops every family whose occurrences all lie inside occurrences of one other family.
///
/// What it costs is the occurrences, times how many families overlap at one place.
pub(crate) fn drop_nested(families: Vec<Family>) -> Vec<Family> {
    let around = around(&families);
    let kept = families.into_iter().zip(around).filter(|(_, around)| around.is_empty());
    kept.map(|(family, _)| family).collect()
}

/// An occurrence on the way along the documents. What it lies inside comes before it; of equal ones
/// that of the family with more words, which alone can be around the other, then the first family's,
/// so that no two are each around the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stop {
    doc: u32,
    start: u32,
    end: Reverse<u32>,
    family_words: Reverse<u64>,
    family: u32,
}

/// For each family those that have an occurrence around each of its own.
fn around(families: &[Family]) -> Vec<Vec<u32>> {
    let mut around: Vec<Option<Vec<u32>>> = vec![None; families.len()];
    let mut open: Vec<Stop> = Vec::new();
    for stop in stops(families) {
        open.retain(|other| other.doc == stop.doc && other.end.0 > stop.start);
        let is_around = |other: &&Stop| other.end.0 >= stop.end.0;
        let outside = open.iter().filter(is_around).map(|other| other.family);
        match &mut around[stop.family as usize] {
            Some(known) if known.is_empty() => {}
            Some(known) => {
                let outside: Vec<u32> = outside.collect();
                known.retain(|family| outside.contains(family));
            }
            unknown => *unknown = Some(outside.collect()),
        }
        open.push(stop);
    }
    around.into_iter().map(Option::unwrap_or_default).collect()
}

/// All occurrences, along the documents.
fn stops(families: &[Family]) -> Vec<Stop> {
    let stops_of = |(family, members): (u32, &Family)| {
        let family_words = members.occurrences.iter().map(|o| u64::from(o.words())).sum();
        let stop = |&Occurrence { doc, start, end }: &Occurrence| Stop {
            doc,
            start,
            end: Reverse(end),
            family_words: Reverse(family_words),
            family,
        };
        members.occurrences.iter().map(stop).collect::<Vec<_>>()
    };
    let mut stops: Vec<Stop> = (0..).zip(families).flat_map(stops_of).collect();
    stops.par_sort_unstable();
    stops
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(occurrences: &[(u32, u32, u32)]) -> Family {
        let occurrence = |&(doc, start, end): &_| Occurrence { doc, start, end };
        let occurrences: Vec<_> = occurrences.iter().map(occurrence).collect();
        Family { passage: occurrences[0], occurrences }
    }

    #[test]
    fn a_family_inside_another_goes() {
        let outer = family(&[(0, 0, 20), (1, 0, 20), (2, 5, 15)]);
        let inner = family(&[(0, 3, 13), (2, 5, 15)]);
        let further = family(&[(0, 3, 13), (3, 5, 15)]);
        let left = drop_nested(vec![inner, outer.clone(), further.clone()]);
        assert_eq!(left, [outer, further]);
    }

    #[test]
    fn of_equal_families_one_stays() {
        let both = family(&[(0, 3, 13), (2, 5, 15)]);
        assert_eq!(drop_nested(vec![both.clone(), both.clone()]), [both]);
    }

    #[test]
    fn two_families_must_not_share_the_cover() {
        let split = [family(&[(0, 0, 20), (1, 0, 20)]), family(&[(2, 0, 20), (3, 0, 20)])];
        let inner = family(&[(0, 3, 13), (2, 5, 15)]);
        assert_eq!(drop_nested([&split[..], &[inner]].concat()).len(), 3);
    }
}
