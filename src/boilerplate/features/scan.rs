//! One pass over a line: its tokens, hashed, and what its characters say of its shape.

use std::ops::Range;

use super::ascii::{self, ALNUM, CLOSES, LOWER, MARK, OPENS, SEPARATOR, SPACE, UPPER};
use super::chars::{
    folded, is_alphanumeric, is_invisible, is_letter, is_printers, is_separator, widen,
};
use super::token::{Token, step};
use crate::words::is_unspaced;

/// Of a long line only so many of its first and last tokens are looked at: openings and endings
/// tell, and a paragraph's middle costs.
const HEAD: usize = 16;
const TAIL: usize = 8;

/// What one pass over a line finds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// All tokens, kept or not.
    pub(super) count: usize,
    pub(super) chars: usize,
    pub(super) unspaced: usize,
    pub(super) digits: usize,
    pub(super) commas: usize,
    pub(super) separators: usize,
    pub(super) quotes: usize,
    /// Ends of sentences before the end of the line.
    pub(super) sentences: usize,
    /// Words that have case, those of them that begin with a capital, and those all in capitals.
    pub(super) cased: usize,
    pub(super) capital: usize,
    pub(super) shouted: usize,
    /// Words, the longest, and those of at most three characters.
    pub(super) words: usize,
    pub(super) longest: usize,
    pub(super) short: usize,
    pub(super) address: bool,
    pub(super) at: bool,
    pub(super) year: bool,
    /// Where the tokens kept stand: the last are written round and round behind the first.
    kept: Vec<Span>,
    /// Bytes of characters behind their first.
    behind: usize,
    // Where the pass is.
    token: Open,
    spaced: Spaced,
    stop: Stop,
}

/// Where a token stands in the line, hashed only if it is kept.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: usize,
    end: usize,
    /// Its characters; 0 for one that is a token by itself.
    length: usize,
    word: bool,
}

/// The token being read.
#[derive(Debug, Default)]
struct Open {
    span: Span,
    /// Whether it is a row of ASCII letters and digits.
    plain: bool,
    /// Whether `word.` stands right before it.
    dotted: bool,
}

/// What stands between white space.
#[derive(Debug, Default)]
struct Spaced {
    length: usize,
    /// The case of the first character, as of [`ascii::class`], and the cases of all.
    first: u8,
    all: u8,
}

/// How far the end of a sentence has been seen.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stop {
    #[default]
    None,
    Mark,
    Space,
}

impl Scan {
    pub(super) fn new() -> Self {
        Self { kept: Vec::with_capacity(HEAD + TAIL), ..Self::default() }
    }

    /// Looks at the first tokens of a line only, and at nothing else of it; nor are their stems and
    /// endings told.
    pub(super) fn opening(&mut self, text: &str, tokens: &mut Vec<Token>) {
        self.clear();
        let before = tokens.len();
        let (bytes, mut at) = (text.as_bytes(), 0);
        // The hash of the letters and digits of the word that is being read.
        let mut word: Option<u64> = None;
        while let Some(&byte) = bytes.get(at).filter(|_| tokens.len() < before + HEAD) {
            let class = ascii::class(byte);
            if class & ALNUM != 0 {
                let (run, _) = bytes[at..].split_at(ascii::run(&bytes[at..]).length);
                let fold = |hash, &byte: &u8| step(hash, ascii::folded(byte).into());
                word = Some(run.iter().fold(word.unwrap_or(0), fold));
                at += run.len();
                continue;
            }
            if class & SPACE != 0 {
                tokens.extend(word.take().map(Token::of));
                at += 1;
                continue;
            }
            let mut rest = text[at..].chars();
            let c = rest.next().unwrap_or_default();
            at += c.len_utf8();
            if is_invisible(c) {
                continue;
            }
            let c = widen(c);
            let is_alone = is_unspaced(c);
            if is_alphanumeric(c) && !is_alone {
                word = Some(step(word.unwrap_or(0), folded(c) as u32));
                continue;
            }
            let is_inside = matches!(c, '\'' | '’') && word.is_some();
            if is_inside && is_letter(rest.next()) {
                continue; // Inside a word: dropped.
            }
            tokens.extend(word.take().map(Token::of));
            tokens.extend((!c.is_whitespace()).then(|| Token::single(c, is_alone)));
        }
        tokens.extend(word.take().map(Token::of));
        self.count = tokens.len() - before;
    }

    fn clear(&mut self) {
        let mut kept = std::mem::take(&mut self.kept);
        kept.clear();
        *self = Self { kept, ..Self::default() };
    }

