//! Original text to blocks: one a line, tiling the text.

use std::ops::Range;

use memchr::{memchr3_iter, memmem};

use crate::block::Block;

/// The blocks of `text`, in order; joined, they give it back.
///
/// Lines end where any of the systems that articles come from ends them: `\n`, `\r\n`, a lone `\r`
/// (old feeds), U+2028 and U+2029 (content management systems in JavaScript).
pub fn segment(text: &str) -> Vec<Block> {
    let bytes = text.as_bytes();
    let mut blocks = Vec::with_capacity(FEW + bytes.len() / USUAL);
    let mut start = 0;
    // Quotation marks and dashes begin as separators do, and few texts have separators.
    let is_there = |separator: &&str| memmem::find(bytes, separator.as_bytes()).is_some();
    let lead = if SEPARATORS.iter().any(is_there) { SEPARATOR_LEAD } else { b'\n' };
    let ends = memchr3_iter(b'\n', b'\r', lead, bytes).filter_map(|at| end(bytes, at));
    for end in ends.chain((!text.ends_with(is_terminator)).then_some(text.len())) {
        if start < end {
            blocks.push(block(text, start..end, blocks.len()));
            start = end;
        }
    }
    blocks
}

/// White space, and what is as invisible at the end of a line: zero-width space, word joiner, byte
/// order mark.
///
/// U+0085 is not trimmed, though Unicode has it as a line end: in scraped text it is the ellipsis of
/// windows-1252, and [`crate::normalize`] makes it one.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\u{85}' || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// Room for so many lines, and for one more for so many bytes, is enough for most articles.
const FEW: usize = 8;
const USUAL: usize = 128;

const SEPARATORS: [&str; 2] = ["\u{2028}", "\u{2029}"];
/// First byte of both.
const SEPARATOR_LEAD: u8 = 0xE2;

fn is_terminator(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Where the line ends whose terminator may begin at `at`.
fn end(bytes: &[u8], at: usize) -> Option<usize> {
    match &bytes[at..] {
        [b'\r', b'\n', ..] => None, // ends with the \n
        [b'\r' | b'\n', ..] => Some(at + 1),
        [SEPARATOR_LEAD, 0x80, 0xA8 | 0xA9, ..] => Some(at + 3),
        _ => None,
    }
}

fn block(text: &str, range: Range<usize>, before: usize) -> Block {
    let line = &text[range.clone()];
    let body = line.trim_start_matches(is_blank);
    let start = range.end - body.len();
    let body = body.trim_end_matches(is_blank);
    let start = if body.is_empty() { range.start } else { start };
    Block { body: start..start + body.len(), range, line: before as u32 + 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bodies(text: &str) -> Vec<&str> {
        segment(text).iter().map(|block| block.text(text)).collect()
    }

    #[test]
    fn lines_end_where_any_system_ends_them() {
        for (text, want, why) in [
            ("", vec![], "nothing is no line"),
            ("one", vec!["one"], "a last line without end"),
            ("one\n", vec!["one"], "a last line with its end"),
            ("one\n\ntwo", vec!["one", "", "two"], "a blank line"),
            ("one\r\ntwo\rthree\r\r\n", vec!["one", "two", "three", ""], "returns"),
            ("one\u{2028}two\u{2029}", vec!["one", "two"], "separators"),
            ("“one” \u{2027}\u{202A}", vec!["“one” \u{2027}\u{202A}"], "not their neighbours"),
            ("one\u{85}", vec!["one\u{85}"], "an ellipsis of windows-1252"),
        ] {
            assert_eq!(bodies(text), want, "{why}");
        }
    }

    #[test]
    fn bodies_have_no_white_space_at_their_ends() {
        assert_eq!(bodies("\u{FEFF} \tone two\u{A0}\u{3000}\n"), ["one two"]);
        assert_eq!(bodies("\u{200B}\n"), [""]);
        assert_eq!(segment("a\n  \n")[1].body, 2..2, "at the start of a blank line");
    }

    proptest! {
        #[test]
        fn blocks_tile_the_text(
            text in "[ab \\n\\r\\u{2028}\\u{2029}\\u{2026}é\\u{A0}\\u{FEFF}\\u{85}]{0,40}"
        ) {
            let blocks = segment(&text);
            let joined: String = blocks.iter().map(|block| &text[block.range.clone()]).collect();
            prop_assert_eq!(joined, text.as_str());
            for (i, block) in blocks.iter().enumerate() {
                prop_assert_eq!(block.line as usize, i + 1);
                prop_assert!(block.range.start <= block.body.start);
                prop_assert!(block.body.end <= block.range.end);
                let body = block.text(&text);
                prop_assert!(!body.starts_with(is_blank) && !body.ends_with(is_blank));
                prop_assert!(!body.contains(is_terminator));
            }
        }
    }
}
