//! Postings: where each window occurs that documents of two outlets have.
//!
//! Windows with one hash form a *class*. The way there: take the [`seeds`](super::seeds), sort each
//! partition of them, and bring the members of classes that two outlets have back into document order. A
//! class is a list, however long: nothing here looks at pairs, and there is no cap on how many documents
//! may have a window. Whether windows that hash alike are alike is seen to at the end,
//! when texts are compared as texts.

use super::partitions::{Item, Partitions};
use super::seeds::{Seeds, partitions_of};
use super::sort::{Groups, pair, sort_by_number};
use super::store::WordStore;
use super::too_large;
use crate::error::Result;
use crate::spill::Scratch;

/// The numbers above have other meanings in [`super::paths`].
const MOST_CLASSES: u64 = u32::MAX as u64 - 2;

/// One window of a class.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Posting {
    pub(crate) doc: u32,
    /// [`super::windows::Window::place`].
    pub(crate) place: u32,
    pub(crate) class: u32,
}

/// All classes with members in two or more outlets.
#[derive(Debug)]
pub(crate) struct Postings {
    /// Every member, in partitions for consecutive ranges of documents.
    lists: Partitions,
    /// The first class of each partition of the hash space.
    first_classes: Vec<u32>,
    /// Classes are numbered from 0.
    pub(crate) classes: u32,
}

impl Postings {
    /// How many lists there are.
    pub(crate) fn lists(&self) -> usize {
        self.lists.count()
    }

    /// The members of a range of documents, in document order.
    pub(crate) fn list(&self, number: usize) -> Result<Vec<Posting>> {
        let named = |Item { number, doc, place }: Item| {
            let (partition, class) = ((number >> 32) as usize, number as u32);
            Posting { doc, place, class: self.first_classes[partition] + class }
        };
        let mut list: Vec<Posting> = self.lists.read(number)?.into_iter().map(named).collect();
        sort_by_number(&mut list, |posting| pair(posting.doc, posting.place));
        Ok(list)
    }
}

/// Makes classes of windows that hash alike, unless one outlet has them all, and brings their members
/// into document order.
pub(crate) fn classify(
    store: &WordStore,
    windows: &Seeds<Item>,
    scratch: &Scratch,
) -> Result<Postings> {
    // As if every second window were shared; it is one in ten, and memory is not all there is.
    let lists = partitions_of::<Item>(store.total_words() / 2, scratch);
    let lists = lists.min(store.len().max(1) as u64) as usize;
    let docs_per_list = store.len().div_ceil(lists).max(1);
    let lists = Partitions::new(lists, &scratch.share(1, 2));
    let classes = windows.in_turns(|turn| {
        let mut thrower = lists.thrower();
        let (mut classes, mut groups) = (Vec::new(), Groups::default());
        turn.each(|partition, windows| {
            let (mut members, count) = members(store, windows, partition as u64, &mut groups);
            sort_by_number(&mut members, |item| pair(item.doc, item.place));
            for item in members {
                thrower.push(item.doc as usize / docs_per_list, item)?;
            }
            classes.push(count);
            Ok(())
        })?;
        thrower.finish()?;
        Ok(classes)
    })?;
    let classes = classes.concat();
    let mut first_classes = Vec::with_capacity(classes.len());
    let mut total = 0;
    for classes in classes {
        first_classes.push(total as u32);
        total += classes;
    }
    if total > MOST_CLASSES {
        return Err(too_large("different shared windows", total));
    }
    Ok(Postings { lists, first_classes, classes: total as u32 })
}

/// The members of the classes of a partition, whose numbers say partition and class, and the number of
/// classes.
fn members(
    store: &WordStore,
    items: &[Item],
    partition: u64,
    groups: &mut Groups<Item>,
) -> (Vec<Item>, u64) {
    let mut members = Vec::new();
    let mut classes = 0;
    groups.each(
        items,
        |item| item.number,
        |class| {
            if store.share(class.iter().map(|item| item.doc)) {
                let number = partition << 32 | classes;
                members.extend(class.iter().map(|item| Item { number, ..*item }));
                classes += 1;
            }
        },
    );
    (members, classes)
}