    /// Looks at a line, and adds the tokens kept of it; what an earlier line left is cleared.
    pub(super) fn line(&mut self, text: &str, tokens: &mut Vec<Token>) {
        self.clear();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let class = ascii::class(byte);
            if class & ALNUM != 0 {
                at = self.run(text, at);
            } else if class & SPACE != 0 {
                self.space(text);
                at += 1;
            } else if byte.is_ascii() {
                self.sign(text, at, class);
                at += 1;
            } else {
                at += self.beyond(text, at);
            }
        }
        self.finish(text, tokens);
    }

    fn finish(&mut self, text: &str, tokens: &mut Vec<Token>) {
        self.close_token(text);
        self.close_spaced();
        self.chars = text.len() - self.behind;
        let (head, tail) = self.kept.split_at(self.kept.len().min(HEAD));
        let oldest = self.count.saturating_sub(HEAD + TAIL) % TAIL;
        let in_order = head.iter().chain(&tail[oldest..]).chain(&tail[..oldest]);
        tokens.extend(in_order.map(|span| span.token(text)));
    }

    /// Reads the ASCII letters and digits from `start` on, and a space behind them where they are all
    /// that stands before it: most words. Gives the end of what it read.
    #[inline]
    fn run(&mut self, text: &str, start: usize) -> usize {
        let bytes = text.as_bytes();
        let run = ascii::run(&bytes[start..]);
        let end = start + run.length;
        self.digits += run.digits;
        let first = ascii::class(bytes[start]);
        self.sentences += usize::from(self.stop == Stop::Space && first & LOWER == 0);
        self.stop = Stop::None;
        let word = &mut self.spaced;
        if word.length == 0 {
            let first = first & (UPPER | LOWER);
            if bytes.get(end) == Some(&b' ') {
                let span = Span { start, end, length: run.length, word: true };
                self.count_spaced(&Spaced { length: run.length, first, all: run.cases });
                self.count_token(text, &Open { span, plain: true, dotted: false });
                return end + 1;
            }
            word.first = first;
        }
        word.length += run.length;
        word.all |= run.cases;
        self.extend(start, end, run.length, true);
        end
    }

    /// Reads white space of ASCII.
    #[inline]
    fn space(&mut self, text: &str) {
        if self.stop != Stop::None {
            self.stop = Stop::Space;
        }
        self.close_spaced();
        self.close_token(text);
    }

    /// Reads any other ASCII character.
    fn sign(&mut self, text: &str, at: usize, class: u8) {
        let byte = text.as_bytes()[at];
        self.commas += usize::from(byte == b',');
        self.quotes += usize::from(byte == b'"');
        self.at |= byte == b'@';
        self.separators += usize::from(class & SEPARATOR != 0);
        // As in `sentence`, by the bits.
        let closes = self.stop == Stop::Mark && class & CLOSES != 0;
        self.sentences += usize::from(self.stop == Stop::Space && class & OPENS != 0);
        self.stop = if closes || class & MARK != 0 { Stop::Mark } else { Stop::None };
        self.spaced.length += 1;
        let inside = byte == b'\'' && self.token.span.length > 0;
        if inside && is_letter(text[at + 1..].chars().next()) {
            return; // Inside a word: dropped.
        }
        let named = self.token.span.length > 0 && byte == b'.';
        self.close_token(text);
        self.single(at, at + 1, false);
        self.token.dotted = named;
    }

    /// Reads any character; gives its length in bytes.
    fn beyond(&mut self, text: &str, at: usize) -> usize {
        let mut rest = text[at..].chars();
        let c = rest.next().unwrap_or_default();
        self.shape(c);
        self.read(text, c, at..at + c.len_utf8(), rest.next());
        c.len_utf8()
    }

    fn shape(&mut self, c: char) {
        self.behind += c.len_utf8() - 1;
        self.digits += usize::from(!is_printers(c) && c.is_numeric());
        match c {
            ',' | '，' | '、' | '،' => self.commas += 1,
            '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' => self.quotes += 1,
            '@' => self.at = true,
            _ => {}
        }
        self.separators += usize::from(is_separator(c));
        self.sentence(c);
        if c.is_whitespace() {
            self.close_spaced();
            return;
        }
        let case = if c.is_uppercase() {
            UPPER
        } else if c.is_lowercase() {
            LOWER
        } else {
            0
        };
        let word = &mut self.spaced;
        if word.length == 0 {
            word.first = case;
        }
        word.length += 1;
        word.all |= case;
    }

    fn sentence(&mut self, c: char) {
        self.stop = match c {
            '。' | '！' | '？' => {
                self.sentences += 1;
                Stop::None
            }
            '.' | '!' | '?' | '…' => Stop::Mark,
            '"' | '\'' | '”' | '’' | '»' | ')' if self.stop == Stop::Mark => Stop::Mark,
            _ if self.stop == Stop::None => Stop::None,
            _ if c.is_whitespace() => Stop::Space,
            _ => {
                let opens = || {
                    matches!(c, '"' | '“' | '‘' | '«' | '„' | '(')
                        || is_alphanumeric(c) && !c.is_ascii_lowercase()
                };
                self.sentences += usize::from(self.stop == Stop::Space && opens());
                Stop::None
            }
        };
    }

    /// What a character beyond ASCII is to tokens.
    fn read(&mut self, text: &str, c: char, range: Range<usize>, next: Option<char>) {
        if is_invisible(c) {
            return;
        }
        let c = widen(c);
        if is_unspaced(c) {
            self.unspaced += 1;
            self.close_token(text);
            self.single(range.start, range.end, true);
        } else if is_alphanumeric(c) {
            self.extend(range.start, range.end, 1, false);
        } else if matches!(c, '\'' | '’') && self.token.span.length > 0 && is_letter(next) {
            // Inside a word: dropped.
        } else {
            let named = self.token.span.length > 0 && c == '.';
            self.close_token(text);
            if !c.is_whitespace() {
                self.single(range.start, range.end, false);
            }
            self.token.dotted = named;
        }
    }

    fn extend(&mut self, start: usize, end: usize, length: usize, plain: bool) {
        let token = &mut self.token;
        if token.span.length == 0 {
            token.span.start = start;
            token.plain = plain;
        } else {
            token.plain = false;
        }
        token.span.end = end;
        token.span.length += length;
    }

    fn close_token(&mut self, text: &str) {
        let token = std::mem::take(&mut self.token);
        if token.span.length > 0 {
            self.count_token(text, &token);
        }
    }

    #[inline]
    fn count_token(&mut self, text: &str, token: &Open) {
        let span = token.span;
        self.words += 1;
        self.longest = self.longest.max(span.length);
        self.short += usize::from(span.length <= 3);
        if token.may_tell(text.as_bytes()) {
            self.year |=
                span.length == 4 && span.number(text).is_some_and(|n| (1900..2100).contains(&n));
            self.address |= token.is_address(text);
        }
        self.push(Span { word: true, ..span });
    }

    fn single(&mut self, start: usize, end: usize, word: bool) {
        if word {
            self.words += 1;
            self.longest = self.longest.max(1);
            self.short += 1;
        }
        self.push(Span { start, end, length: 0, word });
    }

    fn push(&mut self, span: Span) {
        if self.count < HEAD + TAIL {
            self.kept.push(span);
        } else {
            self.kept[HEAD + (self.count - HEAD) % TAIL] = span;
        }
        self.count += 1;
    }

    fn close_spaced(&mut self) {
        let word = std::mem::take(&mut self.spaced);
        self.count_spaced(&word);
    }

    #[inline]
    fn count_spaced(&mut self, word: &Spaced) {
        let &Spaced { length, first, all } = word;
        let is_cased = first != 0;
        self.cased += usize::from(is_cased);
        self.capital += usize::from(first & UPPER != 0);
        self.shouted += usize::from(is_cased && length > 1 && all == UPPER);
    }
}

