//! What a shared passage is, on what evidence, and how interesting that makes it.
//!
//! Evidence is gathered where an occurrence stands, [`Traces`], and weighed for the family as a whole.
//! A kind is a reading aid, not a judgement: each says what it rests on.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::passages::Kind;
use super::quotes;

/// What one occurrence and its document say about the passage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Traces {
    /// Its length.
    pub words: usize,
    /// Share of it in quotation marks.
    pub quoted: f64,
    /// Who is said to have said it.
    pub speaker: Option<String>,
    /// Its share of the document's words.
    pub share: f64,
    /// The agency that the document credits.
    pub agency: Option<Cow<'static, str>>,
    /// The words by which the document is a press release.
    pub release: Option<Cow<'static, str>>,
}

/// Bytes at either end of a document that may name whom it is from.
const ENDS: usize = 400;

const AGENCIES: [(&str, &str); 16] = [
    ("Associated Press", "Associated Press"),
    ("(AP)", "Associated Press"),
    ("(Reuters)", "Reuters"),
    ("Reporting by", "Reuters"),
    ("Thomson Reuters", "Reuters"),
    ("(AFP)", "Agence France-Presse"),
    ("Agence France-Presse", "Agence France-Presse"),
    ("(UPI)", "United Press International"),
    ("(dpa)", "dpa"),
    ("Deutsche Presse-Agentur", "dpa"),
    ("(EFE)", "EFE"),
    ("(ANSA)", "ANSA"),
    ("(Xinhua)", "Xinhua"),
    ("Canadian Press", "Canadian Press"),
    ("Tribune News Service", "Tribune News Service"),
    ("Bloomberg News", "Bloomberg News"),
];

const RELEASES: [&str; 10] = [
    "for immediate release",
    "press release",
    "prnewswire",
    "pr newswire",
    "business wire",
    "globenewswire",
    "media contact",
    "press contact",
    "pressemitteilung",
    "communiqué de presse",
];

const LEGAL: [&str; 18] = [
    "all rights reserved",
    "copyright",
    "may not be published",
    "without permission",
    "prior written consent",
    "terms of use",
    "terms of service",
    "privacy policy",
    "pursuant to",
    "hereby",
    "herein",
    "thereof",
    "forward-looking statements",
    "disclaimer",
    "notwithstanding",
    "alle rechte vorbehalten",
    "tous droits réservés",
    "todos los derechos reservados",
];

/// A page and what was found out about it once for all its occurrences.
#[derive(Debug)]
pub struct Surroundings<'t> {
    text: &'t str,
    quotes: Vec<Range<usize>>,
    agency: Option<&'static str>,
    release: Option<&'static str>,
}

impl<'t> Surroundings<'t> {
    /// Reads a document: the text as it is written out and as it came.
    pub fn of(text: &'t str, original: &str) -> Self {
        let (head, tail) = ends(original);
        let agency = AGENCIES.iter().find(|(mark, _)| head.contains(mark) || tail.contains(mark));
        let (head, tail) = (head.to_lowercase(), tail.to_lowercase());
        let release = RELEASES.iter().find(|&&mark| head.contains(mark) || tail.contains(mark));
        Self {
            text,
            quotes: quotes::quoted(text),
            agency: agency.map(|&(_, name)| name),
            release: release.copied(),
        }
    }

    /// The traces of an occurrence, given by bytes of the text, of `words` of the `all` words.
    pub fn traces(&self, at: &Range<usize>, words: usize, all: usize) -> Traces {
        let quoted = quotes::share(&self.quotes, at);
        let speaker =
            if quoted >= MOSTLY { quotes::speaker(self.text, &self.quotes, at) } else { None };
        let share = words as f64 / all.max(1) as f64;
        let (agency, release) = (self.agency.map(Cow::from), self.release.map(Cow::from));
        Traces { words, quoted, speaker, share, agency, release }
    }
}

/// The beginning and the end of a text.
fn ends(text: &str) -> (&str, &str) {
    let (mut head, mut tail) = (text.len().min(ENDS), text.len().saturating_sub(ENDS));
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    (&text[..head], &text[tail..])
}

