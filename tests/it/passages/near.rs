//! The laws of near matches.

use std::collections::HashSet;

use super::*;
use unchaff::passages::LEAST_SIMILARITY;

fn near(corpus: &Corpus, fuzzy: Fuzzy) -> Vec<Family> {
    families_of(corpus, &Options { fuzzy, ..OPTIONS })
}

/// With the least length of the command line.
fn near_at_eight(corpus: &Corpus, fuzzy: Fuzzy) -> Vec<Family> {
    families_of(corpus, &Options { min_words: 8, fuzzy })
}

fn similarity(a: &[u64], b: &[u64]) -> f64 {
    let mut before = vec![0; b.len() + 1];
    for x in a {
        let mut here = vec![0; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            here[j + 1] = if x == y { before[j] + 1 } else { before[j + 1].max(here[j]) };
        }
        before = here;
    }
    f64::from(2 * before[b.len()]) / (a.len() + b.len()) as f64
}

/// Whether half of the windows of a piece are in the whole.
fn is_piece(piece: &[u64], whole: &[u64]) -> bool {
    let seed = MIN_WORDS as usize;
    let known: HashSet<&[u64]> = whole.windows(seed).collect();
    let windows: Vec<&[u64]> = piece.windows(seed).collect();
    2 * windows.iter().filter(|&window| known.contains(window)).count() >= windows.len()
}

/// Nothing is lost, occurrences are apart, and near families do not drift.
fn assert_near(corpus: &Corpus, fuzzy: Fuzzy) {
    let exact: Vec<Family> = families(corpus);
    let found = near(corpus, fuzzy);
    assert_complete(corpus, &found);
    for family in &found {
        let all = &family.occurrences;
        let outlet = |o: &Occurrence| corpus[o.doc as usize].0;
        assert!(all.iter().any(|o| outlet(o) != outlet(&all[0])), "one outlet: {family:?}");
        assert!(all.windows(2).all(|w| w[0].doc < w[1].doc || w[0].end <= w[1].start));
        if exact.contains(family) {
            continue;
        }
        let exemplar = text(corpus, &family.passage);
        for o in all {
            let here = text(corpus, o);
            let alike = similarity(exemplar, here) >= LEAST_SIMILARITY - 1e-9;
            assert!(alike || is_piece(here, exemplar), "{o:?} drifts from {family:?}: {corpus:?}");
        }
    }
}

/// Copies with words changed, dropped and added.
fn edited() -> impl Strategy<Value = Corpus> {
    let edit = (0_usize..40, 0_u64..3);
    let copy = (0_u32..4, 0_usize..10, 15_usize..40, prop::collection::vec(edit, 0..6));
    prop::collection::vec(copy, 2..9).prop_map(|copies| {
        let make = |(n, (outlet, start, end, edits)): (usize, _)| {
            (outlet, edit_copy(&prose(1, 40)[start..end], edits, n as u64))
        };
        copies.into_iter().enumerate().map(make).collect()
    })
}

