//! The guarantees of shared passages, against a quadratic oracle.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod near;

use std::path::Path;

use proptest::prelude::*;
use unchaff::passages::{Family, Fuzzy, Occurrence, Options, WordStore, find};
use unchaff::spill::Scratch;

const MIN_WORDS: u32 = 3;
const OPTIONS: Options = Options { min_words: MIN_WORDS, fuzzy: Fuzzy::Off };

/// A corpus as lists of (outlet, words).
type Corpus = Vec<(u32, Vec<u64>)>;

/// What is found with so many bytes of memory, which is little: everything goes to disk.
fn families_within(memory: u64, corpus: &Corpus, options: &Options) -> Vec<Family> {
    let scratch = Scratch::new(Path::new(env!("CARGO_TARGET_TMPDIR")), memory);
    let mut store = WordStore::within(&scratch);
    for (outlet, words) in corpus {
        store.push(*outlet, words.as_slice()).unwrap();
    }
    find(&store, options, &scratch).unwrap().iter().map(Result::unwrap).collect()
}

fn families_of(corpus: &Corpus, options: &Options) -> Vec<Family> {
    families_within(u64::MAX, corpus, options)
}

fn families(corpus: &Corpus) -> Vec<Family> {
    families_of(corpus, &OPTIONS)
}

fn is_long(words: &[u64]) -> bool {
    let fifths: u32 = words.iter().map(|word| if word & 1 == 1 { 2 } else { 5 }).sum();
    fifths >= 5 * MIN_WORDS
}

/// All runs between two documents: maximal, long enough, by the quadratic dynamic program.
fn runs(a: &[u64], b: &[u64]) -> Vec<(usize, usize, usize)> {
    let mut runs = Vec::new();
    let mut before = vec![0; b.len() + 1];
    for i in 0..a.len() {
        let mut here = vec![0; b.len() + 1];
        for j in (0..b.len()).filter(|&j| a[i] == b[j]) {
            let length = before[j] + 1;
            here[j + 1] = length;
            let goes_on = i + 1 < a.len() && j + 1 < b.len() && a[i + 1] == b[j + 1];
            if !goes_on && is_long(&a[i + 1 - length..=i]) {
                runs.push((i + 1 - length, j + 1 - length, length));
            }
        }
        before = here;
    }
    runs
}

fn holds(family: &Family, doc: usize, start: usize, length: usize) -> bool {
    family.occurrences.iter().any(|o| {
        o.doc as usize == doc && o.start as usize <= start && start + length <= o.end as usize
    })
}

/// Guarantee 1: every run lies inside an occurrence pair of one family.
fn assert_complete(corpus: &Corpus, families: &[Family]) {
    for (a, (outlet_a, words_a)) in corpus.iter().enumerate() {
        for (b, (outlet_b, words_b)) in corpus.iter().enumerate().skip(a + 1) {
            if outlet_a == outlet_b {
                continue;
            }
            for (i, j, n) in runs(words_a, words_b) {
                let found = families.iter().any(|f| holds(f, a, i, n) && holds(f, b, j, n));
                assert!(found, "run of {n} at {a}:{i} and {b}:{j} in {corpus:?}: {families:?}");
            }
        }
    }
}

fn text<'a>(corpus: &'a Corpus, o: &Occurrence) -> &'a [u64] {
    &corpus[o.doc as usize].1[o.start as usize..o.end as usize]
}

/// Whether two stretches share a run that is long enough.
fn share(a: &[u64], b: &[u64]) -> bool {
    !runs(a, b).is_empty()
}

/// Guarantee 2, and that the answer has the shape it says it has.
fn assert_sound(corpus: &Corpus, families: &[Family]) {
    for family in families {
        let all = &family.occurrences;
        let outlet = |o: &Occurrence| corpus[o.doc as usize].0;
        assert!(all.iter().any(|o| outlet(o) != outlet(&all[0])), "one outlet: {family:?}");
        assert!(all.windows(2).all(|w| w[0].doc < w[1].doc || w[0].end <= w[1].start));
        assert!(all.iter().any(|o| {
            let p = &family.passage;
            o.doc == p.doc && o.start <= p.start && p.end <= o.end
        }));
        for (n, o) in all.iter().enumerate() {
            let shared =
                (0..all.len()).any(|m| m != n && share(text(corpus, o), text(corpus, &all[m])));
            assert!(shared, "invented: {o:?} of {family:?} in {corpus:?}");
        }
    }
    let firsts: Vec<_> = families.iter().map(|family| family.occurrences[0]).collect();
    assert!(firsts.is_sorted());
}

