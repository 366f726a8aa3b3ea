//! Every rule by its own examples.
