//! UTF-8 that was read as windows-1252 or Latin-1 is read as UTF-8 again: `â€™` is `’`.
//!
//! Any two to four characters that windows-1252 writes as the bytes of one UTF-8 character may be
//! such damage, and most are. But `CAFÉ »` with its no-break space is honest French and also the
//! bytes of `ɠ`, so each sequence must be believable where it stands: by what it would decode to, by
//! the letters around it, or by a line in the same script. Beside that, control characters are read
//! as the typographic ones that windows-1252 has in their places, and six more as what was cut to one
//! byte in them (U+2019 to U+0019).
//!
//! The idea is that of ftfy (Speer 2019, <https://doi.org/10.5281/zenodo.2591652>), which also
//! straightens quotes and guesses at lost bytes; here a wrong repair is worse than none.

use std::ops::Range;

use memchr::memchr2;

use super::{Replacement, has_controls};

/// What windows-1252 has at 0x80 to 0x9F; five places are empty
/// (<https://encoding.spec.whatwg.org/index-windows-1252.txt>).
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// Scripts of which one character alone is no evidence, since its sequence may be an accented letter
/// before a punctuation mark. Those of one number are written together.
const SCRIPTS: [(char, char, u8); 12] = [
    ('\u{370}', '\u{3FF}', 0),    // Greek
    ('\u{400}', '\u{52F}', 1),    // Cyrillic
    ('\u{530}', '\u{58F}', 2),    // Armenian
    ('\u{590}', '\u{5FF}', 3),    // Hebrew
    ('\u{600}', '\u{6FF}', 4),    // Arabic
    ('\u{900}', '\u{DFF}', 5),    // India and Sri Lanka
    ('\u{E00}', '\u{EFF}', 6),    // Thai, Lao
    ('\u{10A0}', '\u{10FF}', 7),  // Georgian
    ('\u{1200}', '\u{139F}', 8),  // Ethiopic
    ('\u{3000}', '\u{9FFF}', 9),  // Kana, Han and their punctuation
    ('\u{AC00}', '\u{D7A3}', 10), // Hangul
    ('\u{FF01}', '\u{FFEF}', 9),  // full width
];

pub(super) fn find(text: &str) -> Vec<Replacement> {
    if memchr2(0xC2, 0xC3, text.as_bytes()).is_none() && !has_controls(text) {
        return Vec::new();
    }
    let sequences = sequences(text);
    let mut found: Vec<Replacement> = Vec::new();
    for (i, sequence) in sequences.iter().enumerate() {
        if is_believable(text, &sequences, i) {
            found.push((sequence.range.clone(), sequence.decoded.to_string()));
        }
    }
    with_controls(text, found)
}

/// Characters that are the bytes of one character in UTF-8.
#[derive(Debug)]
struct Sequence {
    range: Range<usize>,
    bytes: Vec<u8>,
    decoded: char,
}

impl Sequence {
    /// What the bytes after the first are in windows-1252.
    fn tail(&self) -> impl Iterator<Item = char> {
        self.bytes[1..].iter().map(|&b| character(b))
    }

    /// A byte that windows-1252 does not have: no encoding but UTF-8 can have meant it.
    fn has_empty_place(&self) -> bool {
        self.tail().any(char::is_control)
    }
}

fn sequences(text: &str) -> Vec<Sequence> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| matches!(c, '\u{C2}'..='\u{F4}')) {
        if at >= from
            && let Some(sequence) = sequence(text, at, c)
        {
            from = sequence.range.end;
            found.push(sequence);
        }
    }
    found
}

fn sequence(text: &str, start: usize, lead: char) -> Option<Sequence> {
    let length = match lead {
        '\u{C2}'..='\u{DF}' => 2,
        '\u{E0}'..='\u{EF}' => 3,
        _ => 4,
    };
    let mut bytes = Vec::new();
    let mut end = start;
    for c in text[start..].chars().take(length) {
        bytes.push(byte(c)?);
        end += c.len_utf8();
    }
    let decoded = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some(Sequence { range: start..end, bytes, decoded })
}

/// The byte that a character beyond ASCII is in windows-1252, or in Latin-1.
fn byte(c: char) -> Option<u8> {
    match c {
        '\u{80}'..='\u{FF}' => Some(c as u8),
        _ => HIGH.iter().position(|&high| high == c).map(|i| 0x80 + i as u8),
    }
}

fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Whether a sequence is damage, and not an accented letter before punctuation.
fn is_believable(text: &str, sequences: &[Sequence], i: usize) -> bool {
    let sequence = &sequences[i];
    let around = Around::new(text, &sequence.range);
    let mut tail = sequence.tail();
    let (second, last) = (tail.next().unwrap_or_default(), tail.last());
    let last = last.unwrap_or(second);
    match sequence.decoded {
        _ if sequence.has_empty_place() => true,
        '\u{80}'..='\u{2FF}' | '\u{1E00}'..='\u{1EFF}' if touches_another(sequences, i) => true,
        '\u{80}'..='\u{BF}' => !around.after_capital(), // Â
        '\u{C0}'..='\u{FF}' => {
            !may_end_a_word(last) || !around.after_capital() || around.before_letter() // Ã
        }
        '\u{100}'..='\u{2AF}' => {
            around.after_small() || !may_join_words(last) && around.before_small()
        }
        '\u{1E00}'..='\u{1EFF}' => {
            let in_word = around.after_letter() || around.before_letter();
            let may_be_quoted = second == '»' && may_end_a_word(last);
            in_word && !may_be_quoted || around.before_small() && !may_join_words(last)
        }
        '\u{2000}'..='\u{2BFF}' => !may_end_a_word(second) || !around.after_letter(), // â
        '\u{FB00}'..='\u{FB06}' | '\u{FEFF}' | '\u{FFFD}' | '\u{1F000}'..='\u{1FAFF}' => true,
        decoded => script(decoded).is_some_and(|script| is_written_in(script, text, sequences)),
    }
}

/// What stands before and after a sequence.
struct Around {
    before: Option<char>,
    after: Option<char>,
}

impl Around {
    fn new(text: &str, range: &Range<usize>) -> Self {
        Self {
            before: text[..range.start].chars().next_back(),
            after: text[range.end..].chars().next(),
        }
    }

    fn after_capital(&self) -> bool {
        self.before.is_some_and(char::is_uppercase)
    }

    fn after_small(&self) -> bool {
        self.before.is_some_and(char::is_lowercase)
    }

    fn after_letter(&self) -> bool {
        self.before.is_some_and(char::is_alphabetic)
    }

    fn before_small(&self) -> bool {
        self.after.is_some_and(char::is_lowercase)
    }

    fn before_letter(&self) -> bool {
        self.after.is_some_and(char::is_alphabetic)
    }
}

/// Punctuation that follows an honest word.
fn may_end_a_word(c: char) -> bool {
    may_join_words(c)
        || matches!(c, '›' | '™' | '®' | '©' | '°' | 'º' | 'ª' | '¹' | '²' | '³' | '†' | '‡')
}

/// Punctuation that may stand between two honest words, without a plain space.
fn may_join_words(c: char) -> bool {
    matches!(c, '\u{A0}' | '‘' | '’' | '“' | '”' | '«' | '»' | '…' | '–' | '—' | '·' | '•')
}

fn script(c: char) -> Option<u8> {
    SCRIPTS.iter().find(|(first, last, _)| (*first..=*last).contains(&c)).map(|row| row.2)
}

/// Whether another sequence begins or ends where this one ends or begins.
fn touches_another(sequences: &[Sequence], i: usize) -> bool {
    let touch = |pair: &[Sequence]| pair[0].range.end == pair[1].range.start;
    let from = i.saturating_sub(1);
    sequences[from..sequences.len().min(i + 2)].windows(2).any(touch)
}

/// Whether the line has two sequences of a script with nothing but ASCII spaces and punctuation
/// between: then it is written in that script.
fn is_written_in(script: u8, text: &str, sequences: &[Sequence]) -> bool {
    let of_script = |sequence: &Sequence| self::script(sequence.decoded) == Some(script);
    let near = |pair: &[Sequence]| {
        let between = &text.as_bytes()[pair[0].range.end..pair[1].range.start];
        between.iter().all(|b| b.is_ascii() && !b.is_ascii_alphanumeric())
    };
    sequences.windows(2).any(|pair| pair.iter().all(of_script) && near(pair))
}