fn edit_copy(words: &[u64], edits: Vec<(usize, u64)>, seed: u64) -> Vec<u64> {
    let mut words = words.to_vec();
    for (number, (at, kind)) in edits.into_iter().enumerate() {
        let other = prose(50 + seed, 60)[number];
        match kind {
            _ if at >= words.len() => {}
            0 => words[at] = other,
            1 => words.insert(at, other),
            _ => drop(words.remove(at)),
        }
    }
    [prose(100 + seed, 5), words, prose(200 + seed, 5)].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn laws_hold_in_a_tangle(corpus in tangle(4)) {
        assert_near(&corpus, Fuzzy::Local);
        assert_near(&corpus, Fuzzy::Deep);
    }

    #[test]
    fn laws_hold_in_a_collage(corpus in collage()) {
        assert_near(&corpus, Fuzzy::Local);
        assert_near(&corpus, Fuzzy::Deep);
    }

    #[test]
    fn laws_hold_among_edited_copies(corpus in edited()) {
        assert_near(&corpus, Fuzzy::Local);
        assert_near(&corpus, Fuzzy::Deep);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn threads_and_memory_change_nothing_near(corpus in prop_oneof![edited(), tangle(4)]) {
        for fuzzy in [Fuzzy::Local, Fuzzy::Deep] {
            assert_same_everywhere(&corpus, &Options { fuzzy, ..OPTIONS });
        }
    }
}

/// Two documents with a passage of forty words as it was and as `change` made it.
fn planted(change: impl Fn(&mut Vec<u64>)) -> Corpus {
    let passage = prose(1, 40);
    let mut changed = passage.clone();
    change(&mut changed);
    vec![(0, alone(10, &passage)), (1, alone(20, &changed))]
}

#[track_caller]
fn assert_one(corpus: &Corpus, fuzzy: Fuzzy) {
    let families = near_at_eight(corpus, fuzzy);
    assert_eq!(families.len(), 1, "{families:?}");
    let spans: Vec<_> = families[0].occurrences.iter().map(|o| (o.doc, o.start, o.end)).collect();
    let end = |doc: usize| corpus[doc].1.len() as u32 - 5;
    assert_eq!(spans, [(0, 5, end(0)), (1, 5, end(1))]);
}

#[test]
fn a_changed_word_splits_nothing() {
    for at in [3, 20, 36] {
        assert_one(&planted(|words| words[at] = 7_000_000), Fuzzy::Local);
    }
}

#[test]
fn dropped_words_split_nothing() {
    let drop_some = |words: &mut Vec<u64>| {
        words.remove(30);
        words.remove(19);
        words.remove(10);
    };
    assert_one(&planted(drop_some), Fuzzy::Local);
}

#[test]
fn an_inserted_sentence_splits_nothing() {
    assert_one(&planted(|words| drop(words.splice(20..20, prose(99, 15)))), Fuzzy::Local);
}

#[test]
fn deep_finds_what_has_no_eight_equal_words() {
    let change_often = |words: &mut Vec<u64>| {
        for at in [5, 12, 19, 26, 33] {
            words[at] = 7_000_000 + 2 * at as u64;
        }
    };
    let corpus = planted(change_often);
    assert!(near_at_eight(&corpus, Fuzzy::Local).is_empty());
    assert_one(&corpus, Fuzzy::Deep);
}

#[test]
fn long_passages_are_found_anywhere_too() {
    let passage = prose(1, 80);
    let mut changed = passage.clone();
    for at in [15, 31, 47, 63] {
        changed[at] = 7_000_000 + 2 * at as u64;
    }
    let corpus = vec![(0, alone(10, &passage)), (1, alone(20, &changed))];
    let families = families_of(&corpus, &Options { min_words: 30, fuzzy: Fuzzy::Deep });
    assert_eq!(families.len(), 1, "{families:?}");
    assert_eq!(families[0].occurrences.len(), 2);
}

#[test]
fn a_few_words_of_an_edited_story_are_not_the_story() {
    let story = prose(1, 80);
    let copy = |n: usize| {
        let mut words = story.clone();
        words[5 + n] = 7_000_000 + 2 * n as u64;
        alone(10 + n as u64, &words)
    };
    let mut corpus: Corpus = (0..6).map(|n| (n as u32, copy(n))).collect();
    corpus.push((6, alone(20, &story[40..49])));
    let families = near_at_eight(&corpus, Fuzzy::Deep);
    let mut sizes: Vec<_> =
        families.iter().map(|f| (f.passage.words(), f.occurrences.len())).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [(9, 7), (80, 6)]);
}

#[test]
fn eight_words_with_one_changed_are_a_passage() {
    let passage = prose(1, 8);
    let mut changed = passage.clone();
    changed[3] = 7_000_000;
    let corpus = vec![(0, alone(10, &passage)), (1, alone(20, &changed))];
    assert_one(&corpus, Fuzzy::Deep);
}

#[test]
fn a_chain_of_small_changes_is_not_one_family() {
    // Each differs from the one before by ten words of forty, the last from the first by all.
    let version = |n: usize| [prose(1, 40)[(10 * n).min(40)..].to_vec(), prose(2, 10 * n)].concat();
    let corpus: Corpus = (0..5).map(|n| (n as u32, alone(10 + n as u64, &version(n)))).collect();
    assert_near(&corpus, Fuzzy::Deep);
}

#[test]
fn tables_of_zeros_with_other_words_between_stay_fast() {
    let row = |n: u64| [vec![2; 30], vec![4 + 2 * n], vec![2; 30]].concat();
    let corpus: Corpus =
        (0..20).map(|n| (n, (0..30).flat_map(|r| row(r * 20 + u64::from(n))).collect())).collect();
    let families = near_at_eight(&corpus, Fuzzy::Deep);
    assert!(!families.is_empty());
}

/// `count` copies of a passage of a hundred words, five of them changed in each.
fn viral(count: u32) -> Corpus {
    let copy = |n: u32| {
        let mut passage = prose(1, 100);
        for edit in 0..5 {
            let at = crate_hash(u64::from(n) * 5 + edit) as usize % 100;
            passage[at] = 2 * (50_000_000 + u64::from(n) * 5 + edit);
        }
        alone(1000 + u64::from(n), &passage)
    };
    (0..count).map(|n| (n % 50, copy(n))).collect()
}

fn crate_hash(n: u64) -> u64 {
    (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33
}

#[test]
fn a_viral_passage_with_edits_costs_its_copies() {
    for count in [1000, 8000] {
        let families = near_at_eight(&viral(count), Fuzzy::Deep);
        let sizes: Vec<usize> = families.iter().map(|family| family.occurrences.len()).collect();
        assert_eq!(sizes.iter().max(), Some(&(count as usize)));
        // What is listed grows with the copies, not with their pairs.
        let listed: usize = sizes.iter().sum();
        assert!(listed <= 40 * count as usize, "{listed} occurrences of {count} copies");
    }
}
