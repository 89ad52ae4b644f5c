//! A time axis that shows seconds and weeks in one picture: long empty stretches are cut out, and each piece that is
//! left has its own scale. What was cut stands at the cut, in words.

use chrono::NaiveDateTime;

use crate::base::stamp::{DAY, HOUR, MINUTE, SECOND, naive_from_micros};
use crate::report::text::length;

/// Pixels between a piece's edge and its first mark.
const PAD: i64 = 12;
/// Pixels of one digit of a tick's label.
const DIGIT: i64 = 6;

/// A stretch is cut out where it is more than so many percent of what is shown.
const SHARE: i64 = 10;

/// Steps between ticks, in microseconds.
const STEPS: [i64; 24] = [
    1000,
    10_000,
    100_000,
    SECOND,
    5 * SECOND,
    15 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    180 * DAY,
    360 * DAY,
    720 * DAY,
    1800 * DAY,
    7200 * DAY,
];

/// What is drawn how wide, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Left edge of the axis.
    pub(super) left: i64,
    /// Width of the axis.
    pub(super) width: i64,
    /// Narrowest piece: a label must fit.
    pub(super) piece: i64,
    /// Width of a cut.
    pub(super) cut: i64,
    /// A stretch is cut out only where it is so many times as long as the middle one: what comes at regular times
    /// is no gap. 0: however long it is.
    pub(super) times: i64,
    /// Shorter stretches are never cut out, in microseconds.
    pub(super) least: i64,
}

/// One piece of the axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    from: i64,
    to: i64,
    left: i64,
    width: i64,
}

/// A label on the axis.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Tick {
    pub(super) x: i64,
    /// The day, where it is not that of the tick before.
    pub(super) day: String,
    pub(super) clock: String,
    /// Text right of the tick, or left of it at the end of a piece.
    pub(super) anchor: &'static str,
}

/// A stretch that was cut out.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Cut {
    pub(super) x: i64,
    pub(super) width: i64,
    pub(super) length: String,
}

/// The axis.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pieces: Vec<Piece>,
}

impl Scale {
    /// An axis for these stretches (a moment is a stretch without length); `None` without any.
    pub(super) fn new(mut stretches: Vec<(i64, i64)>, room: Room) -> Option<Scale> {
        stretches.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::new();
        for (from, to) in stretches {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to.max(from))),
            }
        }
        let first = merged.first()?.0;
        let last = merged.last()?.1;
        let mut gaps: Vec<(i64, usize)> = merged
            .windows(2)
            .enumerate()
            .filter_map(|(index, pair)| match pair {
                [one, other] => Some((other.0.saturating_sub(one.1), index)),
                _ => None,
            })
            .collect();
        gaps.sort_unstable_by_key(|(gap, index)| (std::cmp::Reverse(*gap), *index));
        let most = (room.width - room.piece) / (room.piece + room.cut).max(1);
        let usual = gaps.get(gaps.len() / 2).map_or(0, |(gap, _)| *gap);
        let mut shown = last.saturating_sub(first);
        let mut cuts: Vec<usize> = Vec::new();
        for (gap, index) in gaps {
            let is_long = gap >= room.least
                && (room.times == 0 || gap / room.times >= usual)
                && gap >= shown / 100 * SHARE;
            if !is_long || i64::try_from(cuts.len()).unwrap_or(i64::MAX) >= most {
                break;
            }
            shown = shown.saturating_sub(gap);
            cuts.push(index);
        }
        cuts.sort_unstable();
        Some(Scale { pieces: place(&merged, &cuts, room) })
    }

    /// Where a moment stands; moments outside stand at the nearest edge.
    pub(super) fn x(&self, at: i64) -> i64 {
        let piece = self.pieces.iter().find(|piece| at <= piece.to).or(self.pieces.last());
        piece.map_or(0, |piece| piece.x(at))
    }

    /// What of a stretch each piece shows, in pixels from and to.
    pub(super) fn bars(&self, from: i64, to: i64) -> Vec<(i64, i64)> {
        let parts = self.pieces.iter().filter(|piece| from <= piece.to && to >= piece.from);
        parts.map(|piece| (piece.x(from.max(piece.from)), piece.x(to.min(piece.to)))).collect()
    }

    /// Left edge and width of each piece.
    pub(super) fn grounds(&self) -> Vec<(i64, i64)> {
        self.pieces.iter().map(|piece| (piece.left, piece.width)).collect()
    }

    /// What was cut out.
    pub(super) fn cuts(&self) -> Vec<Cut> {
        let pairs = self.pieces.windows(2).filter_map(|pair| match pair {
            [one, other] => Some((one, other)),
            _ => None,
        });
        pairs
            .map(|(one, other)| {
                let x = one.left + one.width;
                let length = length(other.from.saturating_sub(one.to)).unwrap_or_default();
                Cut { x, width: other.left - x, length }
            })
            .collect()
    }

    /// Labels; `east` is what all times share, in seconds.
    pub(super) fn ticks(&self, east: i32) -> Vec<Tick> {
        let mut day = String::new();
        self.pieces.iter().flat_map(|piece| piece.ticks(east, &mut day)).collect()
    }
}

