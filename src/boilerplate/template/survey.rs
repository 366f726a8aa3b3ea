//! Counting: in how many documents of its outlet each line stands.
//!
//! A document gives *sightings*, one for each of its lines. They are sorted, on disk where they are
//! many, and counted in that order: nothing is held for a document, and no answer depends on
//! threads, on memory or on the order in which documents came.

use std::collections::{BTreeMap, HashMap};

use super::{Outlet, Seen, Templates};
use crate::error::Result;
use crate::hash;
use crate::spill::{Scratch, Sorter};

/// The key that stands for the page itself. That a line has it, too, is as likely as any other
/// collision of 64 bits.
const PAGE: u64 = 0;

/// Sightings that are sorted at a time.
const BATCH: u64 = 1 << 20;

/// One line seen in one document, or one headline, as two numbers that sort by line, then outlet,
/// then document: the line's key; 32 bits of the outlet's number, 31 of the document's hash, and one
/// that says whether it was seen as a headline.
///
/// Two documents of an outlet with the same 31 bits count as one: one in four thousand of an outlet
/// of a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sighting([u64; 2]);

impl Sighting {
    fn new(key: u64, outlet: u32, document: u32, headline: bool) -> Self {
        let below = u64::from(outlet) << 32 | u64::from(document & !1) | u64::from(headline);
        Self([key, below])
    }

    fn key(self) -> u64 {
        self.0[0]
    }

    fn outlet(self) -> u32 {
        (self.0[1] >> 32) as u32
    }

    fn document(self) -> u32 {
        self.0[1] as u32 & !1
    }

    fn is_headline(self) -> bool {
        self.0[1] & 1 == 1
    }

    fn with_outlet(self, outlet: u32) -> Self {
        Self([self.0[0], self.0[1] & u64::from(u32::MAX) | u64::from(outlet) << 32])
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
    /// Keys of its lines (see [`crate::boilerplate::line::line_key`]).
    pub lines: &'d [u64],
    /// Key of its headline.
    pub headline: Option<u64>,
}

/// What one worker saw: pages on their way to a survey.
#[derive(Debug, Default)]
pub struct Pages {
    sightings: Vec<Sighting>,
    names: Names,
}

impl Pages {
    /// Adds one document.
    pub fn add(&mut self, page: &Page<'_>) {
        let outlet = self.names.number(page.outlet);
        let identity = page.url.filter(|url| !url.is_empty()).unwrap_or(page.text);
        let document = hash::of(identity.as_bytes()) as u32;
        if let Some(lang) = page.lang {
            self.names.speaks(outlet, lang, 1);
        }
        let lines = std::iter::once(&PAGE).chain(page.lines);
        self.sightings.extend(lines.map(|&key| Sighting::new(key, outlet, document, false)));
        let headline = page.headline.map(|key| Sighting::new(key, outlet, document, true));
        self.sightings.extend(headline);
    }
}

/// Lines seen in documents, not yet counted.
#[derive(Debug)]
pub struct Survey {
    /// Not yet sorted.
    waiting: Vec<[u64; 2]>,
    batch: usize,
    sightings: Sorter<2>,
    names: Names,
}

impl Survey {
    /// A survey in so much memory; what is more goes to the disk. Changes nothing in what is counted.
    pub fn new(scratch: &Scratch) -> Self {
        // Half is for those that are sorted, a quarter for those that wait.
        let batch = (scratch.memory() / 4 / size_of::<Sighting>() as u64).clamp(1, BATCH) as usize;
        let sightings = Sorter::new(&scratch.share(1, 2));
        Self { waiting: Vec::new(), batch, sightings, names: Names::default() }
    }

    /// Adds pages. In whatever order they come, the counts are the same.
    pub fn add(&mut self, pages: Pages) -> Result<()> {
        let mut numbers = Vec::with_capacity(pages.names.outlets.len());
        for (name, languages) in pages.names.outlets {
            let number = self.names.number(&name);
            for (language, count) in languages {
                self.names.speaks(number, &language, count);
            }
            numbers.push(number);
        }
        let global = |seen: Sighting| seen.with_outlet(numbers[seen.outlet() as usize]).0;
        self.waiting.extend(pages.sightings.into_iter().map(global));
        if self.waiting.len() >= self.batch {
            self.sightings.add(std::mem::take(&mut self.waiting))?;
        }
        Ok(())
    }

    /// Counts what was seen.
    pub fn count(self) -> Result<Templates> {
        let outlets = self.names.outlets.iter();
        let mut outlets: Vec<Outlet> = outlets
            .map(|(_, languages)| Outlet { languages: languages.clone(), ..Outlet::default() })
            .collect();
        let mut group = Group::default();
        for sighting in self.sightings.sorted_with(self.waiting)? {
            let sighting = Sighting(sighting?);
            if !group.goes_on_with(sighting) {
                std::mem::take(&mut group).close(&mut outlets);
            }
            group.add(sighting);
        }
        group.close(&mut outlets);
        let names = self.names.outlets.into_iter().map(|(name, _)| name);
        Ok(Templates::new(names.zip(outlets).collect()))
    }
}

/// The sightings of one line in one outlet.
#[derive(Debug, Default)]
struct Group {
    last: Option<Sighting>,
    seen: Seen,
    /// Documents that have it as a line, as their headline, or as both.
    distinct: u32,
}

impl Group {
    fn goes_on_with(&self, next: Sighting) -> bool {
        self.last.is_none_or(|last| last.key() == next.key() && last.outlet() == next.outlet())
    }

