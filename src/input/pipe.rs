//! Standard input as a stream: read once, each record given out when it has come.

use std::fmt;
use std::io::{self, Cursor, Read};
use std::sync::{Mutex, PoisonError};

use memchr::memchr;

use super::compression::{Compression, Stream};
use super::fields::{self, Fields};
use super::sniff::{self, Sniffed, WINDOW};
use super::{Corpus, FieldsFound, InputFile, InputOptions, Shard, ShardKind, discover_with};
use crate::error::{Error, Result};

/// A pipe until it is read.
pub(super) struct Pipe(Mutex<Option<Stream>>);

impl Pipe {
    /// The stream, the first time.
    pub(super) fn take(&self) -> Option<Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pipe")
    }
}

/// A corpus of standard input that can be read once and is never stored. What has to be read whole,
/// such as a page, is spooled all the same.
///
/// # Errors
///
/// Those of [`super::discover`].
pub fn piped(options: &InputOptions, mut stdin: Box<dyn Read + Send>) -> Result<Corpus> {
    let fields = Fields::new(options)?;
    let head = head(&mut stdin).map_err(Error::io("cannot read", "standard input".as_ref()))?;
    let mut all = Cursor::new(head.clone()).chain(stdin);
    let sniffed = sniff::sniff_head(&head, &fields);
    let Some(sniffed) = sniffed.ok().filter(|sniffed| sniffed.kind.is_a_stream()) else {
        return discover_with(&["-".to_owned()], options, &mut all);
    };
    let Sniffed { kind, compression, dialect } = sniffed;
    let found = match kind {
        ShardKind::Jsonl if compression == Compression::None => {
            fields::probe_lines(&head, &fields)?
        }
        _ => FieldsFound::default(),
    };
    let name = format!("stdin{}{}", kind.ending(), compression.suffix());
    let stream = Stream::of_pipe(Box::new(all))
        .map_err(Error::io("cannot read", "standard input".as_ref()))?;
    let file = InputFile {
        path: "-".into(),
        name: name.clone(),
        below: name.clone(),
        compression,
        size: 0,
        dialect,
    };
    Ok(Corpus {
        pipe: Some(Pipe(Mutex::new(Some(stream)))),
        files: vec![file],
        shards: vec![Shard { name, kind, files: 0..1 }],
        found,
        ..Corpus::empty(fields, options)
    })
}

/// The beginning of a pipe: enough to tell what it is, and where that is JSON lines no more than has
/// come.
fn head(stdin: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = vec![0; WINDOW];
    let mut length = 0;
    while length < WINDOW {
        match stdin.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        let so_far = head[..length].trim_ascii_start();
        if so_far.first() == Some(&b'{') && memchr(b'\n', so_far).is_some() {
            break;
        }
    }
    head.truncate(length);
    Ok(head)
}
