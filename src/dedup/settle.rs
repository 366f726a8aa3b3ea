//! Who goes for whom.
//!
//! Every text is held against texts that stay. First the longest: what one of the texts that stay
//! contains goes. Then the preferred: what is the same as a text that stays goes. A text of the first
//! kind whose container went in the second is asked again; where it goes for none, it stays.

use std::cmp::Reverse;
use std::collections::HashMap;

use rayon::prelude::*;

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
    let by_rank = |text: u32| preference.order_of(text);
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

    /// Has its texts sit on another bench.
    fn move_to(&mut self, other: &mut Self, traces: &Traces) {
        for text in self.texts.drain(..) {
            for &trace in traces.has(text) {
                self.by_trace[trace as usize].clear();
            }
            other.add(text, traces);
        }
    }
}

/// So many texts are heard together: what they have in common with those that stayed before is measured
/// side by side. Tests have few texts, and shall have borders between them.
const TOGETHER: usize = if cfg!(test) { 4 } else { 1 << 8 };

/// Another text that stays, and what is in it.
type Candidate = (u32, Overlap);

impl<T: Texts> Court<'_, T> {
    /// Goes through texts in an order: each goes for one that stays, or stays itself.
    fn hear(
        &mut self,
        order: &[u32],
        mut stay: Bench,
        kinds: &[Kind],
    ) -> Result<(Bench, Vec<Duplicate>)> {
        let mut gone = Vec::new();
        let mut fresh = Bench::new(self.traces);
        for texts in order.chunks(TOGETHER) {
            let earlier: Vec<Vec<Candidate>> = texts
                .par_iter()
                .map(|&text| self.candidates(text, &stay))
                .collect::<Result<_>>()?;
            for (&text, mut candidates) in texts.iter().zip(earlier) {
                candidates.extend(self.candidates(text, &fresh)?);
                self.remember(text, &candidates);
                match self.partner(text, candidates, kinds) {
                    Some(duplicate) => gone.push(duplicate),
                    None => fresh.add(text, self.traces),
                }
            }
            fresh.move_to(&mut stay, self.traces);
        }
        Ok((stay, gone))
    }

    /// The text that one goes for: what has most of it, of equals the preferred.
    fn partner(
        &self,
        text: u32,
        mut candidates: Vec<Candidate>,
        kinds: &[Kind],
    ) -> Option<Duplicate> {
        candidates.sort_unstable_by_key(|&(kept, _)| self.preference.order_of(kept));
        let mut best: Option<Duplicate> = None;
        for (kept, overlap) in candidates {
            let Some(kind) = self.kind(overlap).filter(|kind| kinds.contains(kind)) else {
                continue;
            };
            let better = |best: &Duplicate| overlap.of_text > best.overlap.of_text;
            if best.as_ref().is_none_or(better) {
                best = Some(Duplicate { text, kept, kind, overlap });
            }
        }
        best
    }

    /// The texts of a bench that have enough of a text's sketch, with what they have in common. A fixed text
    /// goes for none.
    fn candidates(&self, text: u32, bench: &Bench) -> Result<Vec<Candidate>> {
        if text < self.preference.fixed {
            return Ok(Vec::new());
        }
        let scope = self.preference.scope;
        let probes = self.traces.probes(text).iter();
        let mut found: Vec<u32> =
            probes.flat_map(|&trace| &bench.by_trace[trace as usize]).copied().collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|&kept| {
            scope[kept as usize] == scope[text as usize] && self.traces.is_near(text, kept)
        });
        let mut measure: Option<Measure<'_>> = None;
        let of_pair = |kept: u32| {
            if let Some(overlap) = self.measured.get(&(text, kept)) {
                return Ok((kept, *overlap));
            }
            let measure = match &mut measure {
                Some(measure) => measure,
                none => none.insert(Measure::new(self.texts.words(text)?)),
            };
            Ok((kept, measure.against(&self.texts.words(kept)?)))
        };
        found.into_iter().map(of_pair).collect()
    }

    fn remember(&mut self, text: u32, candidates: &[Candidate]) {
        for &(kept, overlap) in candidates {
            self.measured.insert((text, kept), overlap);
            self.measured.insert((kept, text), overlap.turned());
        }
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
