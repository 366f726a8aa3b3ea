//! Reading files that may be compressed, so that everything whole in a damaged one is kept.
//!
//! The decoders are driven by hand rather than through `MultiGzDecoder` and its like, which answer
//! padding or rubbish after the last member, a file cut off, and a broken checksum with the same
//! error, and give up the bytes decoded just before it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use flate2::{Decompress, FlushDecompress};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

/// How a file is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// Gzip, of any number of members.
    Gzip,
    /// Zstandard, of any number of frames.
    Zstd,
}

impl Compression {
    /// Tells by the first bytes of a file, whatever its name says.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or a skippable frame, which may stand first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// The ending a file of this kind has by custom.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }
}

/// Why a file cannot be read on.
#[derive(Debug)]
pub(super) enum Fault {
    /// The system says no.
    Read(io::Error),
    /// The last member is not whole.
    EndsEarly,
    /// The decoder says no.
    Damaged(String),
    /// Something else follows the compressed data, all of which was read.
    Trailing,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read ({error})"),
            Self::EndsEarly => f.write_str("compressed data ends early"),
            Self::Damaged(what) => write!(f, "compressed data is damaged ({what})"),
            Self::Trailing => f.write_str("something that is not compressed follows the data"),
        }
    }
}

impl Fault {
    /// The row in `rejects.jsonl`, where `offset` bytes had been decompressed.
    pub(super) fn reason(&self, offset: u64) -> String {
        let fate = match self {
            Self::Trailing => "all records were kept",
            _ => "complete records before it were kept, what follows is lost",
        };
        format!("{self} at byte {offset} (after decompression); {fate}")
    }
}

/// The decompressed bytes of a file.
#[derive(Debug)]
pub(super) struct Stream {
    packed: Packed,
    compression: Compression,
    decoder: Decoder,
    /// A member or frame was begun and has not ended.
    inside: bool,
    members: u64,
    produced: u64,
}

impl Stream {
    /// Opens a file and looks at its first bytes.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut packed = Packed::new(File::open(path)?)?;
        let compression = Compression::of(packed.peek(4)?);
        let decoder = Decoder::new(compression)?;
        Ok(Self { packed, compression, decoder, inside: false, members: 0, produced: 0 })
    }

    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    /// Bytes given out so far.
    pub(super) fn produced(&self) -> u64 {
        self.produced
    }

    /// Bytes taken from the file so far.
    pub(super) fn consumed(&self) -> u64 {
        self.packed.consumed
    }

    /// Appends `limit` bytes, or fewer at the end of the file only. With a fault, the bytes before it
    /// have been appended; nothing can be read after it.
    pub(super) fn read(&mut self, out: &mut Vec<u8>, limit: usize) -> Result<usize, Fault> {
        let start = out.len();
        out.resize(start + limit, 0);
        let mut done = 0;
        let result = self.decode(&mut out[start..], &mut done);
        out.truncate(start + done);
        self.produced += done as u64;
        result.map(|()| done)
    }

    fn decode(&mut self, output: &mut [u8], done: &mut usize) -> Result<(), Fault> {
        while *done < output.len() {
            if !self.inside && !self.next_member()? {
                break;
            }
            let input = self.packed.peek(1).map_err(Fault::Read)?;
            let at_end = input.is_empty();
            let step = self.decoder.step(input, &mut output[*done..]);
            self.packed.consume(step.consumed);
            *done += step.produced;
            step.error.map_or(Ok(()), |error| Err(Fault::Damaged(error)))?;
            self.inside = !step.ended;
            if self.inside && step.consumed + step.produced == 0 {
                return Err(if at_end { Fault::EndsEarly } else { Fault::Damaged("stuck".into()) });
            }
        }
        Ok(())
    }

    /// Moves to the next member, if there is one.
    fn next_member(&mut self) -> Result<bool, Fault> {
        if self.compression == Compression::Gzip && self.members > 0 {
            self.skip_padding().map_err(Fault::Read)?;
        }
        let head = self.packed.peek(4).map_err(Fault::Read)?;
        if head.is_empty() {
            return Ok(false);
        }
        if self.compression != Compression::None && Compression::of(head) != self.compression {
            return Err(Fault::Trailing);
        }
        self.decoder.reset();
        self.members += 1;
        Ok(true)
    }

    /// Tapes and block devices fill up with zeros after the last member; gzip(1) ignores them too.
    fn skip_padding(&mut self) -> io::Result<()> {
        loop {
            let ahead = self.packed.peek(1)?;
            let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 {
                return Ok(());
            }
            self.packed.consume(zeros);
        }
    }
}

