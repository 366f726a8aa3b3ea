//! The bulk of the page's data: packed, and unpacked by the browser only where it is looked at.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::engine::{Aside, Threads};
use crate::error::Result;

/// Bytes of JSON that are packed together: enough to pack well, and unpacked in a moment.
const TOGETHER: usize = 256 << 10;

/// Of nine levels one of the quickest: the usual one makes a page eight in a hundred shorter, and took
/// an eighth of a whole run.
const LEVEL: u32 = 2;

/// Where a value is: the pack, and its place in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Place(usize, usize);

/// Packs values: lists of JSON, gzip, base64. In that form no text of an article stands in the page
/// as it is, and it takes about half of its bytes.
#[derive(Debug)]
pub(super) struct Packer<'a> {
    /// Bytes that all packs may take.
    limit: usize,
    used: usize,
    pending: Vec<u8>,
    values: usize,
    packs: Vec<String>,
    /// Packs that are being made.
    aside: Aside<'a, Vec<u8>, String>,
    /// Bytes that these take at most.
    at_most: usize,
    /// Packs that are made or being made.
    count: usize,
}

impl Packer<'_> {
    /// Has values added, and gives back their packs; these are made beside it.
    pub(super) fn run(
        limit: usize,
        threads: Threads,
        add: impl FnOnce(&mut Packer<'_>) -> Result<()>,
    ) -> Result<Vec<String>> {
        threads.beside(
            |json: Vec<u8>| pack(&json),
            |aside| {
                let mut packer = Packer {
                    limit,
                    used: 0,
                    pending: Vec::new(),
                    values: 0,
                    packs: Vec::new(),
                    aside,
                    at_most: 0,
                    count: 0,
                };
                add(&mut packer)?;
                Ok(packer.finish())
            },
        )
    }

    /// Adds a value; none where it may not fit any more.
    pub(super) fn add(&mut self, value: &impl Serialize) -> Option<Place> {
        self.add_json(&serde_json::to_vec(value).ok()?)
    }

    /// Adds a value that is JSON already.
    pub(super) fn add_json(&mut self, json: &[u8]) -> Option<Place> {
        // What is not packed yet may turn out to be noise, which base64 makes longer by a third.
        let most = (self.pending.len() + json.len()) * 4 / 3;
        if self.used + self.at_most + most > self.limit {
            self.wait();
        }
        if self.used + most > self.limit {
            return None;
        }
        self.pending.push(if self.values == 0 { b'[' } else { b',' });
        self.pending.extend_from_slice(json);
        let place = Place(self.count, self.values);
        self.values += 1;
        if self.pending.len() >= TOGETHER {
            self.close();
        }
        Some(place)
    }

    fn finish(mut self) -> Vec<String> {
        if self.values > 0 {
            self.close();
        }
        self.wait();
        self.packs
    }

    fn close(&mut self) {
        self.pending.push(b']');
        // More than gzip and base64 make of noise.
        self.at_most += TOGETHER + 2 * self.pending.len();
        self.aside.hand(std::mem::take(&mut self.pending));
        self.values = 0;
        self.count += 1;
    }

    /// Waits for all packs that are being made.
    fn wait(&mut self) {
        while let Some(pack) = self.aside.take() {
            self.used += pack.len();
            self.packs.push(pack);
        }
        self.at_most = 0;
    }
}

fn pack(json: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    // Writing to memory does not fail.
    let packed = encoder.write_all(json).and_then(|()| encoder.finish());
    STANDARD.encode(packed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn unpack(pack: &str) -> Vec<String> {
        let bytes = STANDARD.decode(pack).unwrap();
        let mut json = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut json).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    /// Text that does not pack.
    fn noise(seed: u64, length: u64) -> String {
        let byte = |i: u64| (crate::hash::within(seed, &i.to_le_bytes()) % 90) as u8;
        (0..length).map(|i| char::from(b'!' + byte(i))).collect()
    }

    #[test]
    fn values_are_where_they_were_put_until_the_limit() {
        let limit = 1 << 20;
        let values: Vec<String> = (0..).map(|i| noise(i, 40_000)).take(100).collect();
        let packed = |threads| {
            let mut places = Vec::new();
            let packs = Packer::run(limit, Threads::new(threads), |packer| {
                places.extend(values.iter().map_while(|value| packer.add(value)));
                Ok(())
            });
            (packs.unwrap(), places)
        };
        let (packs, places) = packed(1);
        assert_eq!((packs.clone(), places.clone()), packed(2));
        assert!(packs.len() > 1 && places.len() < values.len());
        assert!(packs.iter().map(String::len).sum::<usize>() <= limit);
        for (value, Place(pack, at)) in values.iter().zip(places) {
            assert_eq!(unpack(&packs[pack])[at], *value);
        }
    }
}