fn place(merged: &[(i64, i64)], cuts: &[usize], room: Room) -> Vec<Piece> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for (index, (from, to)) in merged.iter().enumerate() {
        let is_after_cut = index.checked_sub(1).is_some_and(|before| cuts.binary_search(&before).is_ok());
        match spans.last_mut() {
            Some(span) if !is_after_cut => span.1 = *to,
            _ => spans.push((*from, *to)),
        }
    }
    // The root keeps a piece of days beside one of months readable.
    let weight = |(from, to): &(i64, i64)| ((to - from) as f64).max(0.0).sqrt();
    let total: f64 = spans.iter().map(weight).sum();
    let count = i64::try_from(spans.len()).unwrap_or(i64::MAX);
    let spare = (room.width - count * room.piece - (count - 1) * room.cut).max(0);
    let mut left = room.left;
    spans
        .iter()
        .map(|span| {
            let share = if total > 0.0 { weight(span) / total } else { 1.0 / spans.len() as f64 };
            let width = room.piece + (spare as f64 * share) as i64;
            let piece = Piece { from: span.0, to: span.1, left, width };
            left += width + room.cut;
            piece
        })
        .collect()
}

impl Piece {
    fn x(&self, at: i64) -> i64 {
        let length = self.to - self.from;
        if length <= 0 {
            return self.left + self.width / 2;
        }
        let share = (at.clamp(self.from, self.to) - self.from) as f64 / length as f64;
        self.left + PAD + ((self.width - 2 * PAD) as f64 * share) as i64
    }

    fn ticks(&self, east: i32, day: &mut String) -> Vec<Tick> {
        let length = self.to - self.from;
        let shift = i64::from(east) * SECOND;
        if length <= 0 {
            let unit = if self.from % SECOND == 0 { SECOND } else { 1000 };
            let x = self.left + self.width / 2;
            return self.tick(self.from + shift, x, unit, "middle", day).into_iter().collect();
        }
        let drawn = (self.width - 2 * PAD).max(1);
        let label = 12 * DIGIT + 14;
        let fits = |step: &&i64| **step as f64 / length as f64 * drawn as f64 >= label as f64;
        if let Some(step) = STEPS.iter().find(fits) {
            let first = (self.from + shift).div_euclid(*step).saturating_add(1).saturating_mul(*step);
            let marks: Vec<i64> = (0..64)
                .map(|index| first.saturating_add(step.saturating_mul(index)))
                .take_while(|at| at - shift <= self.to)
                .collect();
            let inside = |at: &i64| self.x(at - shift) + label <= self.left + self.width + 20;
            let marks: Vec<i64> = marks.into_iter().filter(inside).collect();
            if marks.len() >= 2 {
                return marks
                    .into_iter()
                    .filter_map(|at| self.tick(at, self.x(at - shift), *step, "start", day))
                    .collect();
            }
        }
        let is_fraction = length < 10 * SECOND && (self.from % SECOND != 0 || self.to % SECOND != 0);
        let unit = if is_fraction { 1000 } else { SECOND };
        let mut ticks: Vec<Tick> =
            self.tick(self.from + shift, self.x(self.from), unit, "start", day).into_iter().collect();
        if self.width >= 2 * label + 2 * PAD {
            ticks.extend(self.tick(self.to + shift, self.x(self.to), unit, "end", day));
        }
        ticks
    }

    fn tick(&self, at: i64, x: i64, step: i64, anchor: &'static str, day: &mut String) -> Option<Tick> {
        let when: NaiveDateTime = naive_from_micros(at)?;
        let today = when.format("%Y-%m-%d").to_string();
        let clock = match step {
            ..SECOND => when.format("%H:%M:%S%.3f").to_string(),
            SECOND..MINUTE => when.format("%H:%M:%S").to_string(),
            MINUTE..DAY => when.format("%H:%M").to_string(),
            _ => String::new(),
        };
        // A day stands again where a piece begins: pieces are read one by one.
        let is_new = *day != today || self.width < 12 * DIGIT * 3 || anchor != "start";
        day.clone_from(&today);
        Some(Tick { x, day: if is_new || clock.is_empty() { today } else { String::new() }, clock, anchor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { left: 0, width: 760, piece: 84, cut: 52, times: 4, least: 0 };

    fn moments(times: &[i64]) -> Scale {
        Scale::new(times.iter().map(|at| (*at, *at)).collect(), ROOM).unwrap()
    }

    #[test]
    fn even_moments_share_one_scale() {
        let scale = moments(&[0, HOUR, 2 * HOUR, 3 * HOUR]);
        assert!(scale.cuts().is_empty());
        assert_eq!((scale.x(0), scale.x(3 * HOUR)), (PAD, 760 - PAD));
    }

    #[test]
    fn milliseconds_and_weeks_stand_in_one_picture() {
        let scale = moments(&[0, 10_000, 652 * SECOND, 654 * SECOND, 21 * DAY]);
        let cuts: Vec<String> = scale.cuts().into_iter().map(|cut| cut.length).collect();
        assert!(cuts.contains(&"20 d 23 h".to_owned()), "{cuts:?}");
        assert!(cuts.contains(&"10 min 51 s".to_owned()), "{cuts:?}");
        let xs: Vec<i64> =
            [0, 10_000, 652 * SECOND, 654 * SECOND, 21 * DAY].iter().map(|at| scale.x(*at)).collect();
        assert!(xs.windows(2).all(|pair| pair[0] + 8 < pair[1]), "{xs:?}");
    }

    #[test]
    fn any_number_of_moments_fits() {
        for count in [1_i64, 2, 7, 400] {
            let times: Vec<i64> = (0..count).map(|n| n * n * n * DAY).collect();
            let scale = moments(&times);
            let last = scale.pieces.last().unwrap();
            assert!(last.left + last.width <= 760, "{count}");
            assert!(scale.ticks(0).iter().all(|tick| (0..=760).contains(&tick.x)));
        }
        assert!(Scale::new(Vec::new(), ROOM).is_none());
        let far = moments(&[i64::MIN / 2, i64::MAX / 2]);
        assert!(far.x(0) >= 0 && far.ticks(3600).len() < 200);
    }
}
