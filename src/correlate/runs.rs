//! Long lists of numbers that are read from their beginning to their end: all but what was added last waits in the
//! spill.

use super::spill::{Address, Spill};

/// So many rows are written at once.
const ROWS: usize = 4096;

/// Rows of `N` numbers.
#[derive(Clone, Debug)]
pub struct Run<const N: usize> {
    written: Vec<Address>,
    /// What is not written yet; all of it where the spill has no room.
    rest: Vec<[u32; N]>,
    bytes: Vec<u8>,
}

impl<const N: usize> Default for Run<N> {
    fn default() -> Run<N> {
        Run { written: Vec::new(), rest: Vec::new(), bytes: Vec::new() }
    }
}

impl<const N: usize> Run<N> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.written.len() * ROWS + self.rest.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a row.
    pub fn push(&mut self, spill: &Spill, row: [u32; N]) {
        self.rest.push(row);
        if self.rest.len() < ROWS {
            return;
        }
        self.bytes.clear();
        self.bytes.extend(self.rest.iter().take(ROWS).flatten().flat_map(|number| number.to_le_bytes()));
        if let Some(address) = spill.keep(&self.bytes) {
            self.written.push(address);
            self.rest.drain(..ROWS);
        }
    }

    /// All rows in the order in which they were added.
    pub fn each(&self, spill: &Spill, mut see: impl FnMut([u32; N])) {
        for address in &self.written {
            // Whoever sees a row may ask the spill for more.
            let bytes = spill.look(*address, <[u8]>::to_vec);
            let (numbers, _) = bytes.as_chunks::<4>();
            let mut numbers = numbers.iter().map(|number| u32::from_le_bytes(*number));
            for _ in 0..ROWS {
                let mut row = [0; N];
                row.iter_mut().zip(&mut numbers).for_each(|(slot, number)| *slot = number);
                see(row);
            }
        }
        self.rest.iter().for_each(|row| see(*row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_in_their_order() {
        let spill = Spill::new();
        for count in [0, 1, ROWS as u32 - 1, ROWS as u32, 3 * ROWS as u32 + 5] {
            let mut run = Run::<3>::default();
            (0..count).for_each(|number| run.push(&spill, [number, u32::MAX - number, 7]));
            assert_eq!(run.len(), count as usize);
            let mut next = 0;
            run.each(&spill, |row| {
                assert_eq!(row, [next, u32::MAX - next, 7]);
                next += 1;
            });
            assert_eq!(next, count);
        }
    }
}
