//! Finds many literals at once by skipping most of the text (Wu and Manber, "A fast algorithm for multi-pattern
//! searching", 1994), and as fast for a thousand of them as for ten.
//!
//! Of each literal one window of eight bytes is looked for. The four bytes at which a cursor stands tell by how much
//! it may go on: by five where no window holds them, by less where one does, and where one *ends* with them the whole
//! literal is compared. Two changes to the classic: a cursor waits for memory at each step, so eight of them go
//! through eight parts of the text in lock step; and of all windows of a literal that is taken whose end is rarest in
//! logs.

/// Bytes of a literal that are looked for; shorter literals cannot join.
pub(in crate::matching) const WINDOW: usize = 8;

/// Bytes that are looked at in one step.
const GRAM: usize = 4;

/// How far a cursor goes where nothing that is looked for holds the bytes at hand.
const FAR: u8 = (WINDOW - GRAM + 1) as u8;

/// Parts of the text that are gone through side by side.
const CURSORS: usize = 8;

/// Below this length the parts are not worth while.
const SHORT_TEXT: usize = 256;

/// Entries in the table of steps: the smaller one stays in the first-level cache, the larger one in the second.
const SMALL: usize = 1 << 15;
const LARGE: usize = 1 << 17;

/// So many literals fill the small table to a thirtieth.
const MOST_IN_SMALL: usize = 200;

/// Heads of the chains of literals.
const CHAINS: usize = 1 << 12;

/// So many literals in one chain weigh as much as a byte that is met a little less seldom.
const CROWD: u32 = 8;

pub(super) struct Windows {
    steps: Steps,
    literals: Literals,
}

enum Steps {
    Small(Box<[u8; SMALL]>),
    Large(Box<[u8; LARGE]>),
}

/// The literals, to be compared where their window may end.
struct Literals {
    all: Vec<Literal>,
    /// By the hash of the last bytes of the window: the first literal of a chain, counted from 1.
    chains: Vec<u32>,
    /// How many stand in each chain.
    crowds: Vec<u32>,
    /// Lower-case letters stand for both.
    fold_case: bool,
}

struct Literal {
    bytes: Vec<u8>,
    /// Where in it the last bytes of its window stand.
    gram_at: usize,
    gram: u32,
    /// The next one of the chain, counted from 1.
    next: u32,
}

impl Windows {
    /// `None`: there is nothing to look for. All literals are at least [`WINDOW`] long.
    pub(super) fn new(literals: &[Vec<u8>], fold_case: bool) -> Option<Windows> {
        if literals.is_empty() {
            return None;
        }
        let mut all =
            Literals { all: Vec::new(), chains: vec![0; CHAINS], crowds: vec![0; CHAINS], fold_case };
        for bytes in literals {
            all.add(bytes.clone());
        }
        let steps = if all.all.len() <= MOST_IN_SMALL {
            Steps::Small(table::<SMALL>(&all)?)
        } else {
            Steps::Large(table::<LARGE>(&all)?)
        };
        Some(Windows { steps, literals: all })
    }

    /// Adds the offsets of all literals, in no order.
    pub(super) fn find(&self, text: &[u8], found: &mut Vec<usize>) {
        self.each(text, &mut |start, _| found.push(start));
    }

    /// Gives the number of every literal that stands in the text, in no order, as often as it stands there.
    pub(super) fn which(&self, text: &[u8], told: &mut impl FnMut(usize)) {
        self.each(text, &mut |_, number| told(number));
    }

    fn each(&self, text: &[u8], told: &mut impl FnMut(usize, usize)) {
        let literals = &self.literals;
        match (&self.steps, literals.fold_case) {
            (Steps::Small(steps), false) => search::<SMALL, false>(steps, literals, text, told),
            (Steps::Small(steps), true) => search::<SMALL, true>(steps, literals, text, told),
            (Steps::Large(steps), false) => search::<LARGE, false>(steps, literals, text, told),
            (Steps::Large(steps), true) => search::<LARGE, true>(steps, literals, text, told),
        }
    }

    /// Does any literal stand in the text?
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let mut is_in = false;
        self.each(text, &mut |_, _| is_in = true);
        is_in
    }
}

impl Literals {
    fn add(&mut self, mut bytes: Vec<u8>) {
        if self.fold_case {
            bytes.iter_mut().for_each(|byte| *byte = fold(*byte));
        }
        // A literal that is too short to be looked for keeps its number all the same.
        let gram_at = self.best_end(&bytes).unwrap_or(0);
        let gram = gram_of::<false>(&bytes, gram_at).unwrap_or(0);
        let number = u32::try_from(self.all.len() + 1).unwrap_or(0);
        if let Some(crowd) = self.crowds.get_mut(hash::<CHAINS>(gram)) {
            *crowd += 1;
        }
        let chain = self.chains.get_mut(hash::<CHAINS>(gram));
        let next = chain.map_or(0, |chain| std::mem::replace(chain, number));
        self.all.push(Literal { bytes, gram_at, gram, next });
    }

