//! `unchaff train`: the model's weights, from labelled documents.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::boilerplate::Judge;
use crate::boilerplate::Strictness;
use crate::boilerplate::rules::Rules;
use crate::error::Error;
use crate::input::discover;
use crate::train::{Depth, Trainer};

use super::DONE;
use super::args::TrainArgs;

const DIALS: [(Strictness, &str); 3] = [
    (Strictness::Careful, "careful"),
    (Strictness::Balanced, "balanced"),
    (Strictness::Thorough, "thorough"),
];

pub(super) fn train(args: &TrainArgs) -> anyhow::Result<u8> {
    let settings = args.settings()?;
    settings.check()?;
    if args.out.is_none() && args.validate.is_none() {
        return Err(Error::config(
            "nothing to make: name a file for the weights with -o, or a folder with --validate",
        )
        .into());
    }
    let judge = Judge::new(Rules::built_in()?)?;
    let corpus = discover(&settings.inputs, &settings.input)?;
    let trainer = Trainer::read(&judge, &corpus, settings.threads)?;
    let (documents, lines) = trainer.size();
    let depth = if args.validate.is_some() { Depth::Validation } else { Depth::Weights };
    let learnt = trainer.learn(depth)?;
    if let Some(out) = &args.out {
        let mut notes = vec![format!("learnt from {documents} documents, {lines} labelled lines")];
        notes.extend(args.note.iter().cloned());
        std::fs::write(out, learnt.model().table(&notes))
            .map_err(Error::io("cannot write", out))?;
    }
    if let Some(folder) = &args.validate {
        std::fs::create_dir_all(folder).map_err(Error::io("cannot make the folder", folder))?;
        let told = learnt.cross_validate(&DIALS.map(|(dial, _)| dial))?;
        for ((_, name), documents) in DIALS.iter().zip(told) {
            write(&folder.join(format!("{name}.jsonl")), &documents)?;
        }
    }
    Ok(DONE)
}

fn write(path: &Path, documents: &[(String, String)]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path).map_err(Error::io("cannot write", path))?);
    for (id, text) in documents {
        writeln!(out, "{}", serde_json::json!({"id": id, "text": text}))?;
    }
    out.flush()?;
    Ok(())
}
