//! Who shares: what makes a passage shared.

/// Who has something. It is shared if two outlets have it, and where one corpus is held against another,
/// if both corpora do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parties {
    /// The least and the greatest number of an outlet.
    outlets: (u32, u32),
    /// Bits of the corpora.
    corpora: u8,
}

impl Parties {
    /// Nobody.
    pub(crate) const NONE: Self = Self { outlets: (u32::MAX, 0), corpora: 0 };

    /// A document's outlet, and its corpus where there are two.
    pub(super) fn new(outlet: u32, corpus: Option<Corpus>) -> Self {
        let corpora = match corpus {
            Some(Corpus::This) => 1,
            Some(Corpus::Other) => 2,
            None => 3,
        };
        Self { outlets: (outlet, outlet), corpora }
    }

    /// These and others.
    pub(crate) fn and(self, other: Self) -> Self {
        let (least, greatest) =
            (self.outlets.0.min(other.outlets.0), self.outlets.1.max(other.outlets.1));
        Self { outlets: (least, greatest), corpora: self.corpora | other.corpora }
    }

    /// Whether they share what they have. If there are two outlets and two corpora, then some outlet
    /// of one corpus is not some outlet of the other.
    pub(crate) fn share(self) -> bool {
        self.outlets.0 < self.outlets.1 && self.corpora == 3
    }
}

/// One of two corpora of which one is held against the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Corpus {
    This,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_outlets_and_two_corpora_share() {
        let party = |outlet, corpus| Parties::new(outlet, Some(corpus));
        let alone = |outlet| Parties::new(outlet, None);
        assert!(!Parties::NONE.share());
        assert!(!alone(4).and(alone(4)).share());
        assert!(alone(4).and(alone(5)).share());
        assert!(!party(4, Corpus::This).and(party(5, Corpus::This)).share());
        assert!(!party(4, Corpus::This).and(party(4, Corpus::Other)).share());
        assert!(party(4, Corpus::This).and(party(5, Corpus::Other)).share());
    }
}
