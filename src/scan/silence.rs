//! Lists that lack something: when a list of jobs or events is silent, did nothing happen, or is a part of it gone?
//!
//! A list is complete between its first and its last entry, and may be silent for as long as nothing happens. Only the
//! list itself can tell that entries were taken out of it (a filter, a purge, a copy of a screen):
//!
//! - it counts its entries, and numbers are missing that are not missing elsewhere in it;
//! - it has an entry in this hour of every other day, and hardly an hour else is empty;
//! - it is silent for much longer than it ever is, or than it is at this time of other days.
//!
//! What comes again is a habit of the list and no hole: the night between two days of work, the jobs of others between
//! two nights. A few entries show no habit, so they never show a hole either.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::stamp::{DAY, HOUR, MINUTE};

/// Silence up to here is never asked about, in microseconds.
pub(super) const BREATH: i64 = 5 * MINUTE;

/// Shorter silence is no hole unless numbers say so.
const SHORTEST_HOLE: i64 = 50 * MINUTE;

/// A list shows what is usual in it once it has so many silences: the one of a clockwork sooner than the other.
const FEW: [usize; 2] = [8, 20];

/// How often the list must be as long as a silence to tell that it is unusual.
const TIMES_AS_LONG: [i64; 2] = [4, 10];

/// Times the longest usual silence, in percent: of a list like a clockwork, of any other, and against other days.
const UNUSUAL: [i64; 2] = [175, 225];
const UNUSUAL_AGAINST_DAYS: i64 = 300;

/// Spread of the silences, in percent of their mean, below which a list goes like a clockwork.
const CLOCKWORK: i64 = 35;

/// With fewer other days nothing is said about what is usual at a time of day.
const OTHER_DAYS: usize = 3;

/// A list with more gaps in its numbers than one in so many entries was filtered.
const ENTRIES_PER_GAP: usize = 10;

/// A list of more hours than a century has them shows no habits that anybody would ask for.
const MOST_HOURS: usize = 1_000_000;

/// Days around a silence that are looked at: habits change.
const DAYS_AROUND: i64 = 60;

/// Silences on either side that are held against one: more are not needed to see what comes again.
const MOST_ALIKE: usize = 2000;

/// A gap in numbers that is so many times as wide as those that a filter leaves.
const WIDE: u64 = 3;

/// Entries without a long silence between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Time of the first entry on one clock, in microseconds.
    pub(super) from: i64,
    /// Time of the last.
    pub(super) to: i64,
    /// Lowest and highest number, where entries are counted.
    pub(super) numbers: Option<(u64, u64)>,
    /// How many they are.
    pub(super) entries: usize,
}

/// The silence behind a run.
#[derive(Clone, Copy, Debug)]
struct Silence {
    from: i64,
    to: i64,
    /// By how much the numbers go on: 1 where none is missing.
    jump: Option<u64>,
}

impl Silence {
    fn length(&self) -> i64 {
        self.to.saturating_sub(self.from).max(0)
    }

    /// The same silence on another day, as long and at the same time.
    fn is_like(&self, other: &Silence) -> bool {
        let (mine, theirs) = (self.length(), other.length());
        let apart = (self.from.saturating_sub(other.from)).rem_euclid(DAY);
        let apart = apart.min(DAY - apart);
        apart <= HOUR.max(mine / 4) && mine.saturating_mul(3) <= theirs.saturating_mul(5)
    }
}

/// Another silence near this one that is like it, and for which more holds.
fn comes_again(silence: &Silence, silences: &[Silence], more: &dyn Fn(&Silence) -> bool) -> bool {
    let own = silences.partition_point(|other| other.from < silence.from);
    let near = silences.iter().skip(own.saturating_sub(MOST_ALIKE)).take(2 * MOST_ALIKE);
    near.filter(|other| other.from != silence.from).any(|other| more(other) && silence.is_like(other))
}

/// Behind which runs of a list something is missing: one answer for every run but the last. The runs are in order of
/// time and do not overlap.
pub(super) fn holes(runs: &[Run]) -> Vec<bool> {
    let silences: Vec<Silence> = runs
        .windows(2)
        .filter_map(|pair| {
            let [one, other] = pair else { return None };
            let jump = match (one.numbers, other.numbers) {
                (Some((_, high)), Some((low, _))) => Some(low.saturating_sub(high).max(1)),
                _ => None,
            };
            Some(Silence { from: one.to, to: other.from, jump })
        })
        .collect();
    let numbers = Numbers::of(runs, &silences);
    let habits = Habits::of(runs, &silences);
    let is_hole = |silence: &Silence| match silence.jump {
        Some(..=1) => false,
        Some(jump) if numbers.lack(silence, jump, &silences) => true,
        _ => habits.are_broken_by(silence, &silences),
    };
    silences.iter().map(is_hole).collect()
}

