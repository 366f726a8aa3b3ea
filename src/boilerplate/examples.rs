//! Every rule by its own examples: what a rule file says of itself, held against what happens.

use std::borrow::Cow;

use super::Judge;
use super::lexicon::{Lexicon, Workspace};
use super::line::Line;
use super::rules::{ANY, Matcher, Rule};
use crate::error::Result;

impl Judge {
    /// The examples that do not come out as their rules say, a sentence each.
    ///
    /// A rule must fire on each of its `drops`. No rule that is enough alone may fire on any
    /// rule's `keeps`. Only what concerns a rule whose id is `wanted` is told.
    pub fn check_examples(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for file in self.rules().files.values() {
            let file = file.whole()?;
            let language = if file.language == ANY { super::FALLBACK } else { &file.language };
            let lexicon = self.lexicon(language)?;
            for rule in &file.rules {
                if wanted(&rule.id) {
                    faults
                        .extend(rule.drops.iter().filter_map(|line| unfired(rule, line, lexicon)));
                }
                let misfires = rule.keeps.iter().filter_map(|line| misfired(rule, line, lexicon));
                let told = misfires.filter(|(other, _)| wanted(&rule.id) || wanted(other));
                faults.extend(told.map(|(_, fault)| fault));
            }
        }
        Ok(faults)
    }
}

fn unfired(rule: &Rule, example: &str, lexicon: &Lexicon) -> Option<String> {
    let line = Line::new(Cow::Borrowed(example), lexicon, &mut Workspace::default());
    let is = |number: u32| lexicon.rule(number).id == rule.id;
    let hits = &line.hits;
    let fired = hits.strong.iter().any(|&n| is(n))
        || hits.cues.iter().any(|&(n, _)| is(n))
        || hits.spans.iter().any(|&(_, n)| is(n))
        // Another rule may cut the same span first; what matters is that it goes.
        || (matches!(rule.matcher, Matcher::Span(_)) && !(hits.spans.is_empty() && hits.strong.is_empty()));
    (!fired).then(|| {
        format!(
            "{}: rule `{}` does not fire on its example to drop: {example}\n  \
             widen what it matches, or give an example that it is meant for",
            rule.place, rule.id
        )
    })
}

/// The rule that fires on a line it must not, and the fault in words.
fn misfired(rule: &Rule, example: &str, lexicon: &Lexicon) -> Option<(String, String)> {
    let line = Line::new(Cow::Borrowed(example), lexicon, &mut Workspace::default());
    let strong = line.hits.strong.iter().chain(line.hits.spans.iter().map(|(_, n)| n));
    let other = strong.map(|&number| lexicon.rule(number)).next()?;
    let fault = format!(
        "{}: rule `{}` fires on a line that `{}` keeps: {example}\n  \
         narrow the one, switch it off (`disable`), or take the line out of `keeps` of the other ({})",
        other.place, other.id, rule.id, rule.place
    );
    Some((other.id.clone(), fault))
}
