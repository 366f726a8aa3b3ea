//! The only threads of the program: an ordered, bounded, parallel map.
//!
//! One thread reads, workers map, and the caller's thread takes the results in the order of the
//! input. A window bounds what is under way: the reader waits until the sink has caught up, so that
//! memory is bounded by the size of the items, whatever one slow item does.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::error::{Error, Result};

/// How many threads do the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads(NonZeroUsize);

impl Default for Threads {
    /// As many as the machine offers.
    fn default() -> Self {
        Self(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

impl Threads {
    /// `count` threads; 0 means as many as the machine offers.
    pub fn new(count: usize) -> Self {
        NonZeroUsize::new(count).map_or_else(Self::default, Self)
    }

    /// The number of threads.
    pub fn get(self) -> usize {
        self.0.get()
    }

    /// A pool for the phases that work in memory. It is built, never global: inside somebody
    /// else's process the global pool is not ours.
    pub fn pool(self) -> Result<rayon::ThreadPool> {
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.get())
            .build()
            .map_err(|e| Error::config(format!("cannot start {} threads: {e}", self.get())))
    }

    /// Maps every item of `source` and hands the results to `sink` in the order of the items.
    ///
    /// `source` runs on a thread of its own and `map` on the workers, so `map` may be called for
    /// several items at once. With one thread nothing is spawned. The first error, of the source or
    /// of the sink, ends the run and is returned; items behind it are dropped.
    pub fn map_ordered<T, R>(
        self,
        source: impl Iterator<Item = Result<T>> + Send,
        map: impl Fn(T) -> R + Sync,
        mut sink: impl FnMut(R) -> Result<()>,
    ) -> Result<()>
    where
        T: Send,
        R: Send,
    {
        if self.get() == 1 {
            return source.into_iter().try_for_each(|item| sink(map(item?)));
        }
        // Measured on two cores: a window of four items a worker keeps them busy.
        let window = 4 * self.get();
        let (work_in, work_out) = bounded::<(u64, T)>(self.get());
        let (done_in, done_out) = bounded::<(u64, Result<thread::Result<R>>)>(window + 1);
        // A permit is taken before an item is read and given back when the sink took its result.
        let (permit_in, permit_out) = bounded::<()>(window);
        thread::scope(|scope| {
            let source_done = done_in.clone();
            scope.spawn(move || {
                for (number, item) in (0..).zip(source) {
                    if permit_in.send(()).is_err() {
                        return;
                    }
                    let sent = match item {
                        Ok(item) => work_in.send((number, item)).is_ok(),
                        Err(error) => {
                            let _ = source_done.send((number, Err(error)));
                            false
                        }
                    };
                    if !sent {
                        return;
                    }
                }
            });
            let map = &map;
            for _ in 0..self.get() {
                let (work_out, done_in) = (work_out.clone(), done_in.clone());
                scope.spawn(move || {
                    work_all(&work_out, map, |(n, done)| done_in.send((n, Ok(done))).is_ok());
                });
            }
            drop((work_out, done_in));
            // Moved in, so that an early return hangs up and every thread ends.
            let (done_out, permit_out) = (done_out, permit_out);
            let mut waiting = BTreeMap::new();
            let mut next = 0;
            for (number, result) in &done_out {
                waiting.insert(number, result);
                while let Some(result) = waiting.remove(&next) {
                    sink(result?.unwrap_or_else(|panic| resume_unwind(panic)))?;
                    next += 1;
                    let _ = permit_out.try_recv();
                }
            }
            Ok(())
        })
    }

    /// Calls `work` with somebody who maps what it is handed beside it, on threads of their own. With
    /// one thread nothing is spawned, and things are mapped as they come.
    pub fn beside<T: Send, R: Send, O>(
        self,
        map: impl Fn(T) -> R + Sync,
        work: impl FnOnce(Aside<'_, T, R>) -> O,
    ) -> O {
        if self.get() == 1 {
            let side = Side::Here { map: &map, done: VecDeque::new() };
            return work(Aside { side, handed: 0, taken: 0 });
        }
        let (work_in, work_out) = bounded::<(u64, T)>(self.get());
        let (done_in, done_out) = unbounded();
        thread::scope(|scope| {
            for _ in 0..self.get() {
                scope.spawn(|| work_all(&work_out, &map, |done| done_in.send(done).is_ok()));
            }
            let side = Side::There { work: work_in, done: done_out, waiting: BTreeMap::new() };
            work(Aside { side, handed: 0, taken: 0 })
        })
    }
}

/// What a worker does: maps what comes, and sends it on, until there is nobody at one end.
fn work_all<T, R>(
    work: &Receiver<(u64, T)>,
    map: &impl Fn(T) -> R,
    send: impl Fn((u64, thread::Result<R>)) -> bool,
) {
    for (number, item) in work {
        // A panic is carried to the thread that takes the results: lost here, it would wait for this
        // item for ever.
        let result = catch_unwind(AssertUnwindSafe(|| map(item)));
        if !send((number, result)) {
            return;
        }
    }
}

/// Maps things beside the caller's thread, and gives them back in the order in which they were handed
/// over.
#[derive(Debug)]
pub struct Aside<'m, T, R> {
    side: Side<'m, T, R>,
    /// How many things were handed over, and how many of them taken back.
    handed: u64,
    taken: u64,
}

enum Side<'m, T, R> {
    /// There is one thread only.
    Here { map: &'m dyn Fn(T) -> R, done: VecDeque<R> },
    There {
        work: Sender<(u64, T)>,
        done: Receiver<(u64, thread::Result<R>)>,
        /// What came before its turn.
        waiting: BTreeMap<u64, thread::Result<R>>,
    },
}

impl<T, R> fmt::Debug for Side<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Here { .. } => "Here",
            Self::There { .. } => "There",
        })
    }
}