/// How the list counts.
struct Numbers {
    /// Nearly every number is there.
    dense: bool,
    /// The widest gap that is usual, where there are entries enough to tell.
    usual: Option<u64>,
}

impl Numbers {
    fn of(runs: &[Run], silences: &[Silence]) -> Numbers {
        let entries: usize = runs.iter().map(|run| run.entries).sum();
        let mut gaps: Vec<u64> =
            silences.iter().filter_map(|silence| silence.jump).filter(|jump| *jump > 1).collect();
        gaps.sort_unstable_by(|one, other| other.cmp(one));
        let all_counted = runs.iter().all(|run| run.numbers.is_some());
        let usual = gaps.get(1 + entries / 100).copied().unwrap_or(1);
        Numbers {
            dense: all_counted && gaps.len().saturating_mul(ENTRIES_PER_GAP) <= entries,
            usual: (all_counted && entries >= FEW[1]).then_some(usual),
        }
    }

    fn lack(&self, silence: &Silence, jump: u64, silences: &[Silence]) -> bool {
        let is_wide = self.usual.is_some_and(|usual| jump >= usual.saturating_mul(WIDE));
        let as_wide = |other: &Silence| other.jump.is_some_and(|theirs| theirs.saturating_mul(WIDE) >= jump);
        (self.dense || is_wide) && !comes_again(silence, silences, &as_wide)
    }
}

/// When the list usually has entries.
struct Habits {
    /// Hours, counted from the epoch, with an entry.
    hours: BTreeSet<i64>,
    /// Days, counted likewise.
    days: BTreeSet<i64>,
    /// First and last hour of the list.
    reach: Option<(i64, i64)>,
    /// Hours in which an entry would be usual, and there is none.
    empty: BTreeSet<i64>,
    /// Length of all silences together with the list's own.
    extent: i64,
    /// Does the list go like a clockwork?
    clockwork: bool,
    /// The longest usual silence.
    longest: Option<i64>,
}

impl Habits {
    fn of(runs: &[Run], silences: &[Silence]) -> Habits {
        let hours = hours(runs);
        let days = hours.iter().map(|hour| hour.div_euclid(24)).collect();
        let reach = hours.first().copied().zip(hours.last().copied());
        let mut lengths: Vec<i64> = silences.iter().map(Silence::length).collect();
        lengths.sort_unstable();
        let clockwork = is_clockwork(&lengths);
        let unusual = if clockwork { (lengths.len() / 20).max(1) } else { 1 + lengths.len() / 100 };
        let longest = lengths.iter().rev().nth(unusual).copied();
        let extent = match (runs.first(), runs.last()) {
            (Some(first), Some(last)) => last.to.saturating_sub(first.from),
            _ => 0,
        };
        let mut habits = Habits { hours, days, reach, empty: BTreeSet::new(), extent, clockwork, longest };
        habits.empty = habits.empty_hours();
        habits
    }

    /// Hours without an entry that have one on every other day. Nothing, if there are many: then it is no habit.
    fn empty_hours(&self) -> BTreeSet<i64> {
        let Some((first, last)) = self.reach else { return BTreeSet::new() };
        let mut by_hour: BTreeMap<i64, usize> = BTreeMap::new();
        for hour in &self.hours {
            *by_hour.entry(hour.rem_euclid(24)).or_default() += 1;
        }
        let (mut expected, mut empty) = (0_usize, BTreeSet::new());
        for (of_day, there) in by_hour {
            // The first and the last day are there in part.
            let within = self
                .days
                .iter()
                .map(|day| day.saturating_mul(24).saturating_add(of_day))
                .filter(|hour| (first..=last).contains(hour));
            let missing: Vec<i64> = within.filter(|hour| !self.hours.contains(hour)).collect();
            let exceptions = 1 + there / 14;
            if there < OTHER_DAYS || missing.len() > exceptions {
                continue;
            }
            expected += there + missing.len();
            empty.extend(missing);
        }
        if empty.len() > 2 + expected / 50 { BTreeSet::new() } else { empty }
    }

    fn are_broken_by(&self, silence: &Silence, silences: &[Silence]) -> bool {
        let length = silence.length();
        if length < SHORTEST_HOLE {
            return false;
        }
        let which = usize::from(!self.clockwork);
        let of = |pair: [i64; 2]| pair.get(which).copied().unwrap_or(i64::MAX);
        let shows_habits = silences.len() >= FEW.get(which).copied().unwrap_or(usize::MAX);
        let is_long = || {
            self.longest
                .is_some_and(|longest| length.saturating_mul(100) >= longest.saturating_mul(of(UNUSUAL)))
                && self.extent >= length.saturating_mul(of(TIMES_AS_LONG))
        };
        let lacks_hour = || {
            let (first, last) = (silence.from.div_euclid(HOUR), silence.to.div_euclid(HOUR));
            length < DAY && first <= last && self.empty.range(first..=last).next().is_some()
        };
        shows_habits
            && (lacks_hour()
                || (is_long() || self.is_long_for_the_time(silence, silences))
                    && !comes_again(silence, silences, &|_| true))
    }

