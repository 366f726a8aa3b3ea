//! Outlet templates: lines that an outlet prints again and again.
//!
//! The strongest evidence that knows no language. A [`Survey`] counts, for each outlet, in how many
//! of its documents a line stands (numbers left out, since dates and counters vary), and which lines
//! are another document's headline. Counts are over distinct documents: a page crawled twice counts
//! once. What was counted is [`Templates`], which the judges ask; a [`Profile`] keeps it in a file.

mod guard;
mod profile;
mod survey;

use std::collections::BTreeMap;

use crate::hash;

use serde::{Deserialize, Serialize};

pub use guard::{Jump, jumps};
pub use profile::{Known, KnownLine, Profile, Share, key_name};
pub use survey::{Page, Pages, Survey};

/// Fewer documents of an outlet than this show no template.
pub const FEW: u32 = 5;

/// A line is a network's where so many outlets carry it in most of their documents.
const NETWORK_OUTLETS: u32 = 3;
/// And so many documents have it, taken together.
const NETWORK_DOCUMENTS: u32 = 10;

/// How often a line stands in its outlet's documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Documents that have it as a line.
    pub documents: u32,
    /// Documents whose headline it is.
    pub headlines: u32,
}

impl Seen {
    /// Whether so many documents make a template, among `of`.
    ///
    /// Three documents and three in ten; in outlets of fifty or more, ten and one in twenty: a
    /// line that a tenth of a large outlet's pages carry was not written for any of them.
    pub fn is_template(self, of: u32) -> bool {
        let (n, of) = (u64::from(self.documents), u64::from(of));
        let many = n * 10 >= of * 3 || (of >= 50 && n >= 10 && n * 20 >= of);
        of >= u64::from(FEW) && n >= 3 && many
    }

    /// Whether most documents have it, so that it may be the furniture of a chain of outlets. A
    /// story that a wire sent around stands in few documents of each outlet.
    fn is_furniture(self, of: u32) -> bool {
        of >= 3 && self.documents >= 2 && u64::from(self.documents) * 2 > u64::from(of)
    }

    /// Whether it is worth remembering in an outlet of so many documents: a table of lines then
    /// never grows beyond what two hundred documents can hold, but for headlines.
    fn is_worth_keeping(self, of: u32) -> bool {
        self.headlines > 0 || (self.documents >= 2 && u64::from(self.documents) * 200 >= of.into())
    }
}

/// An outlet as it was surveyed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlet {
    /// Distinct documents.
    pub documents: u32,
    /// How many of its documents say which language they are in.
    pub languages: BTreeMap<String, u64>,
    /// Lines and openings of lines, by their keys.
    pub lines: hash::Map<Seen>,
}

impl Outlet {
    /// The language that most of its documents claim.
    pub fn language(&self) -> Option<&str> {
        majority(&self.languages)
    }
}

/// The language that most documents claim; of two with the same number the first by name.
fn majority(languages: &BTreeMap<String, u64>) -> Option<&str> {
    let most = languages.iter().max_by_key(|(name, n)| (**n, std::cmp::Reverse(*name)));
    most.map(|(name, _)| name.as_str())
}

/// What outlets repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Templates {
    outlets: BTreeMap<String, Outlet>,
    /// Lines that are the furniture of several outlets, and of how many.
    network: hash::Map<u32>,
}

impl Templates {
    /// The templates of these outlets, and what several of them have in common.
    pub fn new(outlets: BTreeMap<String, Outlet>) -> Self {
        let mut carried: hash::Map<(u32, u32)> = hash::Map::default();
        for outlet in outlets.values() {
            // The order does not show: what is counted is added up.
            #[allow(clippy::iter_over_hash_type)]
            for (&key, seen) in &outlet.lines {
                if seen.is_furniture(outlet.documents) {
                    let (outlets, documents) = carried.entry(key).or_default();
                    *outlets += 1;
                    *documents = documents.saturating_add(seen.documents);
                }
            }
        }
        carried.retain(|_, (outlets, documents)| {
            *outlets >= NETWORK_OUTLETS && *documents >= NETWORK_DOCUMENTS
        });
        let network = carried.into_iter().map(|(key, (outlets, _))| (key, outlets)).collect();
        Self { outlets, network }
    }

