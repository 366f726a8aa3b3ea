//! Byte offsets to code points: the library counts bytes, files count code points, as Python slices.

/// Converts byte offsets of one text to code points. Each costs what lies between it and the one that
/// was asked for before, so in rising order all of them cost one pass over the text.
#[derive(Debug, Clone)]
pub struct CodePoints<'t> {
    text: &'t str,
    ascii: bool,
    byte: usize,
    point: usize,
}

impl<'t> CodePoints<'t> {
    /// A converter for `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, ascii: text.is_ascii(), byte: 0, point: 0 }
    }

    /// The code point that begins at `byte`, which must be a character's border.
    pub fn at(&mut self, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        if byte < self.byte {
            self.point -= self.text[byte..self.byte].chars().count();
        } else {
            self.point += self.text[self.byte..byte].chars().count();
        }
        self.byte = byte;
        self.point
    }
}

/// The byte at which code point `point` of `text` begins; the text's end where it has fewer.
pub fn byte_of(text: &str, point: usize) -> usize {
    let begins = |&byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
    let (mut behind, mut left) = (0, point);
    // Bytes that begin characters are counted many at a time, as vector instructions do.
    for block in text.as_bytes().chunks(BLOCK) {
        let count = block.iter().filter(|byte| begins(byte)).count();
        if count > left {
            break;
        }
        left -= count;
        behind += block.len();
    }
    let rest = (behind..).zip(&text.as_bytes()[behind..]);
    rest.filter(|(_, byte)| begins(byte)).nth(left).map_or(text.len(), |(byte, _)| byte)
}

/// Bytes looked at together.
const BLOCK: usize = 128;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn code_points_begin_where_characters_do(text in "[a-c é日😀]{0,400}", beyond in 0_usize..3) {
            let all = text.char_indices().map(|(byte, _)| byte);
            prop_assert!(all.clone().enumerate().all(|(point, byte)| byte_of(&text, point) == byte));
            prop_assert_eq!(byte_of(&text, all.count() + beyond), text.len());
        }
    }

    #[test]
    fn offsets_may_be_asked_for_in_any_order() {
        let text = "é—ab日";
        let mut points = CodePoints::new(text);
        for byte in [text.len(), 2, 5, 6, 0, 7] {
            let point = points.at(byte);
            assert_eq!(point, text[..byte].chars().count());
            assert_eq!(byte_of(text, point), byte);
        }
    }
}