    /// Is the list never silent for nearly as long around this time of other days?
    fn is_long_for_the_time(&self, silence: &Silence, silences: &[Silence]) -> bool {
        let length = silence.length();
        let Some((first, last)) = self.reach.filter(|_| length < DAY - 4 * HOUR) else { return false };
        let own = silence.from.div_euclid(DAY);
        let middle = (silence.from.saturating_add(length / 4), silence.to.saturating_sub(length / 4));
        let mut others = 0_usize;
        let around = self.days.range(own.saturating_sub(DAYS_AROUND)..=own.saturating_add(DAYS_AROUND));
        for day in around.filter(|day| **day != own) {
            let shift = (day - own).saturating_mul(DAY);
            let (from, to) = (middle.0.saturating_add(shift), middle.1.saturating_add(shift));
            if from < first.saturating_mul(HOUR) || to > last.saturating_mul(HOUR) {
                continue;
            }
            others += 1;
            let begin = silences.partition_point(|other| other.to <= from);
            let longest =
                silences.iter().skip(begin).take_while(|other| other.from < to).map(Silence::length).max();
            let longest = longest.unwrap_or(0).max(BREATH);
            if longest.saturating_mul(UNUSUAL_AGAINST_DAYS) > length.saturating_mul(100) {
                return false;
            }
        }
        others >= OTHER_DAYS
    }
}

/// The hours in which a list has entries. None, if it reaches over more time than anybody keeps.
fn hours(runs: &[Run]) -> BTreeSet<i64> {
    let mut hours = BTreeSet::new();
    for run in runs {
        let (first, last) = (run.from.div_euclid(HOUR), run.to.div_euclid(HOUR));
        let length = usize::try_from(last.saturating_sub(first)).unwrap_or(usize::MAX);
        if length > MOST_HOURS || hours.len() > MOST_HOURS {
            return BTreeSet::new();
        }
        hours.extend(first..=last);
    }
    hours
}

