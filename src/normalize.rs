//! stub
#![allow(missing_docs, missing_debug_implementations)]
use std::ops::Range;
#[derive(Debug, Clone, Copy)] pub enum Step { Space }
impl Step { pub fn rule(self) -> &'static str { "normalize.space" } }
#[derive(Debug, Clone)] pub struct Edit { pub range: Range<usize>, pub with: String, pub step: Step }
#[derive(Debug, Clone)] pub struct Edits(Vec<Edit>);
impl Edits { pub fn iter(&self) -> std::slice::Iter<'_, Edit> { self.0.iter() } pub fn apply(&self, t: &str) -> String { t.to_owned() } pub fn to_original(&self, r: Range<usize>) -> Range<usize> { r } }
pub fn line(_: &str) -> Option<Edits> { None }
