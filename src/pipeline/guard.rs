//! The guard's look at the corpus: how much of each outlet would go.

use std::collections::BTreeMap;

use crate::boilerplate::template::{Jump, Share, jumps};
use crate::config::{Cleaning, Settings, Templates};
use crate::document::Document;
use crate::error::Result;

use super::learn::share;
use super::prepared::Kept;
use super::{Cleaned, Cleaner, Progress};

/// Outlets whose removed share jumped against their profile. A pass of its own, since it must be
/// known before the first document is written; there is none without a profile, none on a stream,
/// and none where the profile was learnt with another strictness.
pub fn guard(
    settings: &Settings,
    cleaner: &Cleaner<'_>,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Jump>> {
    let Templates::Profile(profile) = &settings.clean.templates else { return Ok(BTreeMap::new()) };
    let streams = settings.inputs.iter().any(|input| input == "-");
    let comparable = profile.strictness == settings.clean.strictness;
    if streams || !comparable || settings.clean.level == Cleaning::Off {
        return Ok(BTreeMap::new());
    }
    let mut now: BTreeMap<String, (u32, Share)> = BTreeMap::new();
    cleaner.gather(
        "guard",
        settings.threads,
        Kept::default(),
        progress,
        |document: &Document, cleaned: &Cleaned, shares: &mut BTreeMap<String, (u32, Share)>| {
            let (documents, sum) = shares.entry(document.outlet.clone()).or_default();
            *documents += 1;
            sum.add(share(document, cleaned));
        },
        |shares| {
            for (name, (documents, share)) in shares {
                let (all, sum) = now.entry(name).or_default();
                *all += documents;
                sum.add(share);
            }
            Ok(())
        },
    )?;
    Ok(jumps(profile, &now))
}
