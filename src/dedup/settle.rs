//! Who goes for whom.
//!
//! Every text is held against texts that stay. First the longest: what one of the texts that stay
//! contains goes. Then the preferred: what is the same as a text that stays goes. A text of the first
//! kind whose container went in the second is asked again; where it goes for none, it stays.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::fingerprint::Fingerprint;
use super::overlap::{Measure, Overlap};
use super::traces::Traces;
use super::{Duplicate, Kind, Options, Preference, Texts};
use crate::error::Result;

/// Settles the texts that have equals only among those that were set aside; in their order.
pub(super) fn settle(
    texts: &impl Texts,
    fingerprints: &[Fingerprint],
    compared: &[u32],
    traces: &Traces,
    preference: &Preference<'_>,
    options: &Options,
) -> Result<Vec<Duplicate>> {
    let mut court = Court { texts, traces, preference, options, measured: HashMap::new() };
    let by_rank = |text: u32| (text >= preference.fixed, preference.rank[text as usize]);
    let by_length = |&text: &u32| (Reverse(fingerprints[text as usize].length), by_rank(text));

    let mut order = compared.to_vec();
    order.sort_unstable_by_key(by_length);
    let (mut stay, inside) = court.hear(&order, Bench::new(traces), &[Kind::Contained])?;
    stay.texts.sort_unstable_by_key(|&text| by_rank(text));
    let (mut stay, mut gone) = court.hear(&stay.texts, Bench::new(traces), &[Kind::Near])?;

    let mut went: Vec<u32> = gone.iter().map(|duplicate| duplicate.text).collect();
    went.sort_unstable();
    let (mut orphans, settled): (Vec<_>, Vec<_>) =
        inside.into_iter().partition(|duplicate| went.binary_search(&duplicate.kept).is_ok());
    gone.extend(settled);
    orphans.sort_unstable_by_key(|duplicate| by_rank(duplicate.text));
    let orphans: Vec<u32> = orphans.iter().map(|duplicate| duplicate.text).collect();
    stay.texts.clear();
    gone.extend(court.hear(&orphans, stay, &[Kind::Near, Kind::Contained])?.1);
    gone.sort_unstable_by_key(|duplicate| duplicate.text);
    Ok(gone)
}

/// What a hearing needs.
struct Court<'c, T> {
    texts: &'c T,
    traces: &'c Traces,
    preference: &'c Preference<'c>,
    options: &'c Options,
    /// Pairs that were measured: the same ones may come up again.
    measured: HashMap<(u32, u32), Overlap>,
}

/// Texts that stay, and where to find them by their traces.
struct Bench {
    texts: Vec<u32>,
    by_trace: Vec<Vec<u32>>,
}

impl Bench {
    fn new(traces: &Traces) -> Self {
        Self { texts: Vec::new(), by_trace: vec![Vec::new(); traces.count()] }
    }

    fn add(&mut self, text: u32, traces: &Traces) {
        self.texts.push(text);
        for &trace in traces.has(text) {
            self.by_trace[trace as usize].push(text);
        }
    }
}

impl<'c, T: Texts> Court<'c, T> {
    /// Goes through texts in an order: each goes for one that stays, or stays itself.
    fn hear(
        &mut self,
        order: &[u32],
        mut stay: Bench,
        kinds: &[Kind],
    ) -> Result<(Bench, Vec<Duplicate>)> {
        let mut gone = Vec::new();
        for &text in order {
            match self.partner(text, &stay, kinds)? {
                Some(duplicate) => gone.push(duplicate),
                None => stay.add(text, self.traces),
            }
        }
        Ok((stay, gone))
    }

    /// The text that one goes for: what has most of it, of equals the preferred.
    fn partner(&mut self, text: u32, stay: &Bench, kinds: &[Kind]) -> Result<Option<Duplicate>> {
        if text < self.preference.fixed {
            return Ok(None);
        }
        let mut best: Option<Duplicate> = None;
        let mut measure = None;
        for kept in self.candidates(text, stay) {
            let overlap = self.measure(text, kept, &mut measure)?;
            let Some(kind) = self.kind(overlap).filter(|kind| kinds.contains(kind)) else {
                continue;
            };
            let better = |best: &Duplicate| overlap.of_text > best.overlap.of_text;
            if best.as_ref().is_none_or(better) {
                best = Some(Duplicate { text, kept, kind, overlap });
            }
        }
        Ok(best)
    }

    /// The texts that stay and have enough of a text's sketch, preferred first.
    fn candidates(&self, text: u32, stay: &Bench) -> Vec<u32> {
        let Preference { rank, scope, fixed } = *self.preference;
        let probes = self.traces.probes(text).iter();
        let mut found: Vec<u32> =
            probes.flat_map(|&trace| &stay.by_trace[trace as usize]).copied().collect();
        found.sort_unstable_by_key(|&kept| (kept >= fixed, rank[kept as usize]));
        found.dedup();
        found.retain(|&kept| {
            scope[kept as usize] == scope[text as usize] && self.traces.is_near(text, kept)
        });
        found
    }

    /// What a pair has in common; `measure` is made for the text when it is first needed.
    fn measure(
        &mut self,
        text: u32,
        kept: u32,
        measure: &mut Option<Measure<'c>>,
    ) -> Result<Overlap> {
        if let Some(overlap) = self.measured.get(&(text, kept)) {
            return Ok(*overlap);
        }
        let measure = match measure {
            Some(measure) => measure,
            none => none.insert(Measure::new(self.texts.words(text)?)),
        };
        let overlap = measure.against(&self.texts.words(kept)?);
        self.measured.insert((text, kept), overlap);
        self.measured.insert((kept, text), overlap.turned());
        Ok(overlap)
    }

    fn kind(&self, overlap: Overlap) -> Option<Kind> {
        let Options { near, contained } = *self.options;
        if overlap.of_text >= near && overlap.of_kept >= near {
            Some(Kind::Near)
        } else if overlap.of_text >= contained {
            Some(Kind::Contained)
        } else {
            None
        }
    }
}
