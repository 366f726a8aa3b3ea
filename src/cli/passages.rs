//! `unchaff passages`: shared passages only.

use crate::pipeline::Goal;

use super::args::PassagesArgs;
use super::run::write_folder;

pub(super) fn passages(args: &PassagesArgs) -> anyhow::Result<u8> {
    write_folder(
        &args.settings()?,
        &args.clean,
        &args.out,
        Goal::Passages,
        &args.output,
        &args.process,
    )
}