fn assert_right(corpus: &Corpus) -> Vec<Family> {
    let families = families(corpus);
    assert_complete(corpus, &families);
    assert_sound(corpus, &families);
    families
}

fn in_pool(threads: usize, memory: u64, corpus: &Corpus, options: &Options) -> Vec<Family> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| families_within(memory, corpus, options))
}

/// The answer is the same for any number of threads and any memory.
fn assert_same_everywhere(corpus: &Corpus, options: &Options) {
    let expected = in_pool(1, u64::MAX, corpus, options);
    for (threads, memory) in [(1, 0), (2, 0), (7, 0), (2, 3000), (7, u64::MAX)] {
        let found = in_pool(threads, memory, corpus, options);
        assert_eq!(expected, found, "{threads} threads, {memory} bytes: {corpus:?}");
    }
}

/// Documents of few different words: everything repeats everywhere.
fn tangle(words: u64) -> impl Strategy<Value = Corpus> {
    let document = (0_u32..3, prop::collection::vec(0..words, 0..24));
    prop::collection::vec(document, 0..8)
}

/// Documents cut and spliced from a few sources: like articles that quote each other.
fn collage() -> impl Strategy<Value = Corpus> {
    let source = |at: u64| prop::collection::vec((at * 100..at * 100 + 90).prop_map(|w| w), 30);
    let sources = (source(1), source(2), source(3)).prop_map(|(a, b, c)| [a, b, c]);
    let cut = (0_usize..3, 0_usize..30, 1_usize..30);
    let document = (0_u32..4, prop::collection::vec(cut, 1..4));
    (sources, prop::collection::vec(document, 2..12)).prop_map(|(sources, documents)| {
        let splice = |cuts: Vec<(usize, usize, usize)>| {
            let part = |(source, start, length): (usize, usize, usize)| {
                sources[source][start..30.min(start + length)].to_vec()
            };
            cuts.into_iter().flat_map(part).collect()
        };
        documents.into_iter().map(|(outlet, cuts)| (outlet, splice(cuts))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost_or_invented_in_a_tangle_of_two(corpus in tangle(2)) {
        assert_right(&corpus);
    }

    #[test]
    fn nothing_is_lost_or_invented_in_a_tangle_of_four(corpus in tangle(4)) {
        assert_right(&corpus);
    }

    #[test]
    fn nothing_is_lost_or_invented_in_a_collage(corpus in collage()) {
        assert_right(&corpus);
    }

    #[test]
    fn nothing_is_lost_or_invented_around_the_least_length(corpus in short(), memory in memory()) {
        let families = families_within(memory, &corpus, &OPTIONS);
        assert_complete(&corpus, &families);
        assert_sound(&corpus, &families);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn threads_and_memory_change_nothing(corpus in prop_oneof![collage(), tangle(2), tangle(4)]) {
        assert_same_everywhere(&corpus, &OPTIONS);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn memory_changes_nothing_where_documents_are_long(corpus in medley()) {
        for fuzzy in [Fuzzy::Off, Fuzzy::Deep] {
            assert_same_everywhere(&corpus, &Options { fuzzy, ..OPTIONS });
        }
    }
}

/// Documents that are put together from the same passages: with little memory, what is kept of each of
/// them goes to disk in many pieces.
fn medley() -> impl Strategy<Value = Corpus> {
    let document = (0_u32..3, prop::collection::vec(0_u64..40, 40..80));
    prop::collection::vec(document, 8..16).prop_map(|documents| {
        let words = |passages: Vec<u64>| passages.into_iter().flat_map(|n| prose(n, 4)).collect();
        documents.into_iter().map(|(outlet, passages)| (outlet, words(passages))).collect()
    })
}

fn memory() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![0, 200, 5_000, u64::MAX])
}

/// Documents of one word less than the least length, of as many, and of one more, and of twice as many.
fn short() -> impl Strategy<Value = Corpus> {
    let least = MIN_WORDS as usize;
    let length = prop::sample::select(vec![least - 1, least, least + 1, 2 * least]);
    let document = length.prop_flat_map(|n| (0_u32..3, prop::collection::vec(0_u64..3, n)));
    prop::collection::vec(document, 0..12)
}

/// `count` words of a spaced script that occur nowhere else, by `seed`.
fn prose(seed: u64, count: usize) -> Vec<u64> {
    (0..count as u64).map(|n| (seed * 1_000_000 + n) * 2).collect()
}

/// Characters of an unspaced script.
fn characters(seed: u64, count: usize) -> Vec<u64> {
    prose(seed, count).into_iter().map(|word| word + 1).collect()
}

fn alone(seed: u64, passage: &[u64]) -> Vec<u64> {
    [prose(seed, 5), passage.to_vec(), prose(seed + 500, 5)].concat()
}

#[test]
fn the_least_length_is_exact() {
    for (length, found) in [(2, 0), (3, 1), (4, 1)] {
        let passage = prose(1, length);
        assert_eq!(assert_right(&vec![(0, passage.clone()), (1, passage.clone())]).len(), found);
        assert_eq!(
            assert_right(&vec![(0, alone(10, &passage)), (1, alone(20, &passage))]).len(),
            found
        );
    }
}

#[test]
fn characters_count_two_fifths() {
    for (length, found) in [(7, 0), (8, 1), (9, 1)] {
        let passage = characters(1, length);
        assert_eq!(assert_right(&vec![(0, passage.clone()), (1, passage)]).len(), found);
    }
}

#[test]
fn the_last_characters_of_a_mixed_run_belong_to_it() {
    let passage = [prose(1, 3), characters(2, 2)].concat();
    let families = assert_right(&vec![(0, alone(10, &passage)), (1, alone(20, &passage))]);
    assert_eq!(families[0].passage.words(), 5);
}

#[test]
fn one_outlet_shares_nothing_with_itself() {
    let passage = prose(1, 20);
    assert!(families(&vec![(7, alone(10, &passage)), (7, alone(20, &passage))]).is_empty());
}

#[test]
fn copies_cut_off_anywhere_are_one_family() {
    let passage = prose(1, 60);
    let cut = |n: usize| passage[n % 13..60 - n % 7].to_vec();
    let corpus: Corpus = (0..40).map(|n| (n as u32, alone(10 + n as u64, &cut(n)))).collect();
    let families = assert_right(&corpus);
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].occurrences.len(), 40);
    assert!(families[0].passage.words() > 50);
}

#[test]
fn a_common_phrase_and_a_long_copy_around_it_are_two_families() {
    let phrase = prose(1, 6);
    let story = [prose(2, 30), phrase.clone(), prose(3, 30)].concat();
    let text = |n: usize| if n < 4 { story.clone() } else { phrase.clone() };
    let corpus: Corpus = (0..40).map(|n| (n as u32, alone(10 + n as u64, &text(n)))).collect();
    let families = assert_right(&corpus);
    let mut sizes: Vec<_> =
        families.iter().map(|f| (f.passage.words(), f.occurrences.len())).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [(6, 40), (66, 4)]);
}