    /// Where in a literal those four bytes stand that a window may end with and that are rarest; of many literals that
    /// have the rarest ones in common each one takes what tells it from the others.
    fn best_end(&self, bytes: &[u8]) -> Option<usize> {
        let ends = WINDOW - GRAM..=bytes.len().checked_sub(GRAM)?;
        ends.max_by_key(|at| {
            let rare: u32 =
                bytes.get(*at..*at + GRAM).map_or(0, |gram| gram.iter().map(|byte| rarity(*byte)).sum());
            let crowd = gram_of::<false>(bytes, *at)
                .and_then(|gram| self.crowds.get(hash::<CHAINS>(gram)))
                .map_or(0, |crowd| crowd / CROWD);
            (i64::from(rare)) - i64::from(crowd)
        })
    }

    /// Compares the literals whose window may end with these bytes, which stand at `at`.
    #[cold]
    fn compare(&self, gram: u32, text: &[u8], at: usize, told: &mut impl FnMut(usize, usize)) {
        let mut next = self.chains.get(hash::<CHAINS>(gram)).copied().unwrap_or(0);
        while let Some((number, literal)) =
            (next as usize).checked_sub(1).and_then(|number| Some((number, self.all.get(number)?)))
        {
            next = literal.next;
            if literal.gram != gram {
                continue;
            }
            let Some(start) = at.checked_sub(literal.gram_at) else { continue };
            let Some(there) = text.get(start..start + literal.bytes.len()) else { continue };
            let same = match self.fold_case {
                false => there == literal.bytes,
                true => there.iter().zip(&literal.bytes).all(|(one, other)| fold(*one) == *other),
            };
            if same {
                told(start, number);
            }
        }
    }
}

/// Letters become lower case. (What else is changed is changed on both sides; the regex decides.)
fn fold(byte: u8) -> u8 {
    byte | 0x20
}

/// How many of a hundred bytes of a log are this one, coarsely.
pub(super) fn frequency(byte: u8) -> f64 {
    match rarity(byte) {
        0 => 4.0,
        1 => 3.0,
        2 => 1.6,
        3 => 0.6,
        4 => 0.25,
        _ => 0.02,
    }
}

/// How seldom a byte is met in logs, coarsely.
fn rarity(byte: u8) -> u32 {
    match byte {
        b' ' | b'0'..=b'2' => 0,
        b'3'..=b'9' | b'e' | b't' | b'a' | b'i' | b'n' | b'o' | b's' | b'r' => 1,
        b'd' | b'l' | b'c' | b'm' | b'p' | b'u' | b':' | b'.' => 2,
        b'_' | b'/' | b',' | b'-' | b'=' | b'[' | b']' | b'<' | b'>' | b'b' | b'f' | b'g' | b'h' => 3,
        b'a'..=b'z' | b'A'..=b'Z' | b'(' | b')' => 4,
        _ => 5,
    }
}

fn hash<const SIZE: usize>(gram: u32) -> usize {
    let bits = SIZE.trailing_zeros();
    (gram.wrapping_mul(0x9e37_79b1) >> (32 - bits)) as usize & (SIZE - 1)
}

#[inline(always)]
fn gram_of<const FOLD: bool>(text: &[u8], at: usize) -> Option<u32> {
    let gram = u32::from_le_bytes(*text.get(at..)?.first_chunk::<GRAM>()?);
    Some(if FOLD { gram | 0x2020_2020 } else { gram })
}

/// By the hash of four bytes: how far a cursor may go that stands on them.
fn table<const SIZE: usize>(literals: &Literals) -> Option<Box<[u8; SIZE]>> {
    let mut steps: Box<[u8; SIZE]> = vec![FAR; SIZE].into_boxed_slice().try_into().ok()?;
    for literal in &literals.all {
        for back in 0..FAR {
            let Some(at) = literal.gram_at.checked_sub(usize::from(back)) else { break };
            if let Some(gram) = gram_of::<false>(&literal.bytes, at)
                && let Some(step) = steps.get_mut(hash::<SIZE>(gram))
            {
                *step = back.min(*step);
            }
        }
    }
    Some(steps)
}

fn search<const SIZE: usize, const FOLD: bool>(
    steps: &[u8; SIZE],
    literals: &Literals,
    text: &[u8],
    told: &mut impl FnMut(usize, usize),
) {
    let Some(last) = text.len().checked_sub(GRAM) else { return };
    // The first place at which a window can end.
    let first = WINDOW - GRAM;
    // One step from a place: where to go on, if there is something to look at.
    let mut step = |at: usize| -> Option<usize> {
        let gram = gram_of::<FOLD>(text, at)?;
        match steps.get(hash::<SIZE>(gram)).copied().unwrap_or(0) {
            0 => {
                literals.compare(gram, text, at, told);
                Some(at + 1)
            }
            far => Some(at + usize::from(far)),
        }
    };
    let part = if text.len() < SHORT_TEXT { text.len() } else { (last + 1 - first).div_ceil(CURSORS) };
    let mut cursors: [usize; CURSORS] = std::array::from_fn(|number| first + number * part);
    let ends: [usize; CURSORS] = std::array::from_fn(|number| (first + (number + 1) * part).min(last + 1));
    while cursors.iter().zip(&ends).all(|(at, end)| at < end) {
        for at in &mut cursors {
            *at = step(*at).unwrap_or(usize::MAX);
        }
    }
    for (at, end) in cursors.iter_mut().zip(&ends) {
        while *at < *end {
            *at = step(*at).unwrap_or(usize::MAX);
        }
    }
}
