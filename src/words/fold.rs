//! The matching form of joined characters: NFKC, full case folding, NFKC again.
//!
//! Twice, because case folding undoes composition (`ǰ` folds to `j` and a caron) and compatibility
//! forms hide capitals (`Ⅷ`).

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

use super::chars::is_word;

/// Appends the matching form of `chars`; what is no word character after folding is dropped.
pub(super) fn fold(chars: &str, out: &mut String) {
    let composed: String = chars.nfkc().collect();
    let folded = UniCase::unicode(composed.as_str()).to_folded_case();
    out.extend(folded.nfkc().filter(|&c| is_word(c)));
}

/// The full case folding of one character.
pub(super) fn case_folded(c: char) -> String {
    UniCase::unicode(c.encode_utf8(&mut [0; 4]) as &str).to_folded_case()
}
