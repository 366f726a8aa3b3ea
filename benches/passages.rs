//! Shared passages: words a second, by how the sharing looks.

use divan::{Bencher, counter::ItemsCount};
use unchaff::passages::{Options, WordStore, find};
use unchaff::spill::Scratch;

fn main() {
    divan::main();
}

/// Words by number: the same numbers, the same words.
fn words(numbers: std::ops::Range<u64>) -> impl Iterator<Item = u64> {
    numbers.map(|number| unchaff::hash::of(&number.to_le_bytes()) & !1)
}

/// Documents in 100 outlets, each 400 words of its own around what `shared` gives it.
fn corpus(documents: u64, shared: impl Fn(u64) -> Vec<u64>) -> WordStore {
    let mut store = WordStore::new();
    for doc in 0..documents {
        let own = doc << 32;
        let text: Vec<u64> =
            words(own..own + 200).chain(shared(doc)).chain(words(own + 200..own + 400)).collect();
        // In memory nothing can fail.
        let _ = store.push((doc % 100) as u32, text);
    }
    store
}

fn measure(bencher: Bencher<'_, '_>, store: &WordStore) {
    bencher
        .counter(ItemsCount::new(store.total_words()))
        .bench_local(|| find(store, &Options::default(), &Scratch::unlimited()));
}

/// Newswire: one article in ten has a passage that another has too.
#[divan::bench(sample_count = 5)]
fn ordinary(bencher: Bencher<'_, '_>) {
    let passage = |doc: u64| (1 << 60) + (doc / 20) * 1000;
    let store = corpus(10_000, |doc| match doc % 10 {
        0 => words(passage(doc)..passage(doc) + 60).collect(),
        _ => Vec::new(),
    });
    measure(bencher, &store);
}

/// One passage in every article.
#[divan::bench(sample_count = 5)]
fn viral(bencher: Bencher<'_, '_>) {
    measure(bencher, &corpus(10_000, |_| words(1 << 60..(1 << 60) + 300).collect()));
}

/// One passage in every article, cut off at both ends.
#[divan::bench(sample_count = 5)]
fn cut_off(bencher: Bencher<'_, '_>) {
    let start = 1 << 60;
    let store =
        corpus(2_000, |doc| words(start + doc * 7 % 140..start + 300 - doc * 11 % 140).collect());
    measure(bencher, &store);
}

/// Tables of zeros.
#[divan::bench(sample_count = 5)]
fn zeros(bencher: Bencher<'_, '_>) {
    measure(bencher, &corpus(50, |_| vec![2; 20_000]));
}
