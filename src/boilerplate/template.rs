//! Outlet templates: lines that an outlet prints again and again.
//!
//! The strongest evidence that knows no language. A survey counts, for each outlet, in how many of
//! its documents a line stands (numbers left out, since dates and counters vary), and which lines
//! are another document's headline. Counts are over distinct documents: a page crawled twice counts
//! once. Surveys merge, in any order, to the same counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::hash;

/// Fewer documents of an outlet than this show no template.
pub const FEW: u32 = 5;

/// One line seen in one document, or one headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Sighting {
    /// The line inside its outlet.
    key: u64,
    /// Whether it was seen as a headline.
    headline: bool,
    /// The document, by its URL or else its text.
    document: u64,
}

/// What is known of one outlet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutletSurvey {
    /// Its documents, each once.
    documents: BTreeSet<u64>,
    /// How many of its documents say which language they are in.
    languages: BTreeMap<String, u64>,
}

/// Lines seen in documents, not yet counted.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    sightings: Vec<Sighting>,
    outlets: BTreeMap<String, OutletSurvey>,
}

impl Survey {
    /// Adds one document: its line keys, its headline's key and the language it claims.
    pub fn add(&mut self, page: &Page<'_>) {
        let outlet = self.outlets.entry(page.outlet.to_owned()).or_default();
        let identity = page.url.filter(|url| !url.is_empty()).unwrap_or(page.text);
        let document = hash::of(identity.as_bytes());
        outlet.documents.insert(document);
        if let Some(lang) = page.lang {
            *outlet.languages.entry(lang.to_owned()).or_default() += 1;
        }
        let space = hash::of(page.outlet.as_bytes());
        let mut keys = page.lines.to_vec();
        keys.sort_unstable();
        keys.dedup();
        let sighting = |key, headline| Sighting { key: inside(space, key), headline, document };
        self.sightings.extend(keys.into_iter().map(|key| sighting(key, false)));
        self.sightings.extend(page.headline.map(|key| sighting(key, true)));
    }

    /// Adds what another survey saw.
    pub fn merge(&mut self, other: Self) {
        self.sightings.extend(other.sightings);
        for (name, seen) in other.outlets {
            let outlet = self.outlets.entry(name).or_default();
            outlet.documents.extend(seen.documents);
            for (language, count) in seen.languages {
                *outlet.languages.entry(language).or_default() += count;
            }
        }
    }

    /// Counts what was seen.
    pub fn count(mut self) -> Templates {
        self.sightings.sort_unstable();
        self.sightings.dedup();
        let mut lines: HashMap<u64, Seen> = HashMap::new();
        for same in self.sightings.chunk_by(|a, b| a.key == b.key) {
            let headlines = same.iter().filter(|s| s.headline).count() as u32;
            let documents = same.len() as u32 - headlines;
            if documents > 1 || (documents > 0 && headlines > 0) {
                lines.insert(same[0].key, Seen { documents, headlines });
            }
        }
        let outlets = self.outlets.into_iter().map(|(name, seen)| {
            let most =
                seen.languages.into_iter().max_by_key(|(l, n)| (*n, std::cmp::Reverse(l.clone())));
            let documents = seen.documents.len() as u32;
            (name, Outlet { documents, language: most.map(|(language, _)| language) })
        });
        Templates { lines, outlets: outlets.collect() }
    }
}

/// What a survey takes from one document.
#[derive(Debug, Clone, Copy)]
pub struct Page<'d> {
    /// Its outlet.
    pub outlet: &'d str,
    /// Its address, where it has one.
    pub url: Option<&'d str>,
    /// Its text.
    pub text: &'d str,
    /// The language it claims.
    pub lang: Option<&'d str>,
    /// Keys of its lines (see [`super::line::line_key`]).
    pub lines: &'d [u64],
    /// Key of its headline.
    pub headline: Option<u64>,
}

/// How often a line stands in its outlet's documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Documents that have it as a line.
    pub documents: u32,
    /// Documents whose headline it is.
    pub headlines: u32,
}

/// An outlet as the survey found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlet {
    /// Distinct documents.
    pub documents: u32,
    /// The language that most of its documents claim.
    pub language: Option<String>,
}

/// The counts of a survey.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    lines: HashMap<u64, Seen>,
    /// Every outlet.
    pub outlets: BTreeMap<String, Outlet>,
}

impl Templates {
    /// What is known of an outlet's lines.
    pub fn of(&self, outlet: &str) -> OutletTemplates<'_> {
        let documents = self.outlets.get(outlet).map_or(0, |o| o.documents);
        OutletTemplates { lines: &self.lines, space: hash::of(outlet.as_bytes()), documents }
    }

    /// Outlets with too few documents to show a template.
    pub fn outlets_too_small(&self) -> impl Iterator<Item = &str> {
        self.outlets.iter().filter(|(_, o)| o.documents < FEW).map(|(name, _)| name.as_str())
    }
}

/// One outlet's lines.
#[derive(Debug, Clone, Copy)]
pub struct OutletTemplates<'s> {
    lines: &'s HashMap<u64, Seen>,
    space: u64,
    documents: u32,
}

impl OutletTemplates<'_> {
    /// How often the line stands in the outlet's documents.
    pub fn seen(&self, key: u64) -> Seen {
        self.lines.get(&inside(self.space, key)).copied().unwrap_or_default()
    }

    /// Whether so many documents make a template, and of how many.
    ///
    /// Three documents and three in ten; in outlets of fifty or more, ten and one in twenty: a
    /// line that a tenth of a large outlet's pages carry was not written for any of them.
    pub fn is_template(&self, seen: Seen) -> bool {
        let (n, of) = (seen.documents, self.documents);
        of >= FEW && n >= 3 && (n * 10 >= of * 3 || (of >= 50 && n >= 10 && n * 20 >= of))
    }

    /// Distinct documents of the outlet.
    pub fn documents(&self) -> u32 {
        self.documents
    }
}

fn inside(space: u64, key: u64) -> u64 {
    hash::within(space, &key.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page<'d>(url: &'d str, lines: &'d [u64], headline: Option<u64>) -> Page<'d> {
        Page { outlet: "Quay Post", url: Some(url), text: "", lang: Some("en"), lines, headline }
    }

    #[test]
    fn a_page_crawled_twice_counts_once_and_surveys_merge_in_any_order() {
        let pages =
            [page("a", &[1, 1, 7], Some(9)), page("a", &[1], None), page("b", &[1, 9], None)];
        let survey = |order: &[usize]| {
            let mut all = Survey::default();
            for &i in order {
                let mut one = Survey::default();
                one.add(&pages[i]);
                all.merge(one);
            }
            all.count()
        };
        for order in [[0, 1, 2], [2, 0, 1]] {
            let templates = survey(&order);
            let lines = templates.of("Quay Post");
            assert_eq!(lines.documents(), 2);
            assert_eq!(lines.seen(1), Seen { documents: 2, headlines: 0 });
            assert_eq!(lines.seen(9), Seen { documents: 1, headlines: 1 });
            assert_eq!(lines.seen(7), Seen::default(), "seen once, in one document");
            assert_eq!(templates.of("Harbour Gazette").seen(1), Seen::default());
        }
    }

    #[test]
    fn shares_that_make_a_template() {
        let lines = HashMap::new();
        let is = |documents, of| {
            OutletTemplates { lines: &lines, space: 0, documents: of }
                .is_template(Seen { documents, headlines: 0 })
        };
        assert!(is(3, 5) && is(3, 10) && is(10, 200));
        assert!(!is(3, 4) && !is(2, 5) && !is(3, 11) && !is(9, 50) && !is(10, 201));
    }
}
