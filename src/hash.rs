//! The one place that hashes: xxh3, with fixed seeds, so that every run and every machine agrees.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, Read};

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed, xxh3_128};

/// 64 bits of identity: enough where equal hashes are verified on words afterwards, or where a
/// mistake costs a count.
#[inline]
pub fn of(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// [`of`] what these are one after the other.
pub fn of_all<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = Xxh3::new();
    parts.into_iter().for_each(|part| hasher.update(part));
    hasher.digest()
}

/// A hash of `bytes` inside a name space, such as a line inside its outlet.
#[inline]
pub fn within(space: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, space)
}

/// A number as a key of a [`Map`], which looks at its highest and lowest bits: no two are the same.
#[inline]
pub fn mixed(number: u64) -> u64 {
    let product = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// Sixteen bytes in a number, hashed in two steps: the folded product of their halves, as xxh3 hashes
/// few bytes, but with nothing that depends on how many they are.
#[inline]
pub fn short(bytes: u128) -> u64 {
    const LOW: u64 = 0xA076_1D64_78BD_642F;
    const HIGH: u64 = 0xE703_7ED1_A0B4_28DB;
    let product = u128::from(bytes as u64 ^ LOW) * u128::from((bytes >> u64::BITS) as u64 ^ HIGH);
    product as u64 ^ (product >> u64::BITS) as u64
}

/// 128 bits: identity without verification (documents, files, settings). At a billion distinct
/// inputs the chance of any collision is about 1.5e-21.
pub fn identity(bytes: &[u8]) -> u128 {
    xxh3_128(bytes)
}

/// [`identity`] of numbers, of eight bytes each, the lowest first.
pub fn identity_of_numbers(numbers: &[u64]) -> u128 {
    let mut bytes = vec![0; 8 * numbers.len()];
    for (eight, number) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
        *eight = number.to_le_bytes();
    }
    identity(&bytes)
}

/// Bytes as people write them down: two digits each.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// [`identity`] of everything that a stream gives: what `xxhsum -H2` prints for a file.
pub fn identity_of(mut stream: impl Read) -> io::Result<u128> {
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(hasher.digest128()),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A map whose keys are hashes already.
pub type Map<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

/// A map whose keys are rows of numbers, hashed in one piece.
pub type MapOf<K, V> = HashMap<K, V, BuildHasherDefault<AsItIs>>;

/// A map with room for so many keys.
pub fn map_for<V>(keys: usize) -> Map<V> {
    HashMap::with_capacity_and_hasher(keys, BuildHasherDefault::default())
}

/// A set of hashes.
pub type Set = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// Takes a hash for what it is; xxh3 mixes well enough for any table.
#[derive(Debug, Default, Clone, Copy)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = of(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_what_its_bytes_are() {
        let bytes: Vec<u8> =
            (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(identity_of(&bytes[..]).unwrap(), identity(&bytes));
    }

    #[test]
    fn numbers_are_what_their_bytes_are() {
        let bytes = [[1, 2, 3, 4, 5, 6, 7, 8], [9, 0, 0, 0, 0, 0, 0, 0]];
        let numbers = [0x0807_0605_0403_0201, 9];
        assert_eq!(identity_of_numbers(&numbers), identity(bytes.as_flattened()));
        assert_eq!(identity_of_numbers(&[]), identity(&[]));
    }

    #[test]
    fn parts_are_what_they_make() {
        let bytes: Vec<u8> = (0..3000_u32).map(|i| (i * i) as u8).collect();
        for length in [0, 1, 16, 17, 128, 240, 241, 1024, 1025, 3000] {
            let whole = &bytes[..length];
            for part in [1, 7, 256, 3000] {
                assert_eq!(of_all(whole.chunks(part)), of(whole), "{length} by {part}");
            }
        }
    }
}
