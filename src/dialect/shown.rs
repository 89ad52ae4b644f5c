//! Which fields the records of one session have shown so far: a record that shows nothing else tells the session
//! nothing new, and may be skimmed.

use crate::base::Record;

/// What the session at hand was told. A value of a session holds while all its records agree.
#[derive(Debug, Default)]
pub(super) struct Shown {
    session: Option<u32>,
    /// `None`: the records disagree.
    fields: Vec<(&'static str, Option<String>)>,
}

impl Shown {
    /// Takes a record in that is given out.
    pub(super) fn take_in(&mut self, record: &Record<'_>) {
        if record.session != self.session {
            self.session = record.session;
            self.fields.clear();
        }
        if record.session.is_none() {
            return;
        }
        for (name, value) in record.fields.iter().filter(|(_, value)| !value.is_empty()) {
            match self.fields.iter_mut().find(|(known, _)| known == name) {
                Some((_, Some(held))) if held == value => {}
                Some((_, held)) => *held = None,
                None => self.fields.push((name, Some(value.clone().into_owned()))),
            }
        }
    }

    /// Would a record of this session with this value tell it nothing new?
    pub(super) fn knows(&self, session: Option<u32>, name: &str, value: &str) -> bool {
        let held = || self.fields.iter().find(|(known, _)| *known == name);
        session.is_none()
            || session == self.session
                && (value.is_empty()
                    || held().is_some_and(|(_, held)| held.as_ref().is_none_or(|held| held == value)))
    }

    /// Did it take in a record of this session?
    pub(super) fn is_of(&self, session: Option<u32>) -> bool {
        session.is_none() || session == self.session
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::base::Dialect;

    #[test]
    fn what_is_shown_twice_is_no_news() {
        let mut shown = Shown::default();
        let mut see = |session: u32, value: &'static str| {
            let mut record = Record::new(Dialect::TsmSched, "");
            record.session = Some(session);
            record.fields.push(("path", Cow::Borrowed(value)));
            let known = shown.knows(Some(session), "path", value);
            shown.take_in(&record);
            known
        };
        assert!(!see(0, "/a"));
        assert!(see(0, "/a"));
        assert!(!see(0, "/b"));
        assert!(see(0, "/c") && see(0, "/a"));
        assert!(!see(1, "/a"));
        assert!(!see(0, "/a"));
        assert!(shown.knows(None, "path", "/z") && !shown.knows(Some(0), "size", "1"));
    }
}
