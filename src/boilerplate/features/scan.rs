//! One pass over a line: its tokens, hashed, and what its characters say of its shape.

use crate::words::is_unspaced;

/// Of a long line only so many of its first and last tokens are looked at: openings and endings
/// tell, and a paragraph's middle costs.
const HEAD: usize = 16;
const TAIL: usize = 8;

/// A word, a number, a character of an unspaced script or another sign, folded and number-blind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Token {
    /// Hash of all its characters.
    pub(crate) hash: u32,
    /// Of its first four and last three where it has more than five; else 0.
    pub(crate) stem: u32,
    pub(crate) ending: u32,
    /// Whether it begins with a letter or a digit.
    pub(crate) word: bool,
}

/// What one pass over a line finds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The tokens kept.
    pub(super) tokens: Vec<Token>,
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
    // Where the pass is.
    token: Open,
    spaced: Spaced,
    stop: Stop,
    before: char,
}

/// The token being read.
#[derive(Debug, Default)]
struct Open {
    hash: u64,
    stem: u64,
    last: [u32; 3],
    length: usize,
    /// Its value, where it is a number of at most four digits.
    number: Option<u32>,
    /// Whether `word.` stands right before it.
    dotted: bool,
}

/// What stands between white space.
#[derive(Debug, Default)]
struct Spaced {
    length: usize,
    /// Whether the first character is a capital; none where it has no case.
    capital: Option<bool>,
    lower: bool,
    upper: bool,
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
    /// Looks at a line; what an earlier line left is cleared.
    pub(super) fn line(&mut self, text: &str) {
        let mut tokens = std::mem::take(&mut self.tokens);
        tokens.clear();
        *self = Self { tokens, ..Self::default() };
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            self.shape(c);
            self.read(c, chars.peek().copied());
            self.before = c;
        }
        self.close_token();
        self.close_spaced();
        // The last tokens were written round and round behind the first.
        if self.count > HEAD + TAIL {
            let oldest = (self.count - HEAD) % TAIL;
            self.tokens[HEAD..].rotate_left(oldest);
        }
    }

    fn shape(&mut self, c: char) {
        self.chars += 1;
        if c.is_ascii_digit() || !c.is_ascii() && c.is_numeric() {
            self.digits += 1;
        }
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
        let (upper, lower) = case(c);
        let word = &mut self.spaced;
        if word.length == 0 {
            word.capital = (upper || lower).then_some(upper);
        }
        word.length += 1;
        word.upper |= upper;
        word.lower |= lower;
    }

    fn sentence(&mut self, c: char) {
        let opens = matches!(c, '"' | '“' | '‘' | '«' | '„' | '(') || c.is_ascii_digit();
        let letter = c.is_alphanumeric() && !c.is_ascii_lowercase();
        self.stop = match c {
            '。' | '！' | '？' => {
                self.sentences += 1;
                Stop::None
            }
            '.' | '!' | '?' | '…' => Stop::Mark,
            _ if c.is_whitespace() && self.stop != Stop::None => Stop::Space,
            '"' | '\'' | '”' | '’' | '»' | ')' if self.stop == Stop::Mark => Stop::Mark,
            _ => {
                self.sentences += usize::from(self.stop == Stop::Space && (opens || letter));
                Stop::None
            }
        };
    }

    fn read(&mut self, c: char, next: Option<char>) {
        if is_invisible(c) {
            return;
        }
        let c = widen(c);
        if is_unspaced(c) {
            self.unspaced += 1;
            self.close_token();
            self.single(c, true);
        } else if c.is_alphanumeric() {
            self.extend(c);
        } else if matches!(c, '\'' | '’' | 'ʼ') && self.token.length > 0 && is_letter(next) {
            // Inside a word: dropped.
        } else {
            let named = self.token.length > 0 && c == '.';
            self.close_token();
            if !c.is_whitespace() {
                self.single(c, false);
            }
            self.token.dotted = named;
        }
    }

    fn extend(&mut self, c: char) {
        let number = c.to_digit(10);
        let folded = if c.is_numeric() { '0' } else { fold(c) };
        let token = &mut self.token;
        token.number = match (token.length, token.number, number) {
            (0, _, digit) => digit,
            (1..4, Some(so_far), Some(digit)) => Some(so_far * 10 + digit),
            _ => None,
        };
        token.hash = step(token.hash, folded as u32);
        token.length += 1;
        if token.length == 4 {
            token.stem = token.hash;
        }
        token.last = [token.last[1], token.last[2], folded as u32];
    }

    fn close_token(&mut self) {
        let token = std::mem::take(&mut self.token);
        if token.length == 0 {
            return;
        }
        self.words += 1;
        self.longest = self.longest.max(token.length);
        self.short += usize::from(token.length <= 3);
        self.year |= token.length == 4 && token.number.is_some_and(|n| (1900..2100).contains(&n));
        let hash = finish(token.hash);
        self.address |=
            hash == WWW || hash == HTTP || hash == HTTPS || token.dotted && TLDS.contains(&hash);
        let long = token.length > 5;
        let ending = || token.last.iter().fold(0, |h, &c| step(h, c));
        self.push(Token {
            hash,
            stem: if long { finish(token.stem) } else { 0 },
            ending: if long { finish(ending()) } else { 0 },
            word: true,
        });
    }

    fn single(&mut self, c: char, word: bool) {
        if word {
            self.words += 1;
            self.longest = self.longest.max(1);
            self.short += 1;
        }
        self.push(Token { hash: finish(step(0, c as u32)), stem: 0, ending: 0, word });
    }

    fn push(&mut self, token: Token) {
        if self.count < HEAD + TAIL {
            self.tokens.push(token);
        } else {
            self.tokens[HEAD + (self.count - HEAD) % TAIL] = token;
        }
        self.count += 1;
    }

    fn close_spaced(&mut self) {
        let word = std::mem::take(&mut self.spaced);
        if let Some(capital) = word.capital {
            self.cased += 1;
            self.capital += usize::from(capital);
            self.shouted += usize::from(word.length > 1 && word.upper && !word.lower);
        }
    }
}

