//! What each stage costs beside the floor: megabytes of JSON lines a second in one thread.
//!
//! The floor is what any tool must do: read the file, parse every record, write it again with a new
//! text and every other field as it was. A ratio of 5 says that a stage takes five times as much of
//! the processor. Machines are shared, and what they give changes by the second: so the floor is run
//! in turn with whatever is measured.
//! The corpus is made up from a seed, so every machine measures the same bytes; with
//! `STAGES_INPUT=FILE.jsonl` the stages are measured on a corpus of your own.

#![allow(clippy::print_stdout)] // what a bench is for

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use cpu_time::ProcessTime;
use serde_json::value::RawValue;
use unchaff::boilerplate::{Judge, Judgement, rules::Rules, template::Templates};
use unchaff::config::{CleanOptions, Cleaning, Settings, Templates as From};
use unchaff::document::Document;
use unchaff::engine::Threads;
use unchaff::input::{Chunk, Corpus, InputOptions, discover};
use unchaff::lines::Lines;
use unchaff::output::{Encoder, Layout};
use unchaff::pipeline::{Cleaner, Goal, Silent, run};
use unchaff::report::summary::Run;
use unchaff::report::{OutFolder, Overwrite};
use unchaff::segment::segment;
use unchaff::words::{Word, words};

type Fallible<T = ()> = Result<T, Box<dyn Error>>;

/// Each figure is the median of so many runs.
const RUNS: usize = 5;
const DOCUMENTS: u64 = 3000;

fn main() -> Fallible {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("made.jsonl");
    let input = if let Ok(path) = std::env::var("STAGES_INPUT") {
        path
    } else {
        std::fs::write(&made, corpus(DOCUMENTS))?;
        made.display().to_string()
    };
    let bench = Bench { input: &input, bytes: std::fs::metadata(&input)?.len() as f64 / 1e6 };
    println!(
        "{:.1} MB, one thread, medians of {RUNS}: by the clock, and of the processor",
        bench.bytes
    );
    bench.row("floor", || floor(Path::new(&input)))?;
    stages(&bench)?;
    for (name, templates, goal, threads) in [
        ("clean, no templates", From::Off, Goal::Clean, 1),
        ("clean, with templates", From::Survey, Goal::Clean, 1),
        ("clean, 2 threads", From::Survey, Goal::Clean, 2),
        ("run", From::Survey, Goal::Run, 1),
    ] {
        let clean = CleanOptions { templates, ..CleanOptions::default() };
        let settings = Settings {
            inputs: vec![input.clone()],
            clean,
            threads: Threads::new(threads),
            ..Settings::default()
        };
        bench.row(name, || once(&settings, goal, folder.path()).map(drop))?;
    }
    passages(&bench, folder.path())?;
    bench.row("arithmetic, 1 thread", || arithmetic(1))?;
    bench.row("arithmetic, 2 threads", || arithmetic(2))?;
    Ok(())
}

/// What is measured on, and how.
struct Bench<'b> {
    input: &'b str,
    /// Its millions of bytes.
    bytes: f64,
}

impl Bench<'_> {
    /// Runs the floor and something else in turn, and prints the medians; gives the floor's.
    fn row(&self, name: &str, mut what: impl FnMut() -> Fallible) -> Fallible<f64> {
        let (mut walls, mut seconds, mut floors) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            floors.push(took(|| floor(Path::new(self.input)))?.1);
            let (wall, processor) = took(&mut what)?;
            walls.push(wall);
            seconds.push(processor);
        }
        let floor = middle(&mut floors);
        self.print(name, middle(&mut walls), middle(&mut seconds) / floor);
        Ok(floor)
    }

    fn print(&self, name: &str, wall: f64, floors: f64) {
        println!("{name:<28} {:>8.0} MB/s {floors:>8.2} x", self.bytes / wall);
    }
}

/// Seconds by the clock, and of the processor in all threads.
fn took(mut what: impl FnMut() -> Fallible) -> Fallible<(f64, f64)> {
    let (wall, processor) = (Instant::now(), ProcessTime::now());
    what()?;
    Ok((wall.elapsed().as_secs_f64(), processor.elapsed().as_secs_f64()))
}

