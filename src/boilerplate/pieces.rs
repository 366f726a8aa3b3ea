//! What goes out of a line that stays: a pitch behind a paragraph, a teaser before one, the same
//! words glued twice.
//!
//! Many articles arrive as one long line. Its sentences are weighed as lines are, each by itself,
//! but for what only whole lines can show: place and template.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memchr_iter;

use super::evidence::{self, Finding, Place, Surroundings};
use super::lexicon::{Lexicon, Workspace};
use super::line::{End, Line, end, is_quote};
use super::rules::Flag;
use super::template::OutletTemplates;
use crate::verdict::{Category, Cut, Reason};
use crate::words;

/// A sentence of so few words says too little to be told by itself.
const FEW_WORDS: usize = 3;
/// Shorter fragments may stand twice by chance.
const DOUBLED_BYTES: usize = 8;

/// Whose line it is, and what is known of such lines.
#[derive(Debug)]
pub(super) struct Site<'s> {
    /// The document's outlet.
    pub(super) outlet: &'s str,
    /// The rules of its language.
    pub(super) lexicon: &'s Lexicon,
    /// What it repeats.
    pub(super) templates: &'s OutletTemplates<'s>,
}

/// What is to be cut out of a line that stays, sorted and disjoint, and what that says of the
/// document.
pub(super) fn cuts(
    line: &Line<'_>,
    topics: &[Category],
    site: &Site<'_>,
    work: &mut Workspace,
) -> (Vec<Cut>, BTreeSet<Flag>) {
    let mut cuts = by_rules(line, site.lexicon);
    cuts.extend(doubled(&line.text));
    let mut flags = BTreeSet::new();
    if line.hits.inside || line.end == End::Open {
        cuts.extend(sentences(line, topics, site, work, &mut flags));
    }
    cuts.sort_by_key(|cut| (cut.range.start, std::cmp::Reverse(cut.range.end)));
    let mut end = 0;
    cuts.retain(|cut| {
        let free = cut.range.start >= end;
        end = end.max(cut.range.end);
        free
    });
    let wide = |cut: Cut| Cut { range: with_space(&line.text, cut.range.clone()), ..cut };
    (cuts.into_iter().map(wide).collect(), flags)
}

/// The spans of the rules.
fn by_rules(line: &Line<'_>, lexicon: &Lexicon) -> Vec<Cut> {
    let cut = |(range, number): &(Range<usize>, u32)| {
        let rule = lexicon.rule(*number);
        let mut reason = told("span inside the line");
        reason.rule = Some(rule.id.clone());
        Cut { range: range.clone(), category: rule.category, reason }
    };
    line.hits.spans.iter().map(cut).collect()
}

fn told(evidence: &str) -> Reason {
    Reason { evidence: vec![evidence.to_owned()], score: evidence::ENOUGH, ..Reason::default() }
}

/// `Kim Jong-unKim Jong-un leads`: a picture's description before the caption that repeats it.
fn doubled(text: &str) -> Option<Cut> {
    let first = *text.as_bytes().first()?;
    let may_begin = text.as_bytes().get(DOUBLED_BYTES..=text.len() / 2)?;
    let glued = memchr_iter(first, may_begin).map(|at| DOUBLED_BYTES + at).find(|&next| {
        let (words, rest) = text.split_at(next);
        rest.starts_with(words)
            && !words.ends_with(char::is_whitespace)
            && !rest.starts_with(char::is_whitespace)
    })?;
    let reason = told("the same words twice, glued");
    Some(Cut { range: 0..glued, category: Category::ImageAlt, reason })
}