impl Open {
    /// Whether it may be a year or a part of an address: as few words, so that a guess is mostly right.
    fn may_tell(&self, bytes: &[u8]) -> bool {
        if !self.plain || self.dotted {
            return true;
        }
        let first = bytes[self.span.start];
        let pair = [first, bytes[self.span.end - 1]].map(|byte| byte | 0x20);
        first.is_ascii_digit() || SCHEME_EDGES.contains(&pair)
    }

    /// Whether it is a part that only addresses have.
    fn is_address(&self, text: &str) -> bool {
        let Self { span, plain, dotted } = *self;
        if span.length > LONGEST_NAME {
            return false;
        }
        let is = |name: &&str| {
            if plain {
                text[span.start..span.end].eq_ignore_ascii_case(name)
            } else {
                span.chars(text).map(folded).eq(name.chars())
            }
        };
        SCHEMES.iter().any(&is) || dotted && TLDS.iter().any(is)
    }
}

impl Span {
    /// Its letters and digits, without the apostrophes and invisible characters between them.
    fn chars(self, text: &str) -> impl Iterator<Item = char> + Clone {
        text[self.start..self.end].chars().map(widen).filter(|c| c.is_alphanumeric())
    }

    /// Its value, where it is a number.
    fn number(self, text: &str) -> Option<u32> {
        self.chars(text).try_fold(0, |number, c| Some(number * 10 + c.to_digit(10)?))
    }