/// `found`, and the control characters outside it that are windows-1252 or half of UTF-16.
fn with_controls(text: &str, mut found: Vec<Replacement>) -> Vec<Replacement> {
    let controls = text.char_indices().filter_map(|(at, c)| {
        let inside = |(range, _): &Replacement| range.contains(&at);
        let meant = meant(c).filter(|_| !found.iter().any(inside))?;
        Some((at..at + c.len_utf8(), meant.to_string()))
    });
    let controls: Vec<Replacement> = controls.collect();
    found.extend(controls);
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// What a control character stands for, where that is known.
fn meant(c: char) -> Option<char> {
    match c {
        '\u{13}' => Some('–'),
        '\u{14}' => Some('—'),
        '\u{18}' => Some('‘'),
        '\u{19}' => Some('’'),
        '\u{1C}' => Some('“'),
        '\u{1D}' => Some('”'),
        '\u{80}'..='\u{9F}' => Some(character(c as u8)).filter(|high| !high.is_control()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::{Edits, Step};

    fn once(text: &str) -> String {
        Edits::of(Step::Mojibake, find(text)).apply(text)
    }

    /// `text` written as UTF-8 and read as windows-1252.
    fn damaged(text: &str) -> String {
        text.bytes().map(|b| if b.is_ascii() { char::from(b) } else { character(b) }).collect()
    }

    #[test]
    fn damage_is_repaired() {
        for (text, why) in [
            ("The mayor’s “plan” — if it is one… – costs €5", "typography"),
            ("Café, niño, Ångström, façade, à la carte, Ñandú, ÉCOLE", "Latin-1 letters"),
            ("ESPAÑA, JOSÉ y PERÚ", "between and after capitals"),
            ("£5, 30° and ©, ½", "Latin-1 signs after Â"),
            ("się, że łódź; škoda, děti, ağaç, ılık; mulți", "Latin letters beyond"),
            ("Привет, мир. Это в порядке", "Cyrillic, with words of one letter"),
            ("Καλημέρα κόσμε", "Greek"),
            ("שלום עולם, مرحبا بالعالم", "Hebrew and Arabic"),
            ("नमस्ते दुनिया, สวัสดี", "Hindi and Thai"),
            ("東京タワー、2020年", "Japanese"),
            ("안녕하세요", "Korean"),
            ("Tiếng Việt được", "Vietnamese"),
            ("so long 😀🇫🇷", "emoji"),
            ("\u{FEFF}first → then ✓ ™ ﬁ", "byte order mark, symbols, ligature"),
            ("lost \u{FFFD} for good", "what was lost before stays lost"),
        ] {
            assert_eq!(once(&damaged(text)), text, "{why}");
            assert_eq!(once(&once(&damaged(&damaged(text)))), text, "twice: {why}");
        }
    }

    #[test]
    fn honest_text_is_left_alone() {
        for (text, why) in [
            ("SÃO PAULO, ÂNGELA, AMANHÃ, IRMÃ…", "Portuguese capitals"),
            ("“AMANHÃ”, disse; «MANHÃ»; NÃO—SÃO", "capitals before punctuation"),
            (
                "CAFÉ\u{A0}», ANDRÉ\u{A0}et É’s, CAFÉ—the",
                "É and punctuation are the bytes of IPA letters",
            ),
            ("café\u{A0}» et thé\u{A0}»", "é, no-break space and » are the bytes of 頻"),
            ("mamá»… papá» está»", "Spanish at the end of a quotation"),
            ("le Malé’s, Payá’s, “băng giá“, là…, mê”", "small letters before typographic marks"),
            ("„Spaß“, Gruß… und Größe”", "ß"),
            ("hâlâ” — hâlâ–", "Turkish ends words in â"),
            ("“Ñ”, “Ö”, «Ø»", "letters as such"),
            ("Å\u{A0}ena", "perhaps Šena, perhaps two words"),
            ("10 °C, 5 €, ½ £ ©", "signs alone"),
            ("naïve façade à l’été où", "plain French"),
            ("Ð is edh, Þ is thorn", "Icelandic"),
        ] {
            assert_eq!(once(text), text, "{why}");
            assert!(find(text).is_empty(), "{why}");
        }
    }

    #[test]
    fn controls_are_what_windows_1252_or_utf_16_meant() {
        assert_eq!(once("\u{93}It\u{92}s\u{94} \u{96} caf\u{E9}\u{85}"), "“It’s” – café…");
        assert_eq!(once("\u{1C}Europe\u{19}s\u{1D} \u{13} \u{14}"), "“Europe’s” – —");
        assert_eq!(once("\u{81}"), "\u{81}", "an empty place stands for nothing");
        assert_eq!(once("\u{E2}\u{80}\u{99}"), "’", "read as Latin-1");
    }
}
