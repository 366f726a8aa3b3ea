//! Scattering: many workers throw items at many regions, in batches.
//!
//! A worker buffers items per region and hands a full buffer over under the region's lock. A region
//! is small enough for the cache, and the lock is taken once a batch, so there is neither a fence
//! nor a page miss per item. What a region makes of its items must not depend on their order.

use std::sync::{Mutex, PoisonError};

/// Items a worker holds back per region.
const BATCH: usize = 64;

/// Regions that take items in batches.
#[derive(Debug)]
pub(crate) struct Scatter<R> {
    regions: Vec<Mutex<R>>,
}

impl<R> Scatter<R> {
    /// Over these regions.
    pub(crate) fn new(regions: impl IntoIterator<Item = R>) -> Self {
        Self { regions: regions.into_iter().map(Mutex::new).collect() }
    }

    /// A worker's buffers. `deliver` hands a batch to a region; call [`Batches::finish`] at the end.
    pub(crate) fn batches<T: Copy + Default, F: Fn(&mut R, &[T])>(
        &self,
        deliver: F,
    ) -> Batches<'_, T, R, F> {
        let count = self.regions.len();
        let items = vec![T::default(); count * BATCH];
        Batches { scatter: self, deliver, items, lengths: vec![0; count] }
    }

    /// The regions, in order.
    pub(crate) fn into_regions(self) -> Vec<R> {
        let unlock = |region: Mutex<R>| region.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.regions.into_iter().map(unlock).collect()
    }
}

/// The buffers of one worker.
#[derive(Debug)]
pub(crate) struct Batches<'a, T, R, F> {
    scatter: &'a Scatter<R>,
    deliver: F,
    items: Vec<T>,
    lengths: Vec<u8>,
}

impl<T: Copy, R, F: Fn(&mut R, &[T])> Batches<'_, T, R, F> {
    /// Throws one item at a region.
    pub(crate) fn push(&mut self, region: usize, item: T) {
        let length = usize::from(self.lengths[region]);
        self.items[region * BATCH + length] = item;
        self.lengths[region] += 1;
        if length + 1 == BATCH {
            self.flush(region);
        }
    }

    /// Delivers what is left.
    pub(crate) fn finish(mut self) {
        for region in 0..self.lengths.len() {
            self.flush(region);
        }
    }

    fn flush(&mut self, region: usize) {
        let length = usize::from(self.lengths[region]);
        if length > 0 {
            let batch = &self.items[region * BATCH..region * BATCH + length];
            let lock = self.scatter.regions[region].lock();
            (self.deliver)(&mut lock.unwrap_or_else(PoisonError::into_inner), batch);
            self.lengths[region] = 0;
        }
    }
}
