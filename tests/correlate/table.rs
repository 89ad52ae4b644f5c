//! One small case per rule. A time line stands above each: letters are events, `|--|` is the time that a log covers.

mod absence;
mod choice;
mod conditions;
mod floods;
mod lists;
mod order;
mod versions;
mod windows;
