//! Progress bars on a terminal; nothing elsewhere.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::pipeline::Progress;

/// Draws a bar for each stage on standard error.
#[derive(Debug, Default)]
pub(super) struct Bars {
    bar: Mutex<Option<ProgressBar>>,
}

const BYTES: &str =
    "{msg:>9} {wide_bar} {bytes:>10} of {total_bytes:10} {bytes_per_sec:>12}  {eta:>4} left";
const ITEMS: &str = "{msg:>9} {wide_bar} {human_pos:>10} of {human_len:10}  {eta:>4} left";

impl Progress for Bars {
    fn begin(&self, stage: &'static str, total: u64) {
        // indicatif draws nothing where standard error is no terminal.
        let template = if stage == "passages" { ITEMS } else { BYTES };
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(stage);
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn advance(&self, amount: u64) {
        if let Ok(slot) = self.bar.lock() {
            slot.iter().for_each(|bar| bar.inc(amount));
        }
    }

    fn end(&self) {
        if let Ok(mut slot) = self.bar.lock() {
            slot.take().iter().for_each(ProgressBar::finish_and_clear);
        }
    }
}
