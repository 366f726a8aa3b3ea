//! unchaff takes dumps of scraped news articles and gives back the articles: normalised, without the
//! site's boilerplate, every removal with its reason, and the passages that outlets share.
//!
//! ```text
//!             input              segment      normalize       boilerplate           change
//! files ──► records ──► text ──► blocks ──► what would ──► a verdict beside ──► one edit list ──► output
//! folders   framed by            lines      be written     each block, with     from original     clean/
//! stdin     one thread,          that       differently    its reason           text to output    changes/
//!           parsed by            tile it                        ▲                    │
//!           the workers             │                           │                  words         report
//!                                   └──────── survey: ──────────┘                    │           ▲
//!                                     what each outlet repeats                   passages ───────┘
//!                                     (a first pass over all)             runs that outlets share
//! ```
//!
//! Three ideas hold it together.
//!
//! * **Nothing is deleted by a judge.** It writes a [`verdict`] beside a block; the one ordered
//!   [`change::EditList`] made of the verdicts and of normalisation is what turns the original text
//!   into the output. Every offset anywhere is derived from it, and undoing it gives the original.
//! * **Evidence first, then a decision.** No cue phrase removes a line alone; [`boilerplate`] weighs it
//!   with place, shape, address, repetition in the document and across the outlet's documents.
//! * **Shared passages are exact.** [`passages`] loses no run of words that two outlets have in common,
//!   and compares words where it says that they are equal.
//!
//! The library prints nothing and starts no global pool; [`pipeline`] is the only place where all parts
//! meet, and the `cli` feature (on by default) puts a command line on top of it. One document by hand:
//!
//! ```
//! use unchaff::boilerplate::{Judge, rules::Rules, template::Templates};
//! use unchaff::{change::EditList, document::Document, lines::Lines};
//!
//! let text = "The bridge rose at noon and stayed up, its keeper said on Tuesday.\n\nAdvertisement\n\n\
//!             She had asked the Board three times why anybody would want that.\n";
//! let document = Document { id: "1".into(), text: text.into(), ..Document::default() };
//!
//! let judge = Judge::new(Rules::built_in()?)?;
//! let lines = Lines::of(text);
//! let judgement = judge.judge(&document, &lines, &Templates::default())?;
//! let changes = EditList::assemble(text, &lines.blocks, &judgement.verdicts, &lines.normalised);
//!
//! assert_eq!(changes.apply(text), text.replace("Advertisement\n\n", ""));
//! assert_eq!(changes.changes()[0].category.map(|c| c.name()), Some("ad_slot"));
//! # Ok::<(), unchaff::error::Error>(())
//! ```
//!
//! [`pipeline::run`] does the same for a whole corpus, with templates, shared passages and the report;
//! the README has it in ten lines.
#![warn(clippy::print_stdout)]

pub mod block;
pub mod boilerplate;
pub mod change;
pub mod config;
pub mod dates;
pub mod dedup;
pub mod document;
pub mod engine;
pub mod error;
pub mod hash;
pub mod html;
pub mod input;
pub mod lines;
mod machine;
pub mod normalize;
pub mod offsets;
pub mod output;
mod panics;
pub mod passages;
pub mod pipeline;
pub mod report;
pub mod segment;
pub mod sentences;
pub mod spill;
pub mod train;
pub mod verdict;
pub mod words;

#[cfg(feature = "cli")]
pub mod cli;

/// The examples of the README, so that they go on compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