/// The stored bytes, with a look ahead.
#[derive(Debug)]
struct Packed {
    file: File,
    buffer: Vec<u8>,
    ahead: Range<usize>,
    consumed: u64,
}

impl Packed {
    /// With a buffer no larger than the file: of articles that are files there are millions.
    fn new(file: File) -> io::Result<Self> {
        let room = file.metadata()?.len().clamp(1 << 9, 1 << 16);
        Ok(Self { file, buffer: vec![0; room as usize], ahead: 0..0, consumed: 0 })
    }

    /// What comes next: at least `least` bytes, fewer only where the file ends.
    fn peek(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.ahead.len() < least {
            self.buffer.copy_within(self.ahead.clone(), 0);
            self.ahead = 0..self.ahead.len();
            match self.file.read(&mut self.buffer[self.ahead.end..]) {
                Ok(0) => break,
                Ok(count) => self.ahead.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.ahead.clone()])
    }

    fn consume(&mut self, count: usize) {
        self.ahead.start += count;
        self.consumed += count as u64;
    }
}

enum Decoder {
    Plain,
    Gzip(Box<Decompress>),
    Zstd(ZstdDecoder<'static>),
}

/// What one call of a decoder did; with an error, what it did before.
struct Step {
    consumed: usize,
    produced: usize,
    ended: bool,
    error: Option<String>,
}

/// Zlib's window of 2¹⁵ bytes; flate2 adds what makes it expect gzip's header and checksum.
const GZIP_WINDOW: u8 = 15;

/// A frame may ask for 2 GiB of memory. 128 MiB is zstd's own limit unless told otherwise.
const ZSTD_WINDOW: u32 = 27;

impl Decoder {
    fn new(compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain,
            Compression::Gzip => Self::Gzip(Box::new(Decompress::new_gzip(GZIP_WINDOW))),
            Compression::Zstd => {
                let mut decoder = ZstdDecoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW))?;
                Self::Zstd(decoder)
            }
        })
    }

    fn reset(&mut self) {
        // Zstd begins the next frame by itself.
        if let Self::Gzip(decoder) = self {
            decoder.reset(true);
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self {
            Self::Plain => copy(input, output),
            Self::Gzip(decoder) => inflate(decoder, input, output),
            Self::Zstd(decoder) => unpack(decoder, input, output),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
        })
    }
}

/// A file that is not compressed ends wherever it ends, so every step may be the last.
fn copy(input: &[u8], output: &mut [u8]) -> Step {
    let count = input.len().min(output.len());
    output[..count].copy_from_slice(&input[..count]);
    Step { consumed: count, produced: count, ended: true, error: None }
}

fn inflate(decoder: &mut Decompress, input: &[u8], output: &mut [u8]) -> Step {
    let before = (decoder.total_in(), decoder.total_out());
    let result = decoder.decompress(input, output, FlushDecompress::None);
    Step {
        consumed: (decoder.total_in() - before.0) as usize,
        produced: (decoder.total_out() - before.1) as usize,
        ended: matches!(result, Ok(flate2::Status::StreamEnd)),
        error: result.err().map(|error| error.message().unwrap_or("bad deflate data").to_owned()),
    }
}

fn unpack(decoder: &mut ZstdDecoder<'static>, input: &[u8], output: &mut [u8]) -> Step {
    let mut input = InBuffer::around(input);
    let mut output = OutBuffer::around(output);
    let result = decoder.run(&mut input, &mut output);
    Step {
        consumed: input.pos(),
        produced: output.pos(),
        ended: matches!(result, Ok(0)),
        error: result.err().map(|error| error.to_string()),
    }
}