const MOSTLY: f64 = 0.5;

/// A longer passage is no stock phrase and no name.
const PHRASE: usize = 12;

/// Documents of each outlet from which on something is a template rather than news.
const TEMPLATE: usize = 5;

/// A family, as far as its kind depends on it.
#[derive(Debug)]
pub struct Profile<'f> {
    /// The exemplar.
    pub text: &'f str,
    /// Its words.
    pub words: usize,
    /// Documents that have it in the outlet that has it least often.
    pub least_documents: usize,
    /// The rarity of its words on average: how many times rarer than in every document, as a
    /// logarithm.
    pub rarity: f64,
    /// The traces of all occurrences.
    pub traces: Vec<&'f Traces>,
}

/// Words rarer than this on average are nobody's stock phrase: they stand in every third document.
const COMMON: f64 = 1.0;

/// What the passage is, and by what.
pub fn kind(profile: &Profile<'_>) -> (Kind, Vec<String>) {
    let judges = [legal, template, quotation, release, copy, phrase];
    judges.iter().find_map(|judge| judge(profile)).unwrap_or((Kind::Passage, Vec::new()))
}

type Verdict = Option<(Kind, Vec<String>)>;

fn legal(profile: &Profile<'_>) -> Verdict {
    let text = profile.text.to_lowercase();
    let cues: Vec<&str> = LEGAL.into_iter().filter(|cue| text.contains(cue)).collect();
    let enough = cues.len() >= 2 || cues.len() == 1 && text.starts_with(cues[0]);
    enough.then(|| (Kind::LegalText, vec![format!("says {}", cues.join(", "))]))
}

fn template(profile: &Profile<'_>) -> Verdict {
    let each = profile.least_documents;
    let evidence = || format!("in {each} or more documents of each outlet");
    (each >= TEMPLATE).then(|| (Kind::NetworkTemplate, vec![evidence()]))
}

fn quotation(profile: &Profile<'_>) -> Verdict {
    let quoted = profile.traces.iter().filter(|t| t.quoted >= MOSTLY).count();
    let all = profile.traces.len();
    let length: usize = profile.traces.iter().map(|t| t.words).sum();
    let inside: f64 = profile.traces.iter().map(|t| t.quoted * t.words as f64).sum();
    // One of the copies is often the speech itself, which nobody quotes.
    if quoted == 0 || 3.0 * inside < length as f64 {
        return None;
    }
    let mut evidence = vec![format!("in quotation marks in {quoted} of {all}")];
    let mut speakers: BTreeMap<&str, usize> = BTreeMap::new();
    for speaker in profile.traces.iter().filter_map(|t| t.speaker.as_deref()) {
        *speakers.entry(speaker).or_default() += 1;
    }
    let speaker =
        speakers.into_iter().max_by_key(|&(name, times)| (times, std::cmp::Reverse(name)));
    evidence.extend(speaker.map(|(name, times)| format!("attributed to {name} in {times}")));
    Some((Kind::Quotation, evidence))
}

fn release(profile: &Profile<'_>) -> Verdict {
    let marks: Vec<&str> = profile.traces.iter().filter_map(|t| t.release.as_deref()).collect();
    let evidence =
        || format!("{} of {} documents say {}", marks.len(), profile.traces.len(), marks[0]);
    (!marks.is_empty() && profile.words > PHRASE).then(|| (Kind::PressRelease, vec![evidence()]))
}

fn copy(profile: &Profile<'_>) -> Verdict {
    let share = profile.traces.iter().map(|t| t.share).fold(0.0, f64::max);
    let agency = profile.traces.iter().find_map(|t| t.agency.as_deref());
    let needed = if agency.is_some() { MOSTLY / 2.0 } else { MOSTLY };
    if share < needed || profile.words <= PHRASE {
        return None;
    }
    let mut evidence = vec![format!("{:.0} % of a document", share * 100.0)];
    evidence.extend(agency.map(|name| format!("credited to {name}")));
    Some((Kind::SyndicatedCopy, evidence))
}