    fn token(self, text: &str) -> Token {
        if self.length == 0 {
            let c = text[self.start..self.end].chars().next().map_or('\0', widen);
            return Token::single(c, self.word);
        }
        if self.end - self.start == self.length {
            // As many characters as bytes: they are ASCII, and nothing stands between them.
            let bytes = &text.as_bytes()[self.start..self.end];
            return Token::whole(bytes.iter().map(|&byte| ascii::folded(byte).into()), self.length);
        }
        let letters = self.chars(text).map(|c| folded(c) as u32);
        Token::whole(letters.clone(), letters.count())
    }
}

/// Parts that only addresses have, and those that are one behind a full stop.
const SCHEMES: [&str; 3] = ["www", "http", "https"];
const TLDS: [&str; 11] = ["com", "org", "net", "uk", "de", "fr", "ru", "pl", "cn", "gr", "info"];
/// First and last letter of the schemes.
const SCHEME_EDGES: [[u8; 2]; 3] = [*b"ww", *b"hp", *b"hs"];
/// The longest of them, in characters.
const LONGEST_NAME: usize = 5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chars;
    use super::*;

    fn scan(text: &str) -> (Scan, Vec<Token>) {
        let (mut scan, mut tokens) = (Scan::new(), Vec::new());
        scan.line(text, &mut tokens);
        (scan, tokens)
    }

    proptest! {
        /// The short cuts for ASCII against the way of every other character.
        #[test]
        fn short_cuts_see_what_there_is(
            text in "([aA]|[a-zA-Z0-9]{1,6}|[a-z]{6,20}|[A-Z]{6,20}|[12][09][0-9]{2}|\
                [ .!?,'\"@/()’ʼ“éÉ水。！\u{AD}\u{FF07}\u{1F}]|[wW]{3}|[hH]ttps?|U\\.|\\.com){0,60}"
        ) {
            let (mut slow, mut tokens) = (Scan::new(), Vec::new());
            let mut at = 0;
            while at < text.len() {
                at += slow.beyond(&text, at);
            }
            slow.finish(&text, &mut tokens);
            let (fast, all) = scan(&text);
            prop_assert_eq!(format!("{slow:?}"), format!("{fast:?}"));
            prop_assert_eq!(&tokens, &all);
            prop_assert_eq!(chars::count(&text), (fast.chars, fast.unspaced));
            let (mut opening, mut tokens) = (Scan::new(), vec![Token::default()]);
            opening.opening(&text, &mut tokens);
            let first = fast.count.min(HEAD);
            let told = |tokens: &[Token]| -> Vec<(u32, bool)> {
                tokens[..first].iter().map(|token| (token.hash, token.word)).collect()
            };
            prop_assert!(opening.count >= first && tokens.len() == 1 + opening.count);
            prop_assert_eq!(told(&tokens[1..]), told(&all));
        }

        /// Hashed by their bytes, against one character behind the other.
        #[test]
        fn words_of_ascii_are_those_of_their_letters(word in "[a-zA-Z0-9]{1,30}") {
            let letters = word.chars().map(|c| folded(c) as u32);
            let span = Span { start: 0, end: word.len(), length: word.len(), word: true };
            prop_assert_eq!(span.token(&word), Token::whole(letters, word.len()));
        }
    }

    #[test]
    fn tokens_are_folded_and_blind_to_numbers() {
        for (a, b) in [("Don’t STOP", "dont stop"), ("at 12:30", "AT 99:01"), ("ｎｅｗｓ", "News")]
        {
            assert_eq!(scan(a).1, scan(b).1, "{a}");
        }
        assert_eq!(scan("水位は高い").0.count, 5);
        assert_eq!(scan("a, b").0.count, 3);
    }

    #[test]
    fn of_a_long_line_the_first_and_the_last_tokens_stay_in_order() {
        let words: Vec<String> =
            (0..40).map(|i| format!("w{}", char::from(b'a' + i % 26))).collect();
        let all: Vec<Token> = words.iter().map(|word| scan(word).1[0]).collect();
        let kept = scan(&words.join(" ")).1;
        assert_eq!(kept[..HEAD], all[..HEAD]);
        assert_eq!(kept[HEAD..], all[40 - TAIL..]);
    }

    #[test]
    fn what_is_counted() {
        let (line, _) = scan("The PORT shut in 1987. It “stays” so, see quaypost.com. 水");
        assert_eq!((line.sentences, line.commas, line.quotes, line.unspaced), (2, 1, 2, 1));
        assert!(line.year && line.address && !line.at);
        // A word that opens with a sign, or with a digit, has no case of its own.
        assert_eq!((line.cased, line.capital, line.shouted), (8, 3, 1));
        assert!(!scan("no year 12345, no address. com").0.address);
    }
}