/// The sentences that would go if they were lines.
fn sentences(
    line: &Line<'_>,
    topics: &[Category],
    site: &Site<'_>,
    work: &mut Workspace,
    flags: &mut BTreeSet<Flag>,
) -> Vec<Cut> {
    let pieces = pieces(&line.text);
    let mut cuts: Vec<Cut> = Vec::new();
    if pieces.len() < 2 {
        return cuts;
    }
    let spots = spots(line);
    let mut open_quotes = false;
    for range in pieces {
        let inside = open_quotes;
        open_quotes = quotes_open(&line.text[range.clone()], open_quotes);
        let bare = line.text[range.clone()].trim_matches(is_frame);
        if inside || bare.is_empty() {
            continue;
        }
        let beside_removed =
            end(bare) == End::Open || cuts.last().is_some_and(|cut| cut.range.end == range.start);
        if !beside_removed && !is_told(&line.text, &range, &spots) {
            continue;
        }
        let mut piece = Line::new(Cow::Borrowed(bare), site.lexicon, work);
        site.lexicon.confine(&mut piece.hits, site.outlet);
        let around = Surroundings {
            place: Place::Body,
            beside_removed,
            announced: false,
            between_sentences: false,
            copies: 1,
            is_headline: false,
            topics,
        };
        let finding = evidence::weigh(&piece, &around, site.lexicon, site.templates);
        if let Some(category) = finding.category.filter(|c| goes(&piece, &finding, *c)) {
            flags.extend(site.lexicon.flags(&piece.hits));
            cuts.push(Cut { range, category, reason: finding.reason });
        }
    }
    let cut: usize = cuts.iter().map(|cut| cut.range.len()).sum();
    if cut >= line.text.trim().len() {
        cuts.truncate(1);
        for cut in &mut cuts {
            cut.range = 0..line.text.len();
        }
    }
    cuts
}

/// Where phrases stand in a line, in bytes, and whether they are cues.
fn spots(line: &Line<'_>) -> Vec<(usize, bool)> {
    let mut wanted: Vec<(u32, bool)> =
        line.hits.spots.iter().map(|spot| (spot.word, spot.is_cue)).collect();
    wanted.sort_unstable();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut starts = Vec::new();
    words::each(&line.text, |_, range| starts.push(range.start));
    let at = |(word, is_cue)| Some((*starts.get(word as usize)?, is_cue));
    wanted.into_iter().filter_map(at).collect()
}

/// Whether a phrase tells of a sentence: a cue stands in it, or what such sentences begin with before all
/// its other words.
fn is_told(text: &str, sentence: &Range<usize>, spots: &[(usize, bool)]) -> bool {
    let first = spots.partition_point(|(at, _)| *at < sentence.start);
    let mut inside = spots[first..].iter().take_while(|(at, _)| *at < sentence.end);
    inside.any(|&(at, is_cue)| is_cue || !text[sentence.start..at].contains(char::is_alphanumeric))
}

/// Whether a sentence goes: what names a place or a time may be the article's, and short sentences
/// may be anybody's.
fn goes(piece: &Line<'_>, finding: &Finding, category: Category) -> bool {
    let told =
        matches!(category, Category::PhotoCredit | Category::SourceCredit | Category::TagList);
    let short = piece.end == End::Sentence && piece.length <= FEW_WORDS;
    finding.removed && (told || !category.is_metadata()) && !short
}

/// Signs that set a piece apart and say nothing of it.
fn is_frame(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '(' | ')'
                | '['
                | ']'
                | '（'
                | '）'
                | '【'
                | '】'
                | '|'
                | '>'
                | '»'
                | '›'
                | '→'
                | '►'
                | '▶'
                | '•'
                | '·'
                | '*'
                | '-'
                | '–'
                | '—'
        )
}

/// Whether a quotation is open behind a piece.
fn quotes_open(piece: &str, mut open: bool) -> bool {
    // The other signs begin with bytes that English hardly has.
    if piece.bytes().all(|b| b != b'"' && b < 0xC2) {
        return open;
    }
    for c in piece.chars().filter(|&c| is_quote(c)) {
        open = match c {
            '“' | '„' | '«' | '‹' | '「' | '『' => !(open && c == '“'),
            '”' | '»' | '›' | '」' | '』' => false,
            _ => !open,
        };
    }
    open
}