/// Are the silences, but for the longest, about equally long?
fn is_clockwork(sorted: &[i64]) -> bool {
    let most = sorted.len() - sorted.len() / 10;
    let usual = sorted.get(..most.min(sorted.len().saturating_sub(1))).unwrap_or_default();
    let Ok(count) = i64::try_from(usual.len()) else { return false };
    if count == 0 {
        return false;
    }
    let mean = usual.iter().fold(0_i64, |sum, length| sum.saturating_add(*length)) / count;
    let away = usual.iter().fold(0_i64, |sum, length| sum.saturating_add((length - mean).abs())) / count;
    away.saturating_mul(100) <= mean.saturating_mul(CLOCKWORK)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries at these minutes, each with its number.
    fn runs(entries: impl IntoIterator<Item = (i64, Option<u64>)>) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (minute, number) in entries {
            let at = minute * MINUTE;
            runs.push(Run { from: at, to: at, numbers: number.map(|number| (number, number)), entries: 1 });
        }
        runs
    }

    /// Minutes behind which something is missing.
    fn found(runs: &[Run]) -> Vec<i64> {
        let answers = holes(runs);
        runs.iter().zip(answers).filter(|(_, hole)| *hole).map(|(run, _)| run.to / MINUTE).collect()
    }

    fn uncounted(minutes: impl IntoIterator<Item = i64>) -> Vec<Run> {
        runs(minutes.into_iter().map(|minute| (minute, None)))
    }

    const FIVE_DAYS: i64 = 5 * 24;

    #[test]
    fn an_hour_of_a_clockwork() {
        let list = |cut: i64| uncounted((0..FIVE_DAYS).filter(|hour| *hour != cut).map(|hour| hour * 60 + 3));
        assert!(found(&list(-1)).is_empty());
        for cut in [1, 5, 40, 100, 118] {
            assert_eq!(found(&list(cut)), [(cut - 1) * 60 + 3], "{cut}");
        }
        // A single day of it, and not even that.
        let day = |hours: i64| uncounted((0..hours).filter(|hour| *hour != 5).map(|hour| hour * 60));
        assert_eq!(found(&day(24)), [240]);
        assert_eq!(found(&day(12)), [240]);
        assert!(found(&day(8)).is_empty(), "too few to tell");
    }

    /// Backups of the working day, eight to six, at some minute of each hour.
    #[test]
    fn nights_and_weekends_are_a_habit() {
        let minute = |day: i64, hour: i64| day * 1440 + hour * 60 + (day * 17 + hour * 29) % 50;
        let list = |days: &[i64], cut: (i64, i64)| {
            let hours = days.iter().flat_map(|day| (8..18).map(|hour| (*day, hour)));
            uncounted(hours.filter(|at| *at != cut).map(|(day, hour)| minute(day, hour)))
        };
        let week = [0, 1, 2, 3, 4];
        let weeks = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11];
        assert!(found(&list(&week, (-1, 0))).is_empty());
        assert!(found(&list(&weeks, (-1, 0))).is_empty());
        for cut in [(1, 11), (3, 9), (2, 15)] {
            assert_eq!(found(&list(&week, cut)), [minute(cut.0, cut.1 - 1)], "{cut:?}");
            assert_eq!(found(&list(&weeks, cut)), [minute(cut.0, cut.1 - 1)], "{cut:?}");
        }
    }

    /// One night's jobs each day, and none at weekends: whole nights may be missing, nobody knows.
    #[test]
    fn a_nightly_list_may_be_silent_over_a_weekend() {
        let nights = |days: &[i64]| {
            uncounted(days.iter().flat_map(|day| [0, 7, 31, 44].map(|minute| day * 1440 + 1320 + minute)))
        };
        assert!(found(&nights(&[0, 1, 2, 3, 4, 7, 8, 9, 10, 11])).is_empty());
        assert!(found(&nights(&[0, 1, 2, 3, 4, 7])).is_empty());
        // In a month without a pause it is not usual that three nights are.
        let month: Vec<i64> = (0..45).filter(|day| !(20..23).contains(day)).collect();
        assert_eq!(found(&nights(&month)), [19 * 1440 + 1320 + 44]);
    }

    #[test]
    fn numbers_tell_what_is_missing_and_what_is_not() {
        let list = |entries: &mut dyn Iterator<Item = i64>| {
            runs(entries.map(|hour| (hour * 60, u64::try_from(hour).ok())))
        };
        assert!(found(&list(&mut (0..30))).is_empty());
        assert_eq!(found(&list(&mut (0..30).filter(|hour| !(10..20).contains(hour)))), [540]);
        // Every third job of somebody's list, and one night of it cut out.
        let third = |hour: &i64| hour % 3 == 0;
        assert!(found(&list(&mut (0..90).filter(third))).is_empty());
        assert_eq!(
            found(&list(&mut (0..90).filter(third).filter(|hour| !(40..60).contains(hour)))),
            [39 * 60]
        );
        // Nothing happened for a day: the next job has the next number.
        let pause = (0..120).map(|at| if at < 20 { at * 60 } else { at * 60 + 1440 });
        let counted = runs(pause.clone().zip((100..220).map(Some)));
        assert!(found(&counted).is_empty());
        assert_eq!(found(&uncounted(pause)).len(), 1);
    }

    /// The jobs of one policy, started together at night, and those of all others between the nights.
    #[test]
    fn what_others_do_between_two_nights_is_not_missing() {
        let nights = (0..6).flat_map(|night: i64| {
            (0..20).map(move |job| (night * 1440 + job, u64::try_from(4000 + night * 350 + job).ok()))
        });
        assert!(found(&runs(nights)).is_empty());
    }

    /// A hostile list takes no longer than others.
    #[test]
    fn any_times_are_read_without_haste_or_harm() {
        let far = |from: i64, to: i64| Run { from, to, numbers: None, entries: 2 };
        let ages = [far(i64::MIN, -DAY), far(0, 9000 * 365 * DAY), far(i64::MAX - 1, i64::MAX)];
        assert!(found(&ages).is_empty());
        let crossed = [far(0, 10 * DAY), far(DAY, 2 * DAY), far(3 * DAY, 4 * DAY)];
        assert!(found(&crossed).is_empty());
        let many = uncounted((0..40_000).map(|at| at * 7 + at % 3 * 2));
        assert_eq!(holes(&many).len(), 39_999);
        let counted = runs((0..40_000).map(|at| (at * 11, u64::try_from(at * 2).ok())));
        assert_eq!(holes(&counted).len(), 39_999);
    }

    #[test]
    fn a_few_entries_show_nothing() {
        assert!(found(&uncounted([0, 60, 120, 180, 2000])).is_empty());
        assert!(found(&runs([(0, Some(1)), (60, Some(2)), (900, Some(9)), (960, Some(10))])).is_empty());
        assert!(found(&[]).is_empty());
    }

    /// At any time, and often: some hours are empty, and that proves nothing.
    #[test]
    fn entries_at_random_have_no_holes() {
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(seed >> 40).unwrap()
        };
        let mut holes = 0;
        for _ in 0..20 {
            let mut minutes: Vec<i64> = (0..180).map(|_| next() % (5 * 1440)).collect();
            minutes.sort_unstable();
            holes += found(&uncounted(minutes)).len();
        }
        assert!(holes <= 4, "{holes}");
    }
}
