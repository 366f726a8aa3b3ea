//! The guard: an outlet that was redesigned no longer fits what was learnt of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FEW, Profile, Share};

/// A share that grows by less may be chance. Four corpora were halved, by lot and by date, one half
/// learnt and the other cleaned by it: of 273 shares one grew by 0.14 (an outlet with seven
/// documents), all others by less than 0.06.
const JUMP: f64 = 0.2;
/// And it must be so many times what it was.
const TIMES: f64 = 1.5;

/// How much of an outlet goes, in its profile and now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    /// The removed share of its characters in the profile, rounded to a thousandth.
    pub before: f64,
    /// The share that would go now.
    pub now: f64,
}

/// Outlets of which much more would go than their profile says: they are tagged, not cut.
///
/// Both the profile and the corpus must have enough documents of the outlet for a share to mean
/// something. A share that fell harms no text, and says only that it is time to learn again.
pub fn jumps(profile: &Profile, now: &BTreeMap<String, (u32, Share)>) -> BTreeMap<String, Jump> {
    let jump = |(name, (documents, share)): (&String, &(u32, Share))| {
        let known = profile.outlets.get(name)?;
        let (before, now) = (known.share.removed_share(), share.removed_share());
        let jumps = now - before >= JUMP && now >= before * TIMES;
        let enough = known.documents >= FEW && *documents >= FEW;
        let round = |share: f64| (share * 1000.0).round() / 1000.0;
        let jump = Jump { before: round(before), now: round(now) };
        (enough && jumps).then(|| (name.clone(), jump))
    };
    now.iter().filter_map(jump).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Known;
    use super::*;

    #[test]
    fn a_share_that_jumps_is_told_from_one_that_sways() {
        let share = |removed| Share { characters: 1000, removed };
        let known =
            |documents, removed| Known { documents, share: share(removed), ..Known::default() };
        let profile = Profile {
            outlets: BTreeMap::from([
                ("Redesigned".into(), known(20, 100)),
                ("Swaying".into(), known(20, 100)),
                ("Always full".into(), known(20, 500)),
                ("Barely known".into(), known(4, 100)),
            ]),
            ..Profile::default()
        };
        let now = BTreeMap::from([
            ("Redesigned".to_owned(), (5, share(310))),
            ("Swaying".to_owned(), (5, share(290))),
            ("Always full".to_owned(), (5, share(740))),
            ("Barely known".to_owned(), (5, share(900))),
            ("New".to_owned(), (5, share(900))),
        ]);
        let found = jumps(&profile, &now);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["Redesigned"]);
        assert_eq!(found["Redesigned"], Jump { before: 0.1, now: 0.31 });
    }
}