/// Signs that set names of sections, steps of a path and items of a list apart.
pub(super) fn is_separator(c: char) -> bool {
    matches!(
        c,
        '|' | '/'
            | '›'
            | '»'
            | '·'
            | '•'
            | '>'
            | '→'
            | '←'
            | '‹'
            | '«'
            | '–'
            | '—'
            | '~'
            | '*'
            | '+'
            | '='
            | '<'
            | '■'
            | '▶'
            | '►'
            | '●'
            | '▪'
            | '◆'
    )
}

/// Upper and lower case, quickly for the common letters.
fn case(c: char) -> (bool, bool) {
    if c.is_ascii() {
        (c.is_ascii_uppercase(), c.is_ascii_lowercase())
    } else {
        (c.is_uppercase(), c.is_lowercase())
    }
}

fn is_letter(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// Full-width forms as their plain ones. More of compatibility normalisation is not worth its
/// time here: the counts and keys of lines have it.
fn widen(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    }
}

fn fold(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

// Features are hashed by the character, as they come: no word is ever put together, and `hash`
// wants its bytes in one piece.

const fn step(hash: u64, c: u32) -> u64 {
    (hash.rotate_left(5) ^ c as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

const fn finish(hash: u64) -> u32 {
    (hash >> 32) as u32
}

const fn of(word: &str) -> u32 {
    let (bytes, mut hash, mut i) = (word.as_bytes(), 0, 0);
    while i < bytes.len() {
        hash = step(hash, bytes[i] as u32);
        i += 1;
    }
    finish(hash)
}

const WWW: u32 = of("www");
const HTTP: u32 = of("http");
const HTTPS: u32 = of("https");
const TLDS: [u32; 11] = [
    of("com"),
    of("org"),
    of("net"),
    of("uk"),
    of("de"),
    of("fr"),
    of("ru"),
    of("pl"),
    of("cn"),
    of("gr"),
    of("info"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Scan {
        let mut scan = Scan::default();
        scan.line(text);
        scan
    }

    #[test]
    fn tokens_are_folded_and_blind_to_numbers() {
        for (a, b) in [("Don’t STOP", "dont stop"), ("at 12:30", "AT 99:01"), ("ｎｅｗｓ", "News")]
        {
            assert_eq!(scan(a).tokens, scan(b).tokens, "{a}");
        }
        assert_eq!(scan("水位は高い").count, 5);
        assert_eq!(scan("a, b").count, 3);
    }

    #[test]
    fn of_a_long_line_the_first_and_the_last_tokens_stay_in_order() {
        let words: Vec<String> =
            (0..40).map(|i| format!("w{}", char::from(b'a' + i % 26))).collect();
        let all: Vec<Token> = words.iter().map(|word| scan(word).tokens[0]).collect();
        let kept = scan(&words.join(" ")).tokens;
        assert_eq!(kept[..HEAD], all[..HEAD]);
        assert_eq!(kept[HEAD..], all[40 - TAIL..]);
    }

    #[test]
    fn what_is_counted() {
        let line = scan("The PORT shut in 1987. It “stays” so, see quaypost.com. 水");
        assert_eq!((line.sentences, line.commas, line.quotes, line.unspaced), (2, 1, 2, 1));
        assert!(line.year && line.address && !line.at);
        // A word that opens with a sign, or with a digit, has no case of its own.
        assert_eq!((line.cased, line.capital, line.shouted), (8, 3, 1));
        assert!(!scan("no year 12345, no address. com").address);
    }
}
