//! Forms of an article that are no paragraphs: lists, live entries, letters, interviews, tables.
//!
//! Labelled pages hold few of them, so the model takes their short lines for a site's. What shows
//! them is order: lines that begin alike or are built alike, again and again, behind a sentence.

use std::fmt;

use memchr::memchr3;

use super::evidence::{Finding, Place};
use super::line::{End, Line};

/// What a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines that begin alike: with times, numbers, bullets, labels, amounts or who is spoken to.
    Led,
    /// Lines built alike: names and figures between the same signs.
    Built,
    /// A short line between sentences, as subheadings and signatures stand.
    Heads,
    /// The close of a letter, and who signs it.
    Signed,
    /// Short lines that a colon of the article announces.
    Listed,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Led => "among lines that begin alike, as in a list",
            Self::Built => "among lines built alike, as in a table",
            Self::Heads => "a short line between sentences",
            Self::Signed => "the close of a letter",
            Self::Listed => "in a list that the article announces",
        })
    }
}

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    Clock,
    Number,
    Bullet,
    Amount,
    Label,
    Vocative,
}

/// A run has at least so many lines, no further apart than this.
const RUN: usize = 3;
const APART: usize = 4;
/// Lines built alike are looked for so far around.
const AROUND: usize = 4;
/// A subheading is no longer, in words.
const HEADING_WORDS: usize = 8;
/// A label has no more words.
const LABEL_WORDS: usize = 4;
/// The close of a letter has no more words, and so many lines sign it, each no longer than this.
const CLOSE_WORDS: usize = 4;
const SIGNERS: usize = 8;
const SIGNER_WORDS: usize = 8;
/// What announces a list is no shorter, in words: `Share this:` announces nothing.
const ANNOUNCING_WORDS: usize = 8;