    fn add(&mut self, sighting: Sighting) {
        if self.last == Some(sighting) {
            return;
        }
        let same = self.last.is_some_and(|last| last.document() == sighting.document());
        self.distinct += u32::from(!same);
        let Seen { documents, headlines } = &mut self.seen;
        *(if sighting.is_headline() { headlines } else { documents }) += 1;
        self.last = Some(sighting);
    }

    /// Puts the counts down. The page's own key is the smallest, so an outlet's documents are
    /// counted before its lines.
    fn close(self, outlets: &mut [Outlet]) {
        let Some(last) = self.last else { return };
        let outlet = &mut outlets[last.outlet() as usize];
        if last.key() == PAGE {
            outlet.documents = self.seen.documents;
        } else if self.distinct >= 2 && self.seen.is_worth_keeping(outlet.documents) {
            outlet.lines.insert(last.key(), self.seen);
        }
    }
}

/// Outlets by number, with the languages that their documents claim.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<String, u32>,
    outlets: Vec<(String, BTreeMap<String, u64>)>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.outlets.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.outlets.push((name.to_owned(), BTreeMap::new()));
        number
    }

    fn speaks(&mut self, outlet: u32, language: &str, count: u64) {
        let languages = &mut self.outlets[outlet as usize].1;
        match languages.get_mut(language) {
            Some(n) => *n += count,
            None => {
                languages.insert(language.to_owned(), count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page<'d>(url: &'d str, lines: &'d [u64], headline: Option<u64>) -> Page<'d> {
        Page { outlet: "Quay Post", url: Some(url), text: "", lang: Some("en"), lines, headline }
    }

    fn survey(pages: &[Page<'_>], order: impl Iterator<Item = usize>, memory: u64) -> Templates {
        let folder = tempfile::tempdir().unwrap();
        let mut all = Survey::new(&Scratch::new(folder.path(), memory));
        for i in order {
            let mut one = Pages::default();
            one.add(&pages[i]);
            all.add(one).unwrap();
        }
        all.count().unwrap()
    }

    #[test]
    fn a_page_crawled_twice_counts_once_and_pages_come_in_any_order() {
        let pages =
            [page("a", &[1, 1, 7], Some(9)), page("a", &[1], None), page("b", &[1, 9], None)];
        for order in [[0, 1, 2], [2, 0, 1]] {
            let templates = survey(&pages, order.into_iter(), 1 << 20);
            let lines = templates.of("Quay Post");
            assert_eq!(lines.documents(), 2);
            assert_eq!(lines.seen(1), Seen { documents: 2, headlines: 0 });
            assert_eq!(lines.seen(9), Seen { documents: 1, headlines: 1 });
            assert_eq!(lines.seen(7), Seen::default(), "seen once, in one document");
            assert_eq!(templates.of("Harbour Gazette").seen(1), Seen::default());
            assert_eq!(templates.outlets()["Quay Post"].language(), Some("en"));
        }
    }

    #[test]
    fn a_document_s_own_headline_is_no_other_s() {
        let pages = [page("a", &[9, 1], Some(9)), page("b", &[3], Some(4))];
        let templates = survey(&pages, 0..2, 1 << 20);
        assert_eq!(templates.of("Quay Post").seen(9), Seen::default());
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_plain_count_whatever_the_order_and_memory(
            documents in prop::collection::vec(
                ("[ab]", "[a-f]", prop::collection::vec(1u64..9, 0..6), prop::option::of(1u64..9)),
                0..40,
            ),
        ) {
            let pages: Vec<Page<'_>> = documents
                .iter()
                .map(|(outlet, url, lines, headline)| Page {
                    outlet, url: Some(url), text: "", lang: None, lines, headline: *headline,
                })
                .collect();
            let templates = survey(&pages, 0..pages.len(), 1 << 20);
            prop_assert_eq!(&survey(&pages, (0..pages.len()).rev(), 0), &templates);
            for outlet in ["a", "b"] {
                let own = || pages.iter().filter(|page| page.outlet == outlet);
                let distinct = |those: &dyn Fn(&Page<'_>) -> bool| {
                    let urls = own().filter(|page| those(page)).filter_map(|page| page.url);
                    urls.collect::<std::collections::BTreeSet<_>>().len() as u32
                };
                prop_assert_eq!(templates.of(outlet).documents(), distinct(&|_| true));
                for key in 1..9 {
                    let as_line = |page: &Page<'_>| page.lines.contains(&key);
                    let as_headline = |page: &Page<'_>| page.headline == Some(key);
                    let (documents, headlines) = (distinct(&as_line), distinct(&as_headline));
                    let either = distinct(&|page| as_line(page) || as_headline(page));
                    let kept = either >= 2 && (documents >= 2 || headlines > 0);
                    let expected = if kept { Seen { documents, headlines } } else { Seen::default() };
                    prop_assert_eq!(templates.of(outlet).seen(key), expected);
                }
            }
        }
    }
}