fn phrase(profile: &Profile<'_>) -> Verdict {
    if profile.words > PHRASE {
        return None;
    }
    if profile.rarity < COMMON {
        return Some((Kind::StockPhrase, vec!["short, of common words".to_owned()]));
    }
    let written = || profile.text.split_whitespace();
    let names =
        written().filter(|w| w.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase));
    let (names, all) = (names.count(), written().count());
    let evidence = || format!("short, {names} of {all} words capitalised: a name or a title");
    (2 * names >= all && names > 1).then(|| (Kind::StockPhrase, vec![evidence()]))
}

/// Words beyond which a passage does not become more interesting by length alone.
pub const MOST_COUNTED: usize = 200;

/// Half of a passage's interest is gone at so many words: shorter ones are rather names, titles and
/// turns of phrase.
const SHORT: f64 = 16.0;

/// How interesting a family is: the rarity of its words, added up, times how much of a text it is, times
/// the logarithm of its outlets.
///
/// Outlets count up to half the number of words: what everybody says in eight words is language. What
/// is a stock phrase, a template or legal text is worth a third.
pub fn interest(kind: Kind, rarity: f64, words: usize, outlets: usize) -> f64 {
    let length = words as f64;
    let spread = (1.0 + (outlets as f64).min(length / 2.0)).log2();
    let worth = match kind {
        Kind::StockPhrase | Kind::NetworkTemplate | Kind::LegalText => 1.0 / 3.0,
        Kind::Quotation | Kind::SyndicatedCopy | Kind::PressRelease | Kind::Passage => 1.0,
    };
    (rarity * length / (length + SHORT) * spread * worth * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn kind_of(text: &str, rarity: f64, traces: &[Traces]) -> Kind {
        let words = text.split_whitespace().count();
        let traces: Vec<_> = traces.iter().collect();
        kind(&Profile { text, words, least_documents: 1, rarity, traces }).0
    }

    #[test]
    fn each_kind_has_its_evidence() {
        let plain = Traces { words: 10, ..Traces::default() };
        let story =
            "the ferry to the island stopped for the winter and the baker stopped with it too";
        assert_eq!(kind_of(story, 2.0, from_ref(&plain)), Kind::Passage);
        let quoted = Traces { words: 10, quoted: 0.9, ..Traces::default() };
        assert_eq!(kind_of(story, 2.0, &[quoted, plain.clone()]), Kind::Quotation);
        let most = Traces { share: 0.8, ..Traces::default() };
        assert_eq!(kind_of(story, 2.0, &[most]), Kind::SyndicatedCopy);
        let credited = Traces { share: 0.3, agency: Some("Reuters".into()), ..Traces::default() };
        assert_eq!(kind_of(story, 2.0, &[credited]), Kind::SyndicatedCopy);
        let release = Traces { release: Some("media contact".into()), ..Traces::default() };
        assert_eq!(kind_of(story, 2.0, &[release]), Kind::PressRelease);
        let title = "the Ministry of Ferries and the Department of Tides";
        assert_eq!(kind_of(title, 3.0, from_ref(&plain)), Kind::Passage);
        let title = "Ferry Minister Ada Holm and Tide Secretary Bo Lind";
        assert_eq!(kind_of(title, 3.0, from_ref(&plain)), Kind::StockPhrase);
        assert_eq!(
            kind_of("at the end of the day it is", 0.3, from_ref(&plain)),
            Kind::StockPhrase
        );
        let legal = "All rights reserved. It may not be published or broadcast by anyone at all";
        assert_eq!(kind_of(legal, 3.0, from_ref(&plain)), Kind::LegalText);
    }

    #[test]
    fn a_title_that_everybody_uses_is_less_than_a_quotation_of_two() {
        let title = interest(Kind::StockPhrase, 12.0, 8, 500);
        let quotation = interest(Kind::Quotation, 30.0, 15, 2);
        assert!(title < quotation / 2.0, "{title} {quotation}");
    }
}
