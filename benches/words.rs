//! Bytes per second of the word scanner, the hottest code of the program, by kind of text.

use divan::Bencher;
use divan::counter::BytesCount;
use unchaff::words::{Word, words};

fn main() {
    divan::main();
}

const KINDS: [(&str, &str); 6] = [
    ("ascii", "The harbour master of Osterby said on Tuesday that 14 ferries would stay in port. "),
    ("quotes", "“We can’t sail,” the U.S. captain told the paper — twice — and didn’t smile. "),
    ("german", "Der Bürgermeister von Österby grüßte die Fähre am Kai, die größte der Küste. "),
    ("russian", "Начальник порта сообщил во вторник, что четырнадцать паромов останутся. "),
    ("chinese", "港务局局长星期二表示，十四艘渡轮将留在港口，等待风暴过去。"),
    ("hindi", "बंदरगाह के प्रमुख ने मंगलवार को कहा कि चौदह नौकाएँ नहीं चलेंगी। "),
];

#[divan::bench(args = KINDS.map(|(kind, _)| kind))]
fn article(bencher: Bencher<'_, '_>, kind: &str) {
    let text = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, line)| line.repeat(100));
    let text = text.unwrap_or_default();
    let mut out: Vec<Word> = Vec::new();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| words(divan::black_box(&text), &mut out));
}
