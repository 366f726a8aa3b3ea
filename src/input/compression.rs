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

use bzip2::Decompress as Bunzip;
use encoding_rs::{CoderResult, Encoding};
use flate2::{Decompress, FlushDecompress};
use lzma_rust2::{Action, Status as XzStatus, XzStream};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

/// How a file is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all
    #[default]
    None,
    /// Gzip, of any number of members
    Gzip,
    /// Zstandard, of any number of frames
    Zstd,
    /// Bzip2, of any number of streams
    Bzip2,
    /// Xz, of any number of streams
    Xz,
}

impl Compression {
    /// Tells by the first bytes of a file, whatever its name says.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or a skippable frame, which may stand first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            // A block, or the end of a stream without one.
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
                Self::Bzip2
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::None,
        }
    }

    /// The ending a file of this kind has by custom.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
            Self::Bzip2 => ".bz2",
            Self::Xz => ".xz",
        }
    }

    /// Whether zeros may follow a member.
    fn is_padded(self) -> bool {
        matches!(self, Self::Gzip | Self::Xz)
    }

    /// What a member begins with, for finding the next one behind damage.
    fn mark(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            // Only deflate has ever been used inside.
            Self::Gzip => b"\x1f\x8b\x08",
            Self::Zstd => b"\x28\xb5\x2f\xfd",
            Self::Bzip2 => b"BZh",
            Self::Xz => b"\xfd7zXZ\0",
        }
    }
}

/// So many bytes tell the compression.
const HEAD: usize = 10;

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

    /// The row where reading went on behind the fault.
    pub(super) fn passed_over(&self, offset: u64) -> String {
        format!("{self} at byte {offset} (after decompression); reading went on behind it")
    }
}

/// The decompressed bytes of a file or of a pipe.
#[derive(Debug)]
pub(super) struct Stream {
    packed: Packed,
    compression: Compression,
    decoder: Decoder,
    /// A member or frame was begun and has not ended.
    inside: bool,
    ended: bool,
    /// Waits for nothing: what has come so far is given out.
    prompt: bool,
    members: u64,
    produced: u64,
    /// What had been given out when the member began.
    begun_at: u64,
    recoder: Option<Recoder>,
}

/// Of a member so many bytes are kept, so that another one can be looked for in it if it is damaged.
const KEPT: usize = 1 << 20;

