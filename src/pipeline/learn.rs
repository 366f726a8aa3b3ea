//! Learning: what outlets repeat, with samples of it, and how much of each is boilerplate.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use crate::boilerplate::Judge;
use crate::boilerplate::lexicon::Padding;
use crate::boilerplate::line::{keys, opening, written};
use crate::boilerplate::template::{Known, KnownLine, Profile, Seen, Share, Templates, key_name};
use crate::config::Settings;
use crate::document::Document;
use crate::error::{Error, Result};
use crate::input::Corpus;
use crate::lines::Keys;
use crate::output::AtomicFile;

use super::{Cleaned, Cleaner, Progress};

/// Learns the outlets of a corpus: a survey, and a cleaning of which nothing is written but how
/// much of each outlet it takes. Gives the number of records that could not be read, too.
pub fn learn(
    settings: &Settings,
    corpus: &Corpus,
    judge: &Judge,
    progress: &dyn Progress,
) -> Result<(Profile, u64)> {
    let (templates, kept) = super::survey::survey(settings, corpus, progress)?;
    let (options, guarded) = (&settings.clean, None);
    let cleaner = Cleaner { corpus, judge, templates: &templates, options, guarded };
    let mut outlets: BTreeMap<String, Known> =
        templates.outlets().keys().map(|name| (name.clone(), known(name, &templates))).collect();
    let rejects = cleaner.gather(
        "learn",
        settings.threads,
        kept,
        progress,
        |document, cleaned, look: &mut Looks| look.add(document, cleaned, &templates),
        |looks| {
            looks.put_down(&mut outlets);
            Ok(())
        },
    )?;
    let rules = [format!("{:032x}", judge.rules().hash)].into();
    Ok((Profile { strictness: settings.clean.strictness, rules, outlets }, rejects))
}

/// Writes a profile, whole or not at all.
pub fn save(profile: &Profile, path: &Path) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    let written = profile.packed().and_then(|bytes| file.write_all(&bytes));
    written.map_err(Error::io("cannot write", path))?;
    file.commit()
}

fn known(name: &str, templates: &Templates) -> Known {
    let outlet = &templates.outlets()[name];
    let (documents, languages) = (outlet.documents, outlet.languages.clone());
    Known { documents, languages, ..Known::default() }
}

/// What was seen of outlets in a part of the corpus.
#[derive(Default)]
struct Looks(BTreeMap<String, Look>);

#[derive(Default)]
struct Look {
    share: Share,
    lines: BTreeMap<u64, KnownLine>,
}

impl Looks {
    fn add(&mut self, document: &Document, cleaned: &Cleaned, templates: &Templates) {
        let Some(outlet) = templates.outlets().get(&document.outlet) else { return };
        let look = self.0.entry(document.outlet.clone()).or_default();
        look.share.add(share(document, cleaned));
        let saved = |key: u64| -> Option<Seen> {
            let seen = *outlet.lines.get(&key)?;
            seen.is_worth_saving(outlet.documents).then_some(seen)
        };
        let mut padding = Padding::default();
        let solid = cleaned.blocks.iter().zip(&cleaned.normalised);
        for (block, edits) in solid.filter(|(block, _)| !block.is_blank()) {
            let body = block.text(&document.text);
            let written = written(body, edits.as_ref());
            let Keys { line, opening: first } = keys(&mut padding, &written);
            if let Some(seen) = saved(line) {
                look.lines.entry(line).or_insert_with(|| KnownLine::new(seen, false, &written));
            }
            if let Some((key, seen)) = first.and_then(|key| Some((key, saved(key)?))) {
                let words = opening(padding.text()).unwrap_or_default();
                look.lines.entry(key).or_insert_with(|| KnownLine::new(seen, true, words));
            }
        }
    }

    /// The first document that has a line gives its text.
    fn put_down(self, outlets: &mut BTreeMap<String, Known>) {
        for (name, look) in self.0 {
            let Some(known) = outlets.get_mut(&name) else { continue };
            known.share.add(look.share);
            for (key, line) in look.lines {
                known.lines.entry(key_name(key)).or_insert(line);
            }
        }
    }
}

/// How much of a document goes.
pub(super) fn share(document: &Document, cleaned: &Cleaned) -> Share {
    let removed = cleaned.edits.removed().into_iter();
    let removed = removed.map(|range| document.text[range].chars().count() as u64).sum();
    Share { characters: document.text.chars().count() as u64, removed }
}