/// The sentences of a line, each with the space and the signs before it.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut begin, mut at) = (0, 0);
    let mut closed: Option<usize> = None;
    let (mut before, mut last) = (' ', ' ');
    while let Some(c) = text[at..].chars().next() {
        // Where no sentence is closed nothing matters but what closes one.
        let plain = if closed.is_none() { plain(&text.as_bytes()[at..]) } else { &[] };
        if let Some(&byte) = plain.last() {
            (at, last) = (at + plain.len(), char::from(byte));
            continue;
        }
        let after = at + c.len_utf8();
        let is_closer = is_quote(c) || matches!(c, ')' | ']' | '）' | '】');
        if is_closer && closed == Some(at) {
            (closed, last, at) = (Some(after), c, after);
            continue;
        }
        if let Some(end) = closed.filter(|_| !c.is_whitespace()) {
            let glued = end == at && c.is_uppercase() && before.is_lowercase();
            let apart = end < at || is_full_width(last);
            if glued || apart && !c.is_lowercase() {
                pieces.push(begin..end);
                begin = end;
            }
            closed = None;
        }
        if matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।') {
            (closed, before) = (Some(after), last);
        }
        (last, at) = (c, after);
    }
    pieces.push(begin..text.len());
    pieces
}

/// The bytes of ASCII that a line begins with and that close no sentence. Looking at all of a few bytes
/// lets compilers take them at once.
fn plain(line: &[u8]) -> &[u8] {
    let closes = |byte: &u8| !byte.is_ascii() || matches!(byte, b'.' | b'!' | b'?');
    let any = |few: &&[u8]| few.iter().fold(false, |any, byte| any | closes(byte));
    let clear = line.chunks(32).take_while(|few| !any(few)).map(<[u8]>::len).sum::<usize>();
    let rest = line[clear..].iter().position(closes);
    &line[..rest.map_or(line.len(), |at| clear + at)]
}

fn is_full_width(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '）' | '】' | '」' | '』')
}

/// A span with the space that would be doubled, or left at an end, without it.
fn with_space(text: &str, range: Range<usize>) -> Range<usize> {
    let before = text[..range.start].trim_end().len();
    let after = text.len() - text[range.end..].trim_start().len();
    let spaced = before < range.start || text[range.clone()].starts_with(char::is_whitespace);
    match () {
        () if before == 0 => 0..after,
        () if after == text.len() => before..after,
        () if spaced && after > range.end => before..range.end,
        () => range,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        pieces(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_of_a_line() {
        assert_eq!(parts("It rained. Nobody came."), ["It rained.", " Nobody came."]);
        assert_eq!(parts("It rained.Advertisement"), ["It rained.", "Advertisement"]);
        assert_eq!(parts("“No.” She left."), ["“No.”", " She left."]);
        assert_eq!(parts("下雨了。没人来。"), ["下雨了。", "没人来。"]);
        assert_eq!(parts("It cost 3.50 in the U.S. at most"), ["It cost 3.50 in the U.S. at most"]);
    }

    proptest! {
        /// What is passed by where no sentence is closed is ASCII; other letters are looked at.
        #[test]
        fn letters_of_any_script_part_sentences_alike(text in "([aA]{0,3}[.!?…”) ]{0,3}){0,8}") {
            let accented = |text: &str| text.replace('a', "á").replace('A', "Á");
            let there: Vec<String> = parts(&text).into_iter().map(accented).collect();
            let accented = accented(&text);
            prop_assert_eq!(there, parts(&accented));
        }
    }

    /// A cue anywhere in a sentence tells of it, the beginning of a pitch before its other words.
    #[test]
    fn sentences_that_phrases_tell_of() {
        let text = "It rained. (Read more) here. We read more.";
        let (first, second, third) = (0..10, 10..28, 28..text.len());
        let at = |word: &str| text.find(word).unwrap();
        for (spot, told) in [
            ((at("rained"), true), [true, false, false]),
            ((at("Read"), false), [false, true, false]),
            ((at("more)"), false), [false, false, false]),
            ((at("read"), false), [false, false, false]),
        ] {
            let is_told = |sentence: &Range<usize>| is_told(text, sentence, &[spot]);
            assert_eq!([&first, &second, &third].map(is_told), told, "{spot:?}");
        }
    }

    #[test]
    fn what_stands_twice() {
        let cut = doubled("Tilda AroseTilda Arose rows.").unwrap();
        assert_eq!(cut.range, 0..11);
        assert!(doubled("Bora Bora is far away").is_none());
        assert!(doubled("hahahaha").is_none());
    }

    #[test]
    fn space_goes_with_what_it_parts() {
        assert_eq!(with_space("a (b) c", 2..5), 1..5);
        assert_eq!(with_space("a b", 0..1), 0..2);
        assert_eq!(with_space("a b", 2..3), 1..3);
    }
}