/// What each line belongs to; none where nothing shows. Whether a line is built like those around
/// is found out where somebody asks.
pub(super) fn forms(
    lines: &[Line<'_>],
    findings: &[Finding],
    places: &[Place],
    asks: impl Fn(usize) -> bool,
) -> Vec<Option<Form>> {
    let mut forms = vec![None; lines.len()];
    let open: Vec<usize> = (0..lines.len()).filter(|&i| !findings[i].removed).collect();
    let texts: Vec<&Line<'_>> = open.iter().map(|&i| &lines[i]).collect();
    // Under a rubric that goes, a list is the site's.
    let under = |at: usize| open[at].checked_sub(1).is_some_and(|i| findings[i].removed);
    let led = led_alike(&texts, under);
    for at in short_between_sentences(&texts, &led) {
        forms[open[at]] = Some(Form::Heads);
    }
    for at in built_alike(&texts, |at| asks(open[at])) {
        forms[open[at]] = Some(Form::Built);
    }
    for at in signed(&texts) {
        forms[open[at]] = Some(Form::Signed);
    }
    for at in led {
        forms[open[at]] = Some(Form::Led);
    }
    for at in listed(lines, findings, places) {
        forms[at] = Some(Form::Listed);
    }
    forms
}

/// The lines behind a colon of the article, or of the line that ends it, up to the next sentence or to
/// the first that something speaks against.
fn listed(lines: &[Line<'_>], findings: &[Finding], places: &[Place]) -> Vec<usize> {
    let announces = |i: usize| {
        let of_article = places[i.saturating_sub(1)..=i].contains(&Place::Body);
        let asks = lines[i].end == End::Colon && lines[i].length >= ANNOUNCING_WORDS;
        of_article && asks && !findings[i].removed
    };
    let plain = |i: usize| !findings[i].removed && !lines[i].is_prose() && lines[i].hits.is_empty();
    let mut listed = Vec::new();
    for i in 1..lines.len() {
        if plain(i) && (announces(i - 1) || listed.last() == Some(&(i - 1))) {
            listed.push(i);
        }
    }
    listed
}

/// `Sincerely yours,` behind a sentence, and the names and offices below.
fn signed(lines: &[&Line<'_>]) -> Vec<usize> {
    let closes = |at: &usize| {
        let line = lines[*at];
        line.ends_in_comma()
            && (1..=CLOSE_WORDS).contains(&line.words)
            && lines[at - 1].is_sentence()
    };
    let signs =
        |line: &&&Line<'_>| line.length <= SIGNER_WORDS && line.hits.is_empty() && !line.is_prose();
    let mut signed = Vec::new();
    for close in (1..lines.len()).filter(closes) {
        let signers = lines[close + 1..].iter().take(SIGNERS).take_while(signs).count();
        signed.extend(close..=close + signers);
    }
    signed
}

/// Whether a line begins as lines of lists do.
pub(super) fn is_led(text: &str) -> bool {
    matches!(lead(text), Some(Lead::Clock | Lead::Bullet | Lead::Amount | Lead::Label))
}

/// Whether most of the lines are built alike.
pub(super) fn is_table(lines: &[Line<'_>]) -> bool {
    let lines: Vec<&Line<'_>> = lines.iter().collect();
    built_alike(&lines, |_| true).len() * 2 > lines.len()
}

fn short_between_sentences(lines: &[&Line<'_>], led: &[usize]) -> Vec<usize> {
    let told = |at: usize| lines.get(at).is_some_and(|line| line.is_sentence());
    let goes_on = |at: usize| told(at) || led.contains(&at);
    let short = |at: &usize| lines[*at].length <= HEADING_WORDS && lines[*at].hits.is_empty();
    (1..lines.len()).filter(short).filter(|&at| goes_on(at - 1) && goes_on(at + 1)).collect()
}

fn led_alike(lines: &[&Line<'_>], under_removed: impl Fn(usize) -> bool) -> Vec<usize> {
    let leads: Vec<Option<Lead>> = lines.iter().map(|line| lead(&line.text)).collect();
    let mut led = Vec::new();
    for kind in [Lead::Clock, Lead::Number, Lead::Bullet, Lead::Amount, Lead::Label, Lead::Vocative]
    {
        let members: Vec<usize> = (0..lines.len()).filter(|&at| leads[at] == Some(kind)).collect();
        for run in members.chunk_by(|a, b| b - a <= APART).filter(|run| run.len() >= RUN) {
            // A list of the article follows its text, or is text.
            let before = &lines[run[0].saturating_sub(2)..run[0]];
            let announced =
                before.iter().any(|line| line.end != End::Open) && !under_removed(run[0]);
            let told = run.iter().filter(|&&at| lines[at].is_sentence()).count() * 2 >= run.len();
            if announced || told {
                led.extend(run);
            }
        }
    }
    led
}

fn lead(text: &str) -> Option<Lead> {
    let first = text.chars().next()?;
    if first.is_ascii_digit() {
        return number_lead(text);
    }
    if matches!(first, '•' | '·' | '▪' | '●' | '■' | '►' | '*' | '–' | '—' | '-') {
        return Some(Lead::Bullet);
    }
    if matches!(first, '¼' | '½' | '¾' | '⅓' | '⅔') {
        return Some(Lead::Amount);
    }
    let at = first_sign(text)?;
    let has_words = |most: usize| text[..at].split_whitespace().nth(most).is_none();
    let goes_on = || text[at + 1..].trim_start().starts_with(char::is_uppercase);
    let after = text[at..].chars().nth(1);
    match text[at..].chars().next()? {
        ',' if goes_on() && has_words(3) => Some(Lead::Vocative),
        ':' if after == Some(' ') && has_words(LABEL_WORDS) => Some(Lead::Label),
        '：' => Some(Lead::Label),
        // `P.` and `R.`, as interviews have them.
        '.' if at <= 2 && after == Some(' ') => Some(Lead::Label),
        _ => None,
    }
}

/// Where the first of the signs stands that end a label or an address.
fn first_sign(text: &str) -> Option<usize> {
    let at = memchr3(b':', b',', b'.', text.as_bytes());
    let before = &text[..at.unwrap_or(text.len())];
    let wide = if before.is_ascii() { None } else { before.find('：') };
    wide.or(at)
}

fn number_lead(text: &str) -> Option<Lead> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut rest = text[digits..].chars();
    match (rest.next()?, rest.next()) {
        (':' | '.' | 'h', Some(c)) if digits <= 2 && c.is_ascii_digit() => Some(Lead::Clock),
        ('.' | ')', Some(c)) if digits <= 2 && c.is_whitespace() => Some(Lead::Number),
        (' ', Some('a' | 'p' | 'A' | 'P')) if is_noon(&text[digits + 1..]) => Some(Lead::Clock),
        (' ', Some('U')) if text[digits..].starts_with(" Uhr") => Some(Lead::Clock),
        (' ' | '/' | 'g' | 'k' | 'm' | 'c' | 'd', Some(c)) if digits <= 4 && !c.is_uppercase() => {
            Some(Lead::Amount)
        }
        _ => None,
    }
}

/// Whether it goes on as a time of the twelve-hour clock does.
fn is_noon(rest: &str) -> bool {
    let half = rest.split_whitespace().next().unwrap_or("").to_lowercase();
    matches!(half.trim_end_matches([':', '.', ',']), "am" | "pm" | "a.m" | "p.m")
}

/// Of the lines that somebody asks for those that are built like others around.
fn built_alike(lines: &[&Line<'_>], asks: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut known: Vec<Option<Option<Skeleton>>> = vec![None; lines.len()];
    let mut built = |at: usize| *known[at].get_or_insert_with(|| skeleton(&lines[at].text));
    let mut is_alike = |at: &usize| {
        let Some(own) = built(*at) else { return false };
        let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        around.filter(|&other| built(other) == Some(own)).count() >= RUN
    };
    (0..lines.len()).filter(|&at| asks(at)).filter(|at| is_alike(at)).collect()
}

/// How a line is built, in bytes: few, so that lines are compared fast. The last sign may have up to
/// four.
type Skeleton = [u8; SIGNS + 3];

/// So many bytes of a skeleton are enough.
const SIGNS: usize = 10;

/// Of every byte whether it is one of ASCII words and the spaces between them.
const IN_WORDS: [bool; 256] = {
    let (mut all, mut byte) = ([false; 256], 0);
    while byte < 128 {
        all[byte] = (byte as u8).is_ascii_alphabetic() || byte as u8 == b' ';
        byte += 1;
    }
    all
};

/// How a short line is built: `w` for words, `9` for numbers, and the signs between them. None for
/// a paragraph, and where nothing but words stands.
fn skeleton(text: &str) -> Option<Skeleton> {
    if text.len() > 400 {
        return None;
    }
    let (mut built, mut length) = (Skeleton::default(), 0);
    let (mut signs, mut last, mut at) = (0, '\0', 0);
    while length < SIGNS {
        if last == 'w' {
            let rest = &text.as_bytes()[at..];
            at += rest.iter().position(|&b| !IN_WORDS[usize::from(b)]).unwrap_or(rest.len());
        }
        let Some(c) = text[at..].chars().next() else { break };
        at += c.len_utf8();
        if c.is_whitespace() {
            continue;
        }
        let sign = match c {
            'a'..='z' | 'A'..='Z' => 'w',
            c if c.is_numeric() => '9',
            c if c.is_alphabetic() || matches!(c, '\'' | '’' | '-') => 'w',
            c => c,
        };
        if sign != last {
            last = sign;
            signs += usize::from(!matches!(sign, 'w' | '9'));
            length += sign.encode_utf8(&mut built[length..]).len();
        }
    }
    let is_sentence =
        length > 1 && matches!(built[1..length], [b'.' | b'!' | b'?'] | [0xE2, 0x80, 0xA6]);
    let telling = signs > 0 && !(built[0] == b'w' && is_sentence);
    telling.then_some(built)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::boilerplate::lexicon::{Lexicon, Workspace};
    use crate::boilerplate::rules::Rules;

    #[test]
    fn how_lines_begin() {
        for (text, want) in [
            ("7:58 a.m. The bridge is up.", Some(Lead::Clock)),
            ("17.40 Uhr: Brücke frei", Some(Lead::Clock)),
            ("3 pm Doors open", Some(Lead::Clock)),
            ("4. Seal the hatch", Some(Lead::Number)),
            ("• eggs", Some(Lead::Bullet)),
            ("500 grams of flour", Some(Lead::Amount)),
            ("MODERATOR: Thirty seconds.", Some(Lead::Label)),
            ("R. Vine a estudiar.", Some(Lead::Label)),
            ("Sir, Your correspondent asks", Some(Lead::Vocative)),
            ("The bridge is up.", None),
        ] {
            assert_eq!(lead(text), want, "{text}");
        }
    }

    #[test]
    fn a_letter_is_closed_and_signed() {
        let lexicon = Lexicon::new(&Rules::built_in().unwrap(), "en").unwrap();
        let text = [
            "We ask you to look into this.",
            "Sincerely yours,",
            "Olga Snell",
            "Ranking Member",
            "The committee has not answered, and its chairman was away until the end of the week.",
        ];
        let read = |line| Line::new(Cow::Borrowed(line), &lexicon, &mut Workspace::default());
        let lines = text.map(read);
        let lines: Vec<&Line<'_>> = lines.iter().collect();
        assert_eq!(signed(&lines), [1, 2, 3]);
        assert!(signed(&lines[1..]).is_empty());
    }

    #[test]
    fn how_lines_are_built() {
        let same = |a, b| assert_eq!(skeleton(a), skeleton(b), "{a} | {b}");
        same("Norland (Group A): seventh year", "East Isle (Group D): fifth year");
        same("Rovers 3, Athletic 1", "Harbour 0, Wanderers 12");
        assert_eq!(skeleton("Market hall to get a new roof"), None);
        assert_eq!(skeleton("It rained."), None);
    }
}
