//! Framing where a file is a document: texts and pages.

use std::ops::Range;

use super::Corpus;
use super::chunk::{Chunk, Framer};
use super::compression::{Fault, Stream};
use crate::error::Reject;

/// How much is decompressed at a time: more than most articles.
const BLOCK: usize = 16 << 10;

/// The files of a shard.
#[derive(Debug)]
pub(super) struct Files<'a> {
    corpus: &'a Corpus,
    left: Range<usize>,
}

impl<'a> Files<'a> {
    pub(super) fn new(corpus: &'a Corpus, files: Range<usize>) -> Self {
        Self { corpus, left: files }
    }

    fn frame(&self, i: usize, chunk: &mut Chunk) {
        let start = chunk.data.len();
        let result = match Stream::open(&self.corpus.files[i].path) {
            Ok(mut stream) => {
                let result = self.read(&mut stream, chunk);
                chunk.consumed += stream.consumed();
                result
            }
            Err(error) => Err((0, Fault::Read(error).reason(0))),
        };
        let whole = match result {
            Ok(None) => true,
            Ok(Some(remark)) => {
                self.reject(i, 0, remark, chunk);
                true
            }
            Err((record, reason)) => {
                self.reject(i, record, reason, chunk);
                false
            }
        };
        if whole {
            chunk.frame(start..chunk.data.len(), i as u32, 1, 0);
        } else {
            chunk.data.truncate(start);
        }
    }

    /// Reads a whole file: with a remark where more follows that is no part of it, and with the
    /// record's number and the reason where it cannot be had whole.
    fn read(
        &self,
        stream: &mut Stream,
        chunk: &mut Chunk,
    ) -> Result<Option<String>, (u64, String)> {
        let most = self.corpus.limits.max_record;
        loop {
            match stream.read(&mut chunk.data, BLOCK) {
                Ok(()) if stream.produced() > most => {
                    let reason = format!(
                        "the file has more than the {most} bytes allowed; raise --max-record"
                    );
                    return Err((1, reason));
                }
                Ok(()) if stream.ended() => return Ok(None),
                Ok(()) => {}
                Err(fault @ Fault::Trailing) => return Ok(Some(fault.reason(stream.produced()))),
                Err(fault @ Fault::Read(_)) => return Err((0, fault.reason(stream.produced()))),
                Err(fault) => return Err((1, fault.reason(stream.produced()))),
            }
        }
    }

    fn reject(&self, i: usize, record: u64, reason: String, chunk: &mut Chunk) {
        let file = self.corpus.files[i].name.clone();
        chunk.rejects.push(Reject { file, record, offset: 0, reason });
    }
}

impl Framer for Files<'_> {
    fn fill(&mut self, chunk: &mut Chunk) -> bool {
        while !self.corpus.limits.is_full(chunk, chunk.data.len())
            && let Some(i) = self.left.next()
        {
            self.frame(i, chunk);
        }
        self.left.is_empty()
    }
}