/// The stages of cleaning, each by itself, on what the stage before gives.
fn stages(bench: &Bench<'_>) -> Fallible {
    let corpus = discover(&[bench.input.to_owned()], &InputOptions::default())?;
    bench.row("frame and parse", || seen(documents(&corpus)))?;
    let documents = documents(&corpus);
    let each = |name: &str, look: &dyn Fn(&Document)| {
        bench.row(name, || {
            documents.iter().for_each(look);
            Ok(())
        })
    };
    each("segment", &|d| keep(segment(&d.text)))?;
    each("segment, normalise", &|d| keep(Lines::of(&d.text)))?;
    each("words", &|d| {
        let mut out: Vec<Word> = Vec::new();
        words(&d.text, &mut out);
        keep(out);
    })?;

    let judge = Judge::new(Rules::built_in()?)?;
    let prepared: Vec<_> = documents.iter().map(|d| (d, Lines::of(&d.text))).collect();
    let none = Templates::default();
    let judged = || -> Fallible<Vec<Judgement>> {
        let judgements = prepared.iter().map(|(d, lines)| judge.judge(d, lines, &none));
        Ok(judgements.collect::<Result<_, _>>()?)
    };
    bench.row("judge", || seen(judged()?))?;

    let options = CleanOptions::default();
    let cleaner = Cleaner {
        corpus: &corpus,
        judge: &judge,
        templates: &none,
        options: &options,
        guarded: None,
    };
    let outputs: Vec<String> =
        documents.iter().map(|d| Ok(cleaner.clean(d)?.text)).collect::<Fallible<_>>()?;
    let chunks: Vec<Chunk> = corpus.read().collect();
    let layout = Layout::lines(&corpus);
    let encoded = || -> Fallible {
        let mut texts = documents.iter().zip(&outputs).peekable();
        for chunk in &chunks {
            let mut encoder = Encoder::new(&layout, chunk);
            for (i, frame) in chunk.frames.iter().enumerate() {
                let its = texts.next_if(|(document, _)| document.source.ordinal == frame.ordinal);
                if let Some((document, clean)) = its {
                    encoder.push(i, document, clean, None)?;
                }
            }
            keep(encoder.finish()?);
        }
        Ok(())
    };
    bench.row("encode", encoded)?;
    Ok(())
}

/// Finding shared passages in texts as they are, and the steps of it by the clock.
fn passages(bench: &Bench<'_>, folder: &Path) -> Fallible {
    let settings = Settings {
        inputs: vec![bench.input.to_owned()],
        clean: CleanOptions { level: Cleaning::Off, ..CleanOptions::default() },
        threads: Threads::new(1),
        ..Settings::default()
    };
    let mut steps: Vec<(String, Vec<f64>)> = Vec::new();
    let floor = bench.row("passages, no cleaning", || {
        let told = once(&settings, Goal::Passages, folder)?;
        for (number, stage) in told.stages.into_iter().enumerate() {
            if steps.len() == number {
                steps.push((stage.name, Vec::new()));
            }
            steps[number].1.push(stage.seconds);
        }
        Ok(())
    })?;
    for (name, mut seconds) in steps {
        let wall = middle(&mut seconds);
        bench.print(&format!("  {name}"), wall, wall / floor);
    }
    Ok(())
}

/// Uses a result, so that it is computed.
fn keep<T>(what: T) {
    drop(black_box(what));
}

#[allow(clippy::unnecessary_wraps)] // what `median` measures may fail
fn seen<T>(what: T) -> Fallible {
    keep(what);
    Ok(())
}

fn documents(corpus: &Corpus) -> Vec<Document> {
    let parsed = |chunk: Chunk| -> Vec<Document> {
        chunk.documents(corpus).filter_map(|(_, parsed)| Some(parsed.ok()?.document)).collect()
    };
    corpus.read().flat_map(parsed).collect()
}

fn once(settings: &Settings, goal: Goal, folder: &Path) -> Fallible<Run> {
    let judge = Judge::new(Rules::on_demand()?)?;
    let corpus = discover(&settings.inputs, &settings.input)?;
    let out = OutFolder::claim(&folder.join("out"), Overwrite::Allowed, &settings.inputs)?;
    let (_, told) = run(settings, &corpus, None, &judge, &out, goal, &Silent)?;
    std::fs::remove_dir_all(folder.join("out"))?;
    Ok(told)
}