impl Stream {
    /// Opens a file and looks at its first bytes.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // With a buffer no larger than the file: of articles that are files there are millions.
        let room = file.metadata()?.len().clamp(1 << 9, 1 << 16) as usize;
        Self::new(Packed::new(Box::new(file), room), false)
    }

    /// Reads a pipe, and gives out what comes as it comes.
    pub(super) fn of_pipe(pipe: Box<dyn Read + Send>) -> io::Result<Self> {
        Self::new(Packed::new(pipe, 1 << 16), true)
    }

    fn new(mut packed: Packed, prompt: bool) -> io::Result<Self> {
        let compression = Compression::of(packed.peek(HEAD)?);
        let decoder = Decoder::new(compression)?;
        Ok(Self {
            packed,
            compression,
            decoder,
            inside: false,
            ended: false,
            prompt,
            members: 0,
            produced: 0,
            begun_at: 0,
            recoder: None,
        })
    }

    /// Keeps what is needed to look for a member inside another that is damaged.
    pub(super) fn keep_members(&mut self) {
        self.packed.kept = Some(Vec::new());
    }

    /// How much of what was given out came from the current member.
    pub(super) fn of_this_member(&self) -> u64 {
        self.produced - self.begun_at
    }

    /// From now on gives out UTF-8 of what is in another encoding.
    pub(super) fn recode(&mut self, from: &'static Encoding) {
        self.recoder = Some(Recoder { decoder: from.new_decoder(), raw: Vec::new() });
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

    /// All was given out.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Appends about `limit` bytes: fewer at the end, and where a pipe has no more at the moment. With
    /// a fault, the bytes before it have been appended; nothing can be read after it, unless
    /// [`Stream::skip_damage`] finds something.
    pub(super) fn read(&mut self, out: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
        let start = out.len();
        let Some(mut recoder) = self.recoder.take() else {
            let result = self.read_raw(out, limit);
            self.produced += (out.len() - start) as u64;
            return result;
        };
        let mut raw = std::mem::take(&mut recoder.raw);
        let result = self.read_raw(&mut raw, limit);
        recoder.append(&raw, self.ended || result.is_err(), out);
        raw.clear();
        recoder.raw = raw;
        self.recoder = Some(recoder);
        self.produced += (out.len() - start) as u64;
        result
    }

    fn read_raw(&mut self, out: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
        let start = out.len();
        // A pipe is read in steps, to give out what there is between them.
        if self.compression == Compression::None && !self.prompt {
            self.packed.give(out, limit).map_err(Fault::Read)?;
            self.ended = out.len() - start < limit;
            return Ok(());
        }
        out.resize(start + limit, 0);
        let mut done = 0;
        let result = self.decode(&mut out[start..], &mut done);
        out.truncate(start + done);
        result
    }

    fn decode(&mut self, output: &mut [u8], done: &mut usize) -> Result<(), Fault> {
        while *done < output.len() {
            if self.prompt && *done > 0 && self.packed.ahead.is_empty() {
                break;
            }
            if !self.inside && !self.next_member(*done)? {
                self.ended = true;
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

    /// Moves to the next member, if there is one, when so many bytes more were given out.
    fn next_member(&mut self, given: usize) -> Result<bool, Fault> {
        if self.compression.is_padded() && self.members > 0 {
            self.skip_padding().map_err(Fault::Read)?;
        }
        let plain = self.compression == Compression::None;
        let head = self.packed.peek(if plain { 1 } else { HEAD }).map_err(Fault::Read)?;
        if head.is_empty() {
            return Ok(false);
        }
        if !plain && Compression::of(head) != self.compression {
            return Err(Fault::Trailing);
        }
        self.decoder.reset();
        self.inside = true;
        self.members += 1;
        self.packed.forget();
        self.begun_at = self.produced + given as u64;
        Ok(true)
    }

    /// Tapes and block devices fill up with zeros after the last member; gzip(1) ignores them too,
    /// and xz calls them stream padding.
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

    /// After a fault, goes to the next place where a member seems to begin, and says whether there
    /// is one.
    pub(super) fn skip_damage(&mut self) -> Result<bool, Fault> {
        let mark = self.compression.mark();
        if self.inside {
            self.packed.put_back();
            self.inside = false;
        }
        loop {
            let ahead = self.packed.peek(HEAD).map_err(Fault::Read)?;
            if ahead.len() < HEAD || mark.is_empty() {
                return Ok(false);
            }
            match memmem::find(ahead, mark) {
                Some(0) if Compression::of(ahead) == self.compression => return Ok(true),
                // Damage in a member's own head: its mark is the one not to find again.
                Some(0) => self.packed.consume(1),
                Some(at) => self.packed.consume(at),
                None => {
                    let seen = ahead.len() - (mark.len() - 1);
                    self.packed.consume(seen);
                }
            }
        }
    }
}

/// Makes UTF-8 of another encoding, block by block.
struct Recoder {
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
}

impl Recoder {
    /// What is malformed becomes U+FFFD.
    fn append(&mut self, raw: &[u8], last: bool, out: &mut Vec<u8>) {
        let most = self.decoder.max_utf8_buffer_length(raw.len()).unwrap_or(4 * raw.len() + 4);
        let start = out.len();
        out.resize(start + most, 0);
        let (result, _, written, _) = self.decoder.decode_to_utf8(raw, &mut out[start..], last);
        debug_assert_eq!(result, CoderResult::InputEmpty);
        out.truncate(start + written);
    }
}

impl fmt::Debug for Recoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.decoder.encoding().name())
    }
}

/// The stored bytes, with a look ahead.
struct Packed {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    ahead: Range<usize>,
    consumed: u64,
    /// What was taken of the current member, where that is wanted and not too much.
    kept: Option<Vec<u8>>,
}

impl Packed {
    fn new(source: Box<dyn Read + Send>, room: usize) -> Self {
        Self { source, buffer: vec![0; room], ahead: 0..0, consumed: 0, kept: None }
    }