#[test]
fn who_has_a_few_words_of_a_story_does_not_have_the_story() {
    let story = prose(1, 60);
    // A third of it is a copy that was cut off, a tenth is a phrase.
    for (length, expected) in [(20, vec![(60, 9)]), (6, vec![(6, 9), (60, 8)])] {
        let text = |n: usize| if n < 8 { &story[..] } else { &story[30..30 + length] };
        let corpus: Corpus = (0..9).map(|n| (n as u32, alone(10 + n as u64, text(n)))).collect();
        let families = assert_right(&corpus);
        let mut sizes: Vec<_> =
            families.iter().map(|f| (f.passage.words(), f.occurrences.len())).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, expected);
    }
}

#[test]
fn a_passage_ten_thousand_times_costs_ten_thousand() {
    let passage = prose(1, 100);
    let corpus: Corpus =
        (0..10_000).map(|n| (n % 50, alone(1000 + u64::from(n), &passage))).collect();
    let families = in_pool(1, u64::MAX, &corpus, &OPTIONS);
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].occurrences.len(), 10_000);
    assert_eq!(families, in_pool(7, 1 << 16, &corpus, &OPTIONS));
}

#[test]
fn tables_of_zeros_are_one_family() {
    let corpus: Corpus =
        (0..20).map(|n| (n, alone(10 + u64::from(n), &vec![2; 2000 + 10 * n as usize]))).collect();
    let families = families(&corpus);
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].occurrences.len(), 20);
}
