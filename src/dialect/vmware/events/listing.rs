//! Events as PowerShell lists them (`Get-VIEvent | Format-List`): one property per line, a blank line between events.
//!
//! ```text
//! EventTypeId          : com.vmware.vc.vm.VmStateRevertedToSnapshot
//! CreatedTime          : 3/11/2019 10:14:07 AM
//! UserName             : CORP\mara.keller
//! FullFormattedMessage : The execution state of the virtual machine srv-db1 on host ...
//! ```
//!
//! A value that is too long goes on in the next lines, further right.

use std::borrow::Cow;

use super::meaning::Told;
use super::{Chains, own_time};
use crate::base::{Dialect, Feed, Record, Sink};
use crate::dialect::lines::next_line;

/// Cuts a listing into events.
#[derive(Default)]
pub(super) struct Listing {
    sessions: Chains,
}

impl Listing {
    pub(super) fn split(&mut self, text: &str, feed: Feed, sink: &mut dyn Sink) -> usize {
        let mut start = 0;
        while start < text.len() {
            let end = block_end(text, start);
            if feed == Feed::More && end == text.len() {
                return start;
            }
            let block = text.get(start..end).unwrap_or("");
            let mut record = self.record(block.trim(), sink);
            (record.start, record.end) = (start, end);
            sink.record(record);
            start = end;
        }
        start
    }

    fn record<'a>(&mut self, block: &'a str, sink: &mut dyn Sink) -> Record<'a> {
        let values = properties(block);
        let value = |names: &[&str]| {
            let found = names.iter().find_map(|name| values.iter().find(|(key, _)| key == name));
            found
                .map(|(_, value)| value.clone())
                .filter(|value| !value.is_empty() && !value.starts_with("VMware.Vim."))
        };
        let time = value(&["CreatedTime", "FinishTime", "StartTime"]).and_then(|time| own_time(&time));
        let text = value(&["FullFormattedMessage", "Message", "Description"]);
        if time.is_none() && text.is_none() {
            return Record::headless(Dialect::VmwareEvents, block);
        }
        let mut record = Record::new(Dialect::VmwareEvents, block);
        if let Some(time) = time {
            record.stamp = time.cast(sink);
        }
        record.number = value(&["Key"]).and_then(|key| key.parse().ok());
        record.session = value(&["ChainId"]).and_then(|chain| self.sessions.session(&chain));
        let told = Told {
            id: value(&["EventTypeId"]),
            text: text.unwrap_or(Cow::Borrowed(block)),
            task: value(&["Name"]),
            state: value(&["State"]),
            target: value(&["ObjectName"]),
            user: value(&["UserName", "User"]),
            level: value(&["Severity"]),
            ..Told::default()
        };
        told.apply(&mut record);
        record
    }
}

/// Where the block that begins here ends: behind the blank lines that follow it.
fn block_end(text: &str, start: usize) -> usize {
    let (mut at, mut has_text, mut is_over) = (start, false, false);
    while let Some((line, next)) = next_line(text, at) {
        let is_blank = line.trim().is_empty();
        if is_over && !is_blank {
            return at;
        }
        has_text |= !is_blank;
        is_over = has_text && is_blank;
        at = next;
    }
    at
}

/// `Name : value`
pub(super) fn property(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let key = name.trim_end();
    let fits =
        !key.is_empty() && name.len() > key.len() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some((key, value.trim()))
}

fn properties(block: &str) -> Vec<(&str, Cow<'_, str>)> {
    let mut values: Vec<(&str, Cow<'_, str>)> = Vec::new();
    for line in block.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = values.last_mut() {
                let value = value.to_mut();
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = property(line) {
            values.push((name, Cow::Borrowed(value)));
        }
    }
    values
}
