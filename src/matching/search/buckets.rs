//! The order in which vectors tell the beginnings of texts apart best.
//!
//! The vector searcher sorts beginnings into buckets by their place in the list, and stops to compare wherever each half
//! of each byte that it looks at stands in some beginning of one bucket, each half for itself. Beginnings that share a
//! bucket should therefore look alike: a good order takes a third less time than a bad one, and finds the same.

use super::windows::frequency;

/// So many bytes are looked at before the whole beginning is compared.
const LOOKED_AT: usize = 4;

/// Up to so many beginnings there are eight buckets, else sixteen.
const MOST_IN_EIGHT: usize = 32;

/// Nothing is gained by more rounds than this.
const ROUNDS: usize = 4;

/// An exchange is not worth while where it hardly helps, and would go on and on.
const WORTH_WHILE: f64 = 0.999;

/// Beginnings in a good order, found by exchanging pairs.
pub(super) fn in_buckets(beginnings: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut buckets = Buckets::new(beginnings);
    for _ in 0..ROUNDS {
        if !buckets.improve() {
            break;
        }
    }
    buckets.beginnings
}

struct Buckets {
    beginnings: Vec<Vec<u8>>,
    /// How many of a hundred bytes of a log are each byte.
    frequencies: Vec<f64>,
    /// How often each bucket stops, against the others.
    stops: Vec<f64>,
}

impl Buckets {
    fn new(beginnings: Vec<Vec<u8>>) -> Buckets {
        let count = if beginnings.len() > MOST_IN_EIGHT { 16 } else { 8 };
        let frequencies = (0..=u8::MAX).map(frequency).collect();
        let mut buckets = Buckets { beginnings, frequencies, stops: vec![0.0; count] };
        buckets.stops = (0..count).map(|bucket| buckets.stops_of(bucket)).collect();
        buckets
    }

    /// Tries each pair once. Did any exchange help?
    fn improve(&mut self) -> bool {
        let mut is_better = false;
        for one in 0..self.beginnings.len() {
            for other in one + 1..self.beginnings.len() {
                is_better |= self.exchange(one, other);
            }
        }
        is_better
    }

    /// Exchanges two beginnings if that helps.
    fn exchange(&mut self, one: usize, other: usize) -> bool {
        let places = [one % self.stops.len(), other % self.stops.len()];
        if places[0] == places[1] {
            return false;
        }
        let before: f64 = places.iter().filter_map(|place| self.stops.get(*place)).sum();
        self.beginnings.swap(one, other);
        let now = places.map(|place| self.stops_of(place));
        if now.iter().sum::<f64>() >= before * WORTH_WHILE {
            self.beginnings.swap(one, other);
            return false;
        }
        for (place, now) in places.into_iter().zip(now) {
            self.stops.get_mut(place).into_iter().for_each(|held| *held = now);
        }
        true
    }

    /// How often a bucket stops: at each byte looked at, as often as bytes come whose halves stand in it.
    fn stops_of(&self, bucket: usize) -> f64 {
        let inside = || self.beginnings.iter().skip(bucket).step_by(self.stops.len());
        let at = |at: usize| {
            let (mut low, mut high) = (0_u16, 0_u16);
            for byte in inside().filter_map(|beginning| beginning.get(at)) {
                low |= 1 << (byte & 0xF);
                high |= 1 << (byte >> 4);
            }
            let bytes = halves(high).flat_map(|high| halves(low).map(move |low| high << 4 | low));
            bytes.filter_map(|byte| self.frequencies.get(byte)).sum::<f64>()
        };
        (0..LOOKED_AT).map(at).product()
    }
}

/// The bits that are set, from the lowest.
fn halves(mut set: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let half = set.trailing_zeros() as usize;
        set &= set.checked_sub(1)?;
        Some(half)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_change_their_places_and_nothing_else() {
        let mixed = |number: usize| {
            let (small, capital) = (b'a' + (number % 20) as u8, b'A' + (number % 23) as u8);
            let byte = [small, capital, b'0', b'_'][number % 4];
            vec![byte, small, byte, capital, b'x']
        };
        for count in [0, 1, 7, 20, 40, 64] {
            let before: Vec<Vec<u8>> = (0..count).map(mixed).collect();
            let mut after = in_buckets(before.clone());
            assert!(count < 20 || after != before, "nothing was exchanged");
            let mut sorted = before;
            sorted.sort_unstable();
            after.sort_unstable();
            assert_eq!(after, sorted);
        }
    }
}