    /// Every outlet, by name.
    pub fn outlets(&self) -> &BTreeMap<String, Outlet> {
        &self.outlets
    }

    /// Of how many outlets a line is the furniture; none where it is not a network's.
    pub fn network(&self, key: u64) -> Option<u32> {
        self.network.get(&key).copied()
    }

    /// How many lines are a network's.
    pub fn network_lines(&self) -> usize {
        self.network.len()
    }

    /// What is known of an outlet's lines.
    pub fn of(&self, outlet: &str) -> OutletTemplates<'_> {
        OutletTemplates { outlet: self.outlets.get(outlet), network: &self.network }
    }

    /// Outlets with too few documents to show a template.
    pub fn outlets_too_small(&self) -> impl Iterator<Item = &str> {
        self.outlets.iter().filter(|(_, o)| o.documents < FEW).map(|(name, _)| name.as_str())
    }
}

/// One outlet's lines.
#[derive(Debug, Clone, Copy)]
pub struct OutletTemplates<'s> {
    outlet: Option<&'s Outlet>,
    network: &'s hash::Map<u32>,
}

impl OutletTemplates<'_> {
    /// How often the line stands in the outlet's documents.
    pub fn seen(&self, key: u64) -> Seen {
        self.outlet.and_then(|outlet| outlet.lines.get(&key)).copied().unwrap_or_default()
    }

    /// Whether so many of the outlet's documents make a template.
    pub fn is_template(&self, seen: Seen) -> bool {
        seen.is_template(self.documents())
    }

    /// Of how many other outlets the line is the furniture, where this one has too few documents
    /// to show its own.
    pub fn network(&self, key: u64) -> Option<u32> {
        if self.documents() < FEW { self.network.get(&key).copied() } else { None }
    }

    /// Distinct documents of the outlet.
    pub fn documents(&self) -> u32 {
        self.outlet.map_or(0, |outlet| outlet.documents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlet(documents: u32, lines: &[(u64, u32)]) -> Outlet {
        let seen = |n| Seen { documents: n, headlines: 0 };
        let lines = lines.iter().map(|&(key, n)| (key, seen(n))).collect();
        Outlet { documents, lines, ..Outlet::default() }
    }

    #[test]
    fn shares_that_make_a_template() {
        let is = |documents, of| Seen { documents, headlines: 0 }.is_template(of);
        assert!(is(3, 5) && is(3, 10) && is(10, 200));
        assert!(!is(3, 4) && !is(2, 5) && !is(3, 11) && !is(9, 50) && !is(10, 201));
        assert!(is(u32::MAX, u32::MAX), "no sum overflows");
    }

    #[test]
    fn a_chain_s_furniture_is_no_wire_copy_and_speaks_where_an_outlet_is_small() {
        const FURNITURE: u64 = 1;
        const WIRE: u64 = 2;
        let mut outlets = BTreeMap::new();
        for name in ["Quay Post", "Saltgate Echo", "Tollhithe Sun", "Wharf Gazette"] {
            outlets.insert(name.to_owned(), outlet(9, &[(FURNITURE, 6), (WIRE, 2)]));
        }
        outlets.insert("Lighthouse".into(), outlet(2, &[(FURNITURE, 2), (WIRE, 2)]));
        let templates = Templates::new(outlets);
        assert_eq!(templates.of("Lighthouse").network(FURNITURE), Some(4));
        assert_eq!(templates.of("Nobody yet seen").network(FURNITURE), Some(4));
        assert_eq!(templates.of("Lighthouse").network(WIRE), None);
        assert_eq!(templates.of("Quay Post").network(FURNITURE), None, "it shows its own");
        assert_eq!(templates.network_lines(), 1);
    }
}
