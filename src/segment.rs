//! stub
use crate::block::Block;
/// stub
pub fn segment(text: &str) -> Vec<Block> {
    let mut at = 0; let mut out = Vec::new();
    for (i, l) in text.split_inclusive('\n').enumerate() {
        let t = l.trim(); let s = if t.is_empty() { at } else { at + (t.as_ptr() as usize - l.as_ptr() as usize) };
        out.push(Block { range: at..at + l.len(), body: s..s + t.len(), line: i as u32 + 1 }); at += l.len();
    }
    out
}
