//! FTRL-proximal logistic regression: online, sparse, and the same for every run.

/// Rows to learn from: slots that count 1, then slots that count the row's value.
#[derive(Debug, Default)]
pub(super) struct Rows {
    slots: Vec<u32>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    begin: usize,
    /// Where slots that count `value` begin.
    hashed: usize,
    end: usize,
    value: f64,
    label: f64,
    weight: f64,
    fold: u8,
}

/// What a row is beside its slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    /// Whether it is boilerplate.
    pub(super) boilerplate: bool,
    /// How much it counts.
    pub(super) weight: f64,
    /// The fold of its site.
    pub(super) fold: u8,
}

/// How fast to learn, and how sparse.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) alpha: f64,
    /// What a weight must be worth: of a column, of a hashed word.
    pub(super) column: f64,
    pub(super) word: f64,
}

const EPOCHS: usize = 3;
const BETA: f64 = 0.1;

impl Rows {
    /// Adds a row: its slots that count 1, and those that count `value`.
    pub(super) fn push(&mut self, columns: &[u32], words: &[u32], value: f32, label: Label) {
        let begin = self.slots.len();
        self.slots.extend_from_slice(columns);
        let hashed = self.slots.len();
        self.slots.extend_from_slice(words);
        let Label { boilerplate, weight, fold } = label;
        let label = if boilerplate { 1.0 } else { 0.0 };
        let end = self.slots.len();
        self.rows.push(Row { begin, hashed, end, value: value.into(), label, weight, fold });
    }

    /// Weights learnt from the rows of these folds.
    pub(super) fn fit(&self, folds: impl Fn(u8) -> bool, slots: usize, rates: Rates) -> Vec<f32> {
        let mut learner = Learner { rates, slots: vec![Slot::default(); slots] };
        let mut order: Vec<usize> =
            (0..self.rows.len()).filter(|&i| folds(self.rows[i].fold)).collect();
        let mut random = 1;
        for _ in 0..EPOCHS {
            shuffle(&mut order, &mut random);
            for &row in &order {
                learner.learn(&self.rows[row], &self.slots);
            }
        }
        learner.slots.iter().map(|slot| slot.weight as f32).collect()
    }
}

/// One slot's sums, and the weight they make.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    z: f64,
    n: f64,
    weight: f64,
}

struct Learner {
    rates: Rates,
    slots: Vec<Slot>,
}

impl Learner {
    fn learn(&mut self, row: &Row, slots: &[u32]) {
        let sum =
            |slots: &[u32]| slots.iter().map(|&slot| self.slots[slot as usize].weight).sum::<f64>();
        let (columns, words) = (&slots[row.begin..row.hashed], &slots[row.hashed..row.end]);
        let score = sum(columns) + sum(words) * row.value;
        let error = (crate::boilerplate::features::chance(score) - row.label) * row.weight;
        let Rates { alpha, column, word } = self.rates;
        for &slot in columns {
            self.slots[slot as usize].take(error, alpha, column);
        }
        for &slot in words {
            self.slots[slot as usize].take(error * row.value, alpha, word);
        }
    }
}

impl Slot {
    #[inline]
    fn take(&mut self, gradient: f64, alpha: f64, worth: f64) {
        let n = self.n + gradient * gradient;
        let root = n.sqrt();
        let sigma = (root - self.n.sqrt()) / alpha;
        self.z += gradient - sigma * self.weight;
        self.n = n;
        let beyond = self.z.abs() - worth;
        self.weight =
            if beyond <= 0.0 { 0.0 } else { -self.z.signum() * beyond * alpha / (BETA + root) };
    }
}

/// Fisher-Yates with splitmix64.
fn shuffle(order: &mut [usize], state: &mut u64) {
    for i in (1..order.len()).rev() {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = *state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        order.swap(i, (x % (i as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_gets_weight_and_what_does_not_gets_none() {
        let mut rows = Rows::default();
        for i in 0..200u32 {
            let label = Label { boilerplate: i % 2 == 0, weight: 1.0, fold: (i % 5) as u8 };
            rows.push(&[i % 2, 2 + i % 3], &[6 + i % 4], 0.5, label);
        }
        let rates = Rates { alpha: 0.1, column: 0.3, word: 0.7 };
        let weights = rows.fit(|fold| fold != 4, 12, rates);
        assert!(weights[0] > 0.5 && weights[1] < -0.5, "{weights:?}");
        assert!(weights[10..].iter().all(|&w| w == 0.0), "never seen");
        assert_eq!(weights, rows.fit(|fold| fold != 4, 12, rates));
    }
}