/// Every record parsed and written again.
fn floor(input: &Path) -> Fallible {
    let lines = std::fs::read_to_string(input)?;
    let mut out = Vec::new();
    for line in lines.lines() {
        let record: BTreeMap<&str, &RawValue> = serde_json::from_str(line)?;
        out.push(b'{');
        for (i, (name, value)) in record.iter().enumerate() {
            out.extend_from_slice(if i > 0 { b"," } else { b"" });
            serde_json::to_writer(&mut out, name)?;
            out.push(b':');
            if *name == "text" {
                let text: String = serde_json::from_str(value.get())?;
                serde_json::to_writer(&mut out, &text)?;
            } else {
                out.extend_from_slice(value.get().as_bytes());
            }
        }
        out.extend_from_slice(b"}\n");
    }
    let mut file = tempfile::tempfile()?;
    Ok(file.write_all(&out)?)
}

/// The same work for each thread: what the machine gives to a second one.
#[allow(clippy::unnecessary_wraps)] // what `median` measures may fail
fn arithmetic(threads: u64) -> Fallible {
    const STEPS: u64 = 200_000_000;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let steps = STEPS / threads;
            scope.spawn(move || {
                black_box((0..steps).fold(thread, |n, step| n.wrapping_mul(31).wrapping_add(step)))
            });
        }
    });
    Ok(())
}

fn middle(seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Invented articles of 40 outlets as lines of JSON: prose, quotations, and what sites put around it.
fn corpus(documents: u64) -> Vec<u8> {
    let mut dice = Dice(7);
    let mut out = Vec::new();
    for number in 0..documents {
        let outlet = dice.below(40);
        let mut text = String::new();
        for _ in 0..dice.below(3) {
            text.push_str(dice.one_of(CHAFF));
            text.push_str("\n\n");
        }
        for _ in 0..8 + dice.below(25) {
            for _ in 0..=dice.below(3) {
                sentence(&mut dice, &mut text);
            }
            text.push_str("\n\n");
        }
        text.push_str("Follow Outlet ");
        text.push_str(&outlet.to_string());
        text.push_str(" on Facebook\n\n");
        text.push_str(dice.one_of(CHAFF));
        let record = serde_json::json!({
            "id": number, "outlet": format!("Outlet {outlet}"), "title": format!("Report {number}"),
            "url": format!("https://outlet{outlet}.example/{number}"), "text": text,
        });
        out.extend_from_slice(record.to_string().as_bytes());
        out.push(b'\n');
    }
    out
}

fn sentence(dice: &mut Dice, text: &mut String) {
    let quoted = dice.below(6) == 0;
    text.push_str(if quoted { "“The " } else { "The " });
    for _ in 0..5 + dice.below(20) {
        text.push_str(dice.one_of(WORDS));
        text.push(' ');
    }
    text.pop();
    text.push_str(if quoted { ",” said the harbour master. " } else { ". " });
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_of(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len() as u64) as usize]
    }
}

const CHAFF: &[&str] = &[
    "Advertisement",
    "Share this article",
    "Sign up for our newsletter",
    "Read more: What the tide brought in",
    "Copyright 2031 The Quay Post. All rights reserved.",
    "Photo: Ilsa Morrow/Quay Pictures",
    "By Tamsin Orrell",
];

const WORDS: &[&str] = &[
    "of",
    "and",
    "to",
    "in",
    "a",
    "was",
    "for",
    "on",
    "that",
    "with",
    "by",
    "at",
    "from",
    "it",
    "he",
    "she",
    "they",
    "harbour",
    "bridge",
    "council",
    "ferry",
    "Osterby",
    "Tollhithe",
    "keeper",
    "Tuesday",
    "storm",
    "vote",
    "mayor",
    "fish",
    "market",
    "boats",
    "repairs",
    "million",
    "crews",
    "tide",
    "record",
    "officials",
    "residents",
    "plan",
    "14",
    "2031",
    "don’t",
    "it’s",
    "café",
    "long-awaited",
    "reported",
    "announced",
    "closed",
    "opened",
    "raised",
];