impl<T, R> Aside<'_, T, R> {
    /// Hands something over; waits while much is waiting.
    pub fn hand(&mut self, item: T) {
        match &mut self.side {
            Side::Here { map, done } => done.push_back(map(item)),
            // Workers take things as long as somebody can hand them over.
            Side::There { work, .. } => drop(work.send((self.handed, item))),
        }
        self.handed += 1;
    }

    /// The first of those that are not taken back yet, as soon as it is mapped; none where all are.
    pub fn take(&mut self) -> Option<R> {
        if self.taken == self.handed {
            return None;
        }
        let number = self.taken;
        self.taken += 1;
        match &mut self.side {
            Side::Here { done, .. } => done.pop_front(),
            Side::There { done, waiting, .. } => {
                while !waiting.contains_key(&number) {
                    let (number, result) = done.recv().ok()?;
                    waiting.insert(number, result);
                }
                let result = waiting.remove(&number)?;
                Some(result.unwrap_or_else(|panic| resume_unwind(panic)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::iter;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn squares(
        threads: usize,
        source: impl Iterator<Item = Result<u64>> + Send,
    ) -> Result<Vec<u64>> {
        let mut out = Vec::new();
        Threads::new(threads).map_ordered(
            source,
            |x| x * x,
            |x| {
                out.push(x);
                Ok(())
            },
        )?;
        Ok(out)
    }

    #[test]
    fn order_is_kept_for_any_number_of_threads() {
        let expected: Vec<u64> = (0..1000).map(|x| x * x).collect();
        for threads in [1, 2, 7] {
            assert_eq!(squares(threads, (0..1000).map(Ok)).unwrap(), expected);
        }
    }

    #[test]
    fn the_first_error_of_the_source_ends_the_run() {
        for threads in [1, 3] {
            let source = (0..).map(|x| if x < 50 { Ok(x) } else { Err(Error::config("fifty")) });
            assert_eq!(squares(threads, source).unwrap_err().to_string(), "fifty");
        }
    }

    #[test]
    fn the_first_error_of_the_sink_ends_an_endless_run() {
        for threads in [1, 3] {
            let result = Threads::new(threads).map_ordered(
                (0u64..).map(Ok),
                |x| x,
                |x| {
                    if x < 50 { Ok(()) } else { Err(Error::config("sink")) }
                },
            );
            assert_eq!(result.unwrap_err().to_string(), "sink");
        }
    }

    #[test]
    #[should_panic(expected = "number 50")]
    fn a_panic_in_a_worker_is_no_hang() {
        let map = |x| assert!(x != 50, "number {x}");
        Threads::new(3).map_ordered((0..).map(Ok), map, |()| Ok(())).unwrap();
    }

    #[test]
    fn what_is_handed_over_comes_back_in_order() {
        for threads in [1, 2, 5] {
            let squares = Threads::new(threads).beside(
                |x: u64| x * x,
                |mut aside| {
                    (0..50).for_each(|x| aside.hand(x));
                    let some: Vec<u64> = iter::from_fn(|| aside.take()).collect();
                    aside.hand(50);
                    // What nobody takes back is no hang.
                    aside.hand(51);
                    [some, vec![aside.take().unwrap()]].concat()
                },
            );
            assert_eq!(squares, (0..=50).map(|x| x * x).collect::<Vec<u64>>());
        }
    }

    #[test]
    #[should_panic(expected = "number 3")]
    fn a_panic_beside_is_a_panic_here() {
        let map = |x| assert!(x != 3, "number {x}");
        Threads::new(2).beside(map, |mut aside| {
            (0..5).for_each(|x| aside.hand(x));
            while aside.take().is_some() {}
        });
    }

    #[test]
    fn what_is_under_way_is_bounded_when_one_item_is_slow() {
        let (threads, started, finished) = (3, AtomicUsize::new(0), AtomicUsize::new(0));
        let mut most = 0;
        let source = (0..400).map(|x| {
            started.fetch_add(1, Ordering::SeqCst);
            Ok(x)
        });
        Threads::new(threads)
            .map_ordered(
                source,
                |x| {
                    if x == 5 {
                        thread::sleep(std::time::Duration::from_millis(100));
                    }
                    x
                },
                |_| {
                    let done = finished.fetch_add(1, Ordering::SeqCst) + 1;
                    most = most.max(started.load(Ordering::SeqCst) - done);
                    Ok(())
                },
            )
            .unwrap();
        assert!(most <= 4 * threads + 2, "{most} items were under way");
    }
}