    /// A member begins.
    fn forget(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.clear();
        }
    }

    /// What was kept comes again, but for its first byte: there the member began that was damaged.
    fn put_back(&mut self) {
        let Some(kept) = &mut self.kept else { return };
        if (1..KEPT).contains(&kept.len()) {
            self.consumed -= kept.len() as u64 - 1;
            let again = [&kept[1..], &self.buffer[self.ahead.clone()]].concat();
            self.ahead = 0..again.len();
            self.buffer = again;
        }
        kept.clear();
    }

    /// What comes next: at least `least` bytes, fewer only at the end.
    fn peek(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.ahead.len() < least {
            self.buffer.copy_within(self.ahead.clone(), 0);
            self.ahead = 0..self.ahead.len();
            match self.source.read(&mut self.buffer[self.ahead.end..]) {
                Ok(0) => break,
                Ok(count) => self.ahead.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.ahead.clone()])
    }

    /// Appends what comes next as it is, past the buffer: so many bytes, fewer only at the end, or
    /// before an error.
    fn give(&mut self, out: &mut Vec<u8>, limit: usize) -> io::Result<()> {
        let start = out.len();
        let ahead = &self.buffer[self.ahead.clone()];
        let ahead = &ahead[..ahead.len().min(limit)];
        out.reserve(limit);
        out.extend_from_slice(ahead);
        self.ahead.start += ahead.len();
        let rest = (limit - ahead.len()) as u64;
        let read = self.source.by_ref().take(rest).read_to_end(out);
        self.consumed += (out.len() - start) as u64;
        read.map(|_| ())
    }

    fn consume(&mut self, count: usize) {
        if let Some(kept) = &mut self.kept
            && kept.len() < KEPT
        {
            kept.extend_from_slice(&self.buffer[self.ahead.start..self.ahead.start + count]);
        }
        self.ahead.start += count;
        self.consumed += count as u64;
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes taken", self.consumed)
    }
}

enum Decoder {
    Plain,
    Gzip(Box<Decompress>),
    Zstd(ZstdDecoder<'static>),
    Bzip2(Box<Bunzip>),
    Xz(Box<XzStream>),
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

/// The same for xz, whose blocks may ask for 4 GiB; `xz -9` asks for 65 MiB. In KiB.
const XZ_MEMORY: u32 = 160 << 10;

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
            Compression::Bzip2 => Self::Bzip2(Box::new(Bunzip::new(false))),
            Compression::Xz => Self::Xz(Box::new(XzStream::new_mem_limit(false, XZ_MEMORY))),
        })
    }

    /// Makes ready for the next member.
    fn reset(&mut self) {
        match self {
            Self::Plain => {}
            Self::Gzip(decoder) => decoder.reset(true),
            // Begins the next frame by itself, unless it stopped inside the last one.
            Self::Zstd(decoder) => drop(decoder.reinit()),
            Self::Bzip2(decoder) => **decoder = Bunzip::new(false),
            Self::Xz(decoder) => **decoder = XzStream::new_mem_limit(false, XZ_MEMORY),
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self {
            Self::Plain => copy(input, output),
            Self::Gzip(decoder) => inflate(decoder, input, output),
            Self::Zstd(decoder) => unpack(decoder, input, output),
            Self::Bzip2(decoder) => bunzip(decoder, input, output),
            Self::Xz(decoder) => unxz(decoder, input, output),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
            Self::Bzip2(_) => "Bzip2",
            Self::Xz(_) => "Xz",
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

fn bunzip(decoder: &mut Bunzip, input: &[u8], output: &mut [u8]) -> Step {
    let before = (decoder.total_in(), decoder.total_out());
    let result = decoder.decompress(input, output);
    Step {
        consumed: (decoder.total_in() - before.0) as usize,
        produced: (decoder.total_out() - before.1) as usize,
        ended: matches!(result, Ok(bzip2::Status::StreamEnd)),
        error: result.err().map(|error| error.to_string()),
    }
}

fn unxz(decoder: &mut XzStream, input: &[u8], output: &mut [u8]) -> Step {
    let before = (decoder.total_in(), decoder.total_out());
    let result = decoder.process(input, output, Action::Run);
    Step {
        consumed: (decoder.total_in() - before.0) as usize,
        produced: (decoder.total_out() - before.1) as usize,
        ended: matches!(&result, Ok(result) if result.status == XzStatus::StreamEnd),
        error: result.err().map(|error| error.to_string()),
    }
}
